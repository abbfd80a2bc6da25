#!/usr/bin/env bash
# What is too long for .ci/run: scripts/nightly.sh [seconds for each fuzzer]
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --ci
scripts/asan.sh build/asan --all
scripts/tsan.sh build/tsan
scripts/clang.sh build/clang
scripts/cuda_syntax.sh build/clang
{ command -v debootstrap && command -v lintian; } > /dev/null || apt-get install -y -q --no-install-recommends debootstrap lintian
make test-package
scripts/fuzz.sh "${1:-600}" --count
echo "nightly: all green"
