# make demo  - sets up what is missing, builds, and segments a picture with the bundled model
# make test  - sets up what is missing, builds, and runs all tests
# LibTorch comes from the torch wheel in .venv, or from CMAKE_PREFIX_PATH when you set it.

BUILD ?= build/release
JOBS ?= $(shell nproc)
export CMAKE_BUILD_PARALLEL_LEVEL = $(JOBS)

.PHONY: demo test build setup world mini asan check install clean

setup:
	@scripts/setup.sh

build: setup
	@scripts/build.sh $(BUILD)

demo: build
	@scripts/demo.sh $(BUILD)

test: build check
	@scripts/check_consumer.sh $(BUILD)
	@cd $(BUILD) && ctest --output-on-failure --no-tests=error -j $(JOBS)

# The unit tests of every file parser and kernel under AddressSanitizer and UndefinedBehaviorSanitizer.
asan: setup
	@scripts/asan.sh build/asan

# Pictures of everyday things and stuff from Debian packages, packed for `fcclip synth` and for training.
world:
	@scripts/world.sh

# The bundled model: pretraining, training, evaluation; hours, in pieces that can be stopped and continued.
mini: build
	@scripts/mini.sh $(BUILD)

# Layering, sizes and formatting.
check:
	@python3 scripts/check_layers.py
	@python3 scripts/check_sizes.py
	@scripts/check_format.sh

install: build
	@cmake --install $(BUILD)

clean:
	rm -rf build
