#!/usr/bin/env bash
# Builds and runs what several threads share under ThreadSanitizer: scripts/tsan.sh BUILD_FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
options=()
[ -f "$build/build.ninja" ] || options=(-DFCCLIP_SANITIZE=thread -DFCCLIP_TESTS=ON -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1")
targets=(threads_test serve_test)
scripts/build.sh "$build" --targets "${targets[*]}" "${options[@]}"
# LibTorch and OpenMP's run time are not instrumented: what they do is not looked at (scripts/tsan.suppressions), and
# parallel loops run on one thread. The threads of the tests are their own.
export OMP_NUM_THREADS=1
TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:ignore_noninstrumented_modules=1:suppressions=$PWD/scripts/tsan.suppressions
export TSAN_OPTIONS
failed=0
for target in "${targets[@]}"; do
  filter="*Thread*:Loader.*"
  [ "$target" != serve_test ] || filter="*"  # all of it is threads
  "$build/bin/$target" --gtest_filter="$filter" --gtest_brief=1 || failed=1
done
exit $failed
