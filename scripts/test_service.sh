#!/usr/bin/env bash
# Holds `fcclip serve` from outside, over sockets, to clients that know nothing of it:
#   scripts/test_service.sh BUILD [--long] [pytest arguments]    e.g. build/release -k triton
# The clients (tests/service/requirements.txt) live in an environment beside the build.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?usage: scripts/test_service.sh BUILD [pytest arguments]}
shift
place=$build/service-venv
wanted=$(sha256sum tests/service/requirements.txt | cut -d' ' -f1)
if [ "$(cat "$place/installed" 2>/dev/null)" != "$wanted" ]; then
  python3 -m venv "$place"
  "$place/bin/pip" install --quiet --disable-pip-version-check -r tests/service/requirements.txt
  echo "$wanted" > "$place/installed"
fi
program=$(realpath "$build/bin/fcclip")
FCCLIP_PROGRAM=$program PYTHONDONTWRITEBYTECODE=1 "$place/bin/python" -m pytest tests/service -o python_files='*_test.py' \
  -p no:cacheprovider --color=no -q "$@"
