#!/usr/bin/env bash
# Builds libraries, program and examples with Clang, Debug and warnings as errors, then has clang-tidy read them with the
# checks of .clang-tidy: scripts/clang.sh BUILD_FOLDER [part of the sources' paths]
# A batch of the unity build is read at once, behind its precompiled header: a tenth of the time that single files take.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
for tool in clang++ clang-tidy; do
  command -v "$tool" >/dev/null || { echo "clang: not checked, there is no $tool"; exit 0; }
done
options=()
[ -f "$build/build.ninja" ] || options=(-DCMAKE_BUILD_TYPE=Debug -DFCCLIP_TESTS=OFF -DFCCLIP_WERROR=ON
  -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++)
scripts/build.sh "$build" "${options[@]}"
sources=$(python3 - "$build" "${2:-}" <<'PYTHON'
import json, pathlib, sys
build, part = pathlib.Path(sys.argv[1]), sys.argv[2]
for entry in json.loads((build / "compile_commands.json").read_text()):
    if entry["file"].endswith((".cpp", ".cxx")) and "/pch" not in entry["file"] and part in entry["file"]:
        print(entry["file"])
PYTHON
)
echo "$sources" | xargs -P "${JOBS:-$(nproc)}" -n 1 clang-tidy --quiet -p "$build" > "$build-tidy.log" 2>&1 ||
  { grep -E "(warning|error):" "$build-tidy.log" | sort -u; exit 1; }
echo "clang-tidy: ok ($(echo "$sources" | wc -l) sources)"
