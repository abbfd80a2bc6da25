#!/usr/bin/env bash
# Builds the entry points of fuzz/ with Clang and runs each on its corpus: scripts/fuzz.sh [seconds each]
# What it finds beyond fuzz/corpus/ is kept in build/fuzz/corpus/, inputs that fail in build/fuzz/found/.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
build=build/fuzz
if ! command -v clang++ >/dev/null; then
  echo "fuzz: no clang++; apt-get install clang" >&2
  exit 1
fi

names=()
for source in fuzz/*_fuzz.cpp; do
  names+=("$(basename "$source" .cpp)")
done
options=()
[ -f "$build/build.ninja" ] || options=(-DFCCLIP_FUZZ=ON -DFCCLIP_SANITIZE=ON -DFCCLIP_TESTS=OFF
  -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_CXX_FLAGS_RELEASE=-O1)
scripts/build.sh "$build" --targets "${FUZZERS:-${names[*]}}" "${options[@]}"

# LibTorch is not instrumented: container checks across it misfire, and its globals are never freed.
export ASAN_OPTIONS=detect_leaks=0:detect_container_overflow=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
failed=0
mkdir -p "$build/found"
# shellcheck disable=SC2086  # a list of names
for name in ${FUZZERS:-${names[*]}}; do
  kept=$build/corpus/${name%_fuzz}
  log=$build/$name.log
  mkdir -p "$kept"
  if "$build/bin/$name" -max_total_time="$seconds" -timeout=10 -artifact_prefix="$build/found/$name-" \
    "$kept" "fuzz/corpus/${name%_fuzz}" > "$log" 2>&1; then
    echo "$name: $(grep -o 'cov: [0-9]*' "$log" | tail -1), $(tail -1 "$log")"
  else
    echo "$name: FAILED, see $log"
    failed=1
  fi
done
exit $failed
