#!/usr/bin/env bash
# What is too long for .ci/run: scripts/nightly.sh [seconds for each fuzzer] [parts, all when none is named]
# A part that failed, or a night that was too short, is gone on with by name: scripts/nightly.sh 600 package fuzz
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
shift || true
parts=("$@")
[ $# -gt 0 ] || parts=(asan tsan clang cuda package fuzz)

package() {
  { command -v debootstrap && command -v lintian; } > /dev/null || apt-get install -y -q --no-install-recommends debootstrap lintian
  make test-package
}

run_part() {
  case $1 in
    asan) scripts/asan.sh build/asan --all ;;
    tsan) scripts/tsan.sh build/tsan ;;
    clang) scripts/clang.sh build/clang && scripts/build.sh build/clang --targets all ;;
    cuda) scripts/cuda_syntax.sh build/clang ;;
    package) package ;;
    fuzz) scripts/fuzz.sh "$seconds" --count ;;
    *) echo "nightly: there is no part $1; parts are asan, tsan, clang, cuda, package, fuzz" >&2; exit 2 ;;
  esac
}

scripts/setup.sh --ci
for name in "${parts[@]}"; do
  run_part "$name"
  echo "nightly: $name is green"
done
echo "nightly: all green (${parts[*]})"
