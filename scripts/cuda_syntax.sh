#!/usr/bin/env bash
# Compiles the CUDA kernels for every architecture where there is an nvcc, and by the C++ compiler the modules of CUDA graphs and
# NCCL with that toolkit's headers: scripts/cuda_syntax.sh CONFIGURED_BUILD_FOLDER
# NVRTC compiles the same texts in the tests (ops_test, Nvrtc), and a C++ compiler does for the processor (fake_cuda).
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
if ! command -v nvcc >/dev/null; then
  echo "cuda: not compiled by nvcc, there is none"
  exit 0
fi
scripts/build.sh "$build" --targets cuda_kernels -DFCCLIP_CUDA_GRAPHS=ON -DFCCLIP_NCCL=ON
for module in fcclip_cuda_graph fcclip_nccl; do
  if grep -q "^build $module:" "$build/build.ninja"; then
    scripts/build.sh "$build" --targets $module
  else
    echo "cuda: $module is not compiled, CMake found no headers"
  fi
done
echo "cuda: ok"
