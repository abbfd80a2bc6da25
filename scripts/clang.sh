#!/usr/bin/env bash
# Builds libraries, program, entry points for fuzzing and tests with Clang: Debug, ASan and UBSan, warnings as errors. Then
# has clang-tidy read what is no test with the checks of .clang-tidy: scripts/clang.sh BUILD_FOLDER [part of the sources' paths]
# One build for scripts/asan.sh and scripts/fuzz.sh too: compiling is what takes the time.
# A batch of the unity build is read at once, behind its precompiled header: a tenth of the time that single files take.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
for tool in clang++ clang-tidy; do
  command -v "$tool" >/dev/null || { echo "clang: not checked, there is no $tool"; exit 0; }
done
options=()
[ -f "$build/build.ninja" ] || options=(-DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -gline-tables-only"
  -DFCCLIP_SANITIZE=ON -DFCCLIP_FUZZ=ON -DFCCLIP_TESTS=ON -DFCCLIP_WERROR=ON -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++)
scripts/build.sh "$build" --targets "fcclip $(scripts/sanitized_targets.sh) $(basename -a -s .cpp fuzz/*_fuzz.cpp | tr '\n' ' ')" "${options[@]}"
sources=$(python3 - "$build" "${2:-}" <<'PYTHON'
import json, pathlib, sys
build, part = pathlib.Path(sys.argv[1]), sys.argv[2]
# A kernel stands there once for each instruction set, and clang-tidy takes all of a file's commands at once.
for path in dict.fromkeys(entry["file"] for entry in json.loads((build / "compile_commands.json").read_text())):
    is_test = any(place in path for place in ("/tests/", "/fuzz/", "/pch"))
    if path.endswith((".cpp", ".cxx")) and not is_test and part in path:
        print(path)
PYTHON
)
echo "$sources" | xargs -P "${JOBS:-$(nproc)}" -n 1 clang-tidy --quiet -p "$build" > "$build-tidy.log" 2>&1 ||
  { grep -E "(warning|error):" "$build-tidy.log" | sort -u; exit 1; }
echo "clang-tidy: ok ($(echo "$sources" | wc -l) sources)"
