# make demo     sets up what is missing, builds the program, and segments a picture with the bundled model
# make serve    the same, and a page in the browser with an HTTP interface: ADDRESS=127.0.0.1:8080
# make test     sets up what is missing, builds, and runs all tests
# make install  installs the program with all that it needs: make install PREFIX=$HOME/.local; make uninstall
# make package  a .deb and a tarball of program, library and model, in build/release/packages; make test-package tries them
# LibTorch comes from the torch wheel in VENV (.venv), or from CMAKE_PREFIX_PATH when you set it. BUILD may be anywhere;
# where the source folder cannot be written, VENV and the demo's output go beside it.

BUILD ?= build/release
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
writable := $(shell test -w . && echo yes)
VENV ?= $(if $(writable),.venv,$(BUILD)-venv)
OUT ?= $(if $(writable),out/demo,$(BUILD)-demo)
export CMAKE_BUILD_PARALLEL_LEVEL = $(JOBS)
export VENV OUT

.PHONY: demo serve test test-page test-service package test-package wheel build setup setup-tests world mini rows asan fuzz nightly check install uninstall clean

setup:
	@scripts/setup.sh

setup-tests:
	@scripts/setup.sh --tests

build: setup
	@scripts/build.sh $(BUILD) --targets fcclip

demo: build
	@scripts/demo.sh $(BUILD)

ADDRESS ?= 127.0.0.1:8080
serve: build
	@$(BUILD)/bin/fcclip serve --listen $(ADDRESS)

# The service from outside, and the page in a real Chromium; they need Python packages of their own.
test-service: build
	@scripts/test_service.sh $(BUILD)
test-page: build
	@scripts/test_page.sh $(BUILD)

test: setup-tests check
	@scripts/build.sh $(BUILD) -DFCCLIP_TESTS=ON $(OPTIONS)
	@scripts/check_consumer.sh $(BUILD)
	@scripts/check_install.sh $(BUILD)
	@cd $(BUILD) && ctest --output-on-failure --no-tests=error -j $(JOBS)

# The unit tests of every file parser and kernel under AddressSanitizer and UndefinedBehaviorSanitizer.
asan: setup
	@scripts/asan.sh build/asan

# Every parser of untrusted bytes under libFuzzer, SECONDS each; needs Clang.
SECONDS ?= 60
fuzz: setup
	@scripts/fuzz.sh $(SECONDS)

# The Python package as a wheel that brings all but torch, tested in a new environment; needs no build before.
wheel: setup
	@scripts/wheel.sh

# What is too long for .ci/run (docs/development.md).
nightly:
	@scripts/nightly.sh

# Pictures of everyday things and stuff from Debian packages, packed for `fcclip synth` and for training.
world:
	@scripts/world.sh

# The bundled model: pretraining, training, evaluation; hours, in pieces that can be stopped and continued.
mini: build
	@scripts/mini.sh $(BUILD)

# The text rows of all built-in vocabularies that ship beside the bundled model: to be made anew with it.
rows: build
	@$(BUILD)/bin/fcclip words --model models/mini.safetensors

# Layering, sizes, documented headers and formatting.
check:
	@python3 scripts/check_layers.py
	@python3 scripts/check_sizes.py
	@python3 scripts/check_docs.py
	@scripts/check_format.sh

install: build
	@scripts/build.sh $(BUILD) --targets fcclip_pages
	@cmake --install $(BUILD) --prefix $(PREFIX) --component program

package: setup
	@scripts/package.sh $(BUILD)

# In a root of nothing but Debian's base: installed by apt, run, built against, removed. Needs root and the network.
test-package: package
	@scripts/check_package.sh $(BUILD)

uninstall:
	@cmake --build $(BUILD) --target uninstall

clean:
	rm -rf build
