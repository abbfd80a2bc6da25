#!/usr/bin/env bash
# Builds entry points for fuzzing and tests with Clang, and the libraries below them: Debug, ASan and UBSan, warnings as
# errors. Then has clang-tidy read all that is no test, the program too, with the compiler's warnings and the checks of
# .clang-tidy: scripts/clang.sh BUILD_FOLDER [part of the sources' paths]
# One build for scripts/asan.sh and scripts/fuzz.sh too: compiling is what takes the time.
# Batches of the unity build are read together, behind their precompiled header: a twentieth of the time of single files.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
for tool in clang++ clang-tidy; do
  command -v "$tool" >/dev/null || { echo "clang: not checked, there is no $tool"; exit 0; }
done
options=()
[ -f "$build/build.ninja" ] || options=(-DCMAKE_BUILD_TYPE=Debug -DFCCLIP_CUDA_GRAPHS=ON -DFCCLIP_NCCL=ON "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -gline-tables-only"
  -DFCCLIP_SANITIZE=ON -DFCCLIP_FUZZ=ON -DFCCLIP_TESTS=ON -DFCCLIP_WERROR=ON -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++)
scripts/build.sh "$build" --targets "$(scripts/sanitized_targets.sh) $(basename -a -s .cpp fuzz/*_fuzz.cpp | tr '\n' ' ')" "${options[@]}"
sources=$(python3 scripts/tidy_sources.py "$build" "${2:-}")
echo "$sources" | xargs -P "${JOBS:-$(nproc)}" -n 1 clang-tidy --quiet -p "$build/tidy" > "$build-tidy.log" 2>&1 ||
  { grep -E "(warning|error):" "$build-tidy.log" | sort -u; exit 1; }
echo "clang-tidy: ok ($(echo "$sources" | wc -l) sources)"
