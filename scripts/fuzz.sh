#!/usr/bin/env bash
# Builds the entry points of fuzz/ with Clang and runs each on its corpus, as many at once as there are processors:
#   scripts/fuzz.sh [seconds each] [--count]      FUZZERS="png_fuzz coco_fuzz" for some of them; BUILD (build/fuzz):
# a folder that scripts/clang.sh made serves as well.
# What it finds beyond fuzz/corpus/ is kept in corpus/ of the build folder, inputs that fail in found/.
# --count adds the executions to the table of docs/fuzzing.md.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
build=${BUILD:-build/fuzz}
if ! command -v clang++ >/dev/null; then
  echo "fuzz: no clang++; apt-get install clang" >&2
  exit 1
fi

if [ -z "${FUZZERS:-}" ]; then
  FUZZERS=$(basename -a -s .cpp fuzz/*_fuzz.cpp | tr '\n' ' ')
fi
options=()
[ -f "$build/build.ninja" ] || options=(-DFCCLIP_FUZZ=ON -DFCCLIP_SANITIZE=ON -DFCCLIP_TESTS=OFF
  -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_CXX_FLAGS_RELEASE=-O1)
scripts/build.sh "$build" --targets "$FUZZERS" "${options[@]}"

# LibTorch is not instrumented: container checks across it misfire, and its globals are never freed. malloc refuses as it
# would outside: what a codec does then is looked at too; `new` of that size is a finding.
export ASAN_OPTIONS=detect_leaks=0:detect_container_overflow=0:allocator_may_return_null=1:max_allocation_size_mb=2000
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
jobs=${JOBS:-$(nproc)}  # before the next line, which nproc goes by
export OMP_NUM_THREADS=1
[ -w /dev/shm ] && export TMPDIR=/dev/shm  # some parsers want a file
mkdir -p "$build/found"

run_one() {
  local name=$1 seconds=$2 build=$3
  local kept=$build/corpus/${name%_fuzz} log=$build/$name.log more=()
  # libmatio forgets memory where it meets damage: a new process whenever too much of it is gone.
  [ "$name" != mat_fuzz ] || more=(-fork=1 -ignore_ooms=1)
  mkdir -p "$kept"
  if "$build/bin/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=3000 -artifact_prefix="$build/found/$name-" \
    "${more[@]}" "$kept" "fuzz/corpus/${name%_fuzz}" > "$log" 2>&1; then
    echo "$name: $(grep -o 'cov: [0-9]*' "$log" | tail -1), $(grep -oE '^(#[0-9]+:|Done [0-9]+ runs)' "$log" | tail -1)"
  else
    echo "$name: FAILED, see $log"
    return 1
  fi
}
export -f run_one

failed=0
# shellcheck disable=SC2086  # a list of names
printf '%s\n' $FUZZERS | xargs -P "$jobs" -I{} bash -c "run_one {} $seconds $build" || failed=1
rm -f "${TMPDIR:-/tmp}"/fcclip-fuzz-*
# shellcheck disable=SC2086
[ "${2:-}" != --count ] || python3 scripts/fuzz_counts.py docs/fuzzing.md $(printf "$build/%s.log " $FUZZERS)
exit $failed
