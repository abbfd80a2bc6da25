#!/usr/bin/env bash
# Compiles the CUDA sources where there is an nvcc, and keeps nothing: scripts/cuda_syntax.sh CONFIGURED_BUILD_FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
if ! command -v nvcc >/dev/null; then
  echo "cuda: not compiled, there is no nvcc"
  exit 0
fi
scripts/build.sh "$build" --targets cuda_syntax
echo "cuda: ok"
