#!/usr/bin/env bash
# Every C++ file is as clang-format 14 would write it; other versions differ in details.
set -euo pipefail
cd "$(dirname "$0")/.."
formatter=$(command -v clang-format-14 || command -v clang-format || true)
if [ -z "$formatter" ] || ! "$formatter" --version | grep -q 'version 14\.'; then
  echo "format: not checked, there is no clang-format 14"
  exit 0
fi
find fcclip apps tests bench examples fuzz -name '*.h' -o -name '*.cpp' -o -name '*.cu' | xargs -r "$formatter" --dry-run -Werror
echo "format: ok"
