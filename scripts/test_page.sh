#!/usr/bin/env bash
# The page of `fcclip serve` in a real browser: scripts/test_page.sh BUILD_FOLDER [pytest's arguments]
# Needs Chromium (apt install chromium, or CHROMIUM=…); the Python packages go into PAGE_VENV (.cache/page-venv).
# FCCLIP_PAGE_URL=http://… tests a server that runs already.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?scripts/test_page.sh BUILD_FOLDER}
shift
venv=${PAGE_VENV:-.cache/page-venv}
wanted=tests/page/requirements.txt

if ! command -v "${CHROMIUM:-chromium}" >/dev/null; then
  echo "test-page: no Chromium here: apt install chromium, or name one by CHROMIUM" >&2
  exit 1
fi
if ! cmp -s "$wanted" "$venv/installed.txt"; then
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
  "$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$wanted"
  cp "$wanted" "$venv/installed.txt"
fi

# The server's start line goes to standard output, what it logs nowhere.
export FCCLIP_SERVE=${FCCLIP_SERVE:-"$build/bin/fcclip serve --log none"}
exec "$venv/bin/python" -m pytest -q -p no:cacheprovider -W ignore::DeprecationWarning -o python_files='test_*.py' tests/page "$@"
