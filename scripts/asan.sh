#!/usr/bin/env bash
# Builds and runs the tests of every folder that touches untrusted bytes, words or raw pointers under ASan + UBSan:
#   scripts/asan.sh BUILD_FOLDER [--all]     --all: of all folders, and the program on people's odd files (long)
# A folder that scripts/clang.sh made serves as well; without one GCC makes it.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
options=()
[ -f "$build/build.ninja" ] || options=(-DFCCLIP_SANITIZE=ON -DFCCLIP_TESTS=ON "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -g1")
read -ra targets <<< "$(scripts/sanitized_targets.sh)"
folders=("${targets[@]/%_test/}")
pattern="^($(IFS='|'; echo "${folders[*]}"))\$"
if [ "${2:-}" = --all ]; then
  targets=(all)
  pattern='^([a-z0-9]+|cases\..*)$'
fi
scripts/build.sh "$build" --targets "${targets[*]}" "${options[@]}"
# LibTorch is not instrumented: container checks across it misfire, and its globals are never freed.
export ASAN_OPTIONS=detect_leaks=0:detect_container_overflow=0:allocator_may_return_null=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
cd "$build" && ctest --output-on-failure --no-tests=error -j "$(nproc)" -R "$pattern" -LE cuda
