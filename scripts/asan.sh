#!/usr/bin/env bash
# Builds and runs the unit tests that touch untrusted bytes or raw pointers under ASan + UBSan.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
[ -f "$build/build.ninja" ] || set -- "$build" -DFCCLIP_SANITIZE=ON -DCMAKE_CXX_FLAGS_RELEASE="-O1"
shift
targets=(core_test text_test io_test ops_test nn_test results_test words_test image_test draw_test outputs_test)
scripts/build.sh "$build" --targets "${targets[*]}" "$@"
# LibTorch is not instrumented: container checks across it misfire, and its globals are never freed.
export ASAN_OPTIONS=detect_leaks=0:detect_container_overflow=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
cd "$build" && ctest --output-on-failure --no-tests=error -j "$(nproc)" -R "^($(IFS='|'; echo "${targets[*]%_test}"))\$"
