#!/usr/bin/env bash
# Configures once, then builds what changed: scripts/build.sh BUILD_FOLDER [--targets "a b"] [cmake options]
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
shift
targets=all
if [ "${1:-}" = --targets ]; then
  targets=$2
  shift 2
fi
venv=${VENV:-.venv}

# LibTorch is the wheel in the virtual environment unless CMAKE_PREFIX_PATH names another.
where=()
if [ -z "${CMAKE_PREFIX_PATH:-}" ]; then
  torch=$(echo "$venv"/lib/python3*/site-packages/torch)
  where+=("-DCMAKE_PREFIX_PATH=$(realpath "$torch")")
fi
merges=${FCCLIP_MERGES:-$(echo "$venv"/lib/python3*/site-packages/open_clip/bpe_simple_vocab_16e6.txt.gz)}
[ -f "$merges" ] && where+=("-DFCCLIP_MERGES=$(realpath "$merges")")
[ -x "$venv/bin/python" ] && where+=("-DFCCLIP_PYTHON=$(realpath -s "$venv/bin/python")")

linker=()
command -v ld.lld >/dev/null && linker=(-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld -DCMAKE_SHARED_LINKER_FLAGS=-fuse-ld=lld)

mkdir -p "$(dirname "$build")"
if [ ! -f "$build/build.ninja" ] || [ $# -gt 0 ]; then
  cmake -S . -B "$build" -G Ninja "${where[@]}" "${linker[@]}" "$@" > "$build.log" 2>&1 ||
    { cat "$build.log"; exit 1; }
fi
# shellcheck disable=SC2086  # a list of targets
cmake --build "$build" --target $targets
