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

prefix=${CMAKE_PREFIX_PATH:-}
if [ -z "$prefix" ]; then
  prefix=$(echo .venv/lib/python3*/site-packages/torch/share/cmake)
  prefix=$PWD/$prefix
fi
merges=${FCCLIP_MERGES:-$(echo "$PWD"/.venv/lib/python3*/site-packages/open_clip/bpe_simple_vocab_16e6.txt.gz)}

linker=()
command -v ld.lld >/dev/null && linker=(-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld)

mkdir -p "$(dirname "$build")"
if [ ! -f "$build/build.ninja" ] || [ $# -gt 0 ]; then
  cmake -S . -B "$build" -G Ninja "-DCMAKE_PREFIX_PATH=$prefix" "${linker[@]}" "$@" > "$build.log" 2>&1 ||
    { cat "$build.log"; exit 1; }
fi
# shellcheck disable=SC2086  # a list of targets
cmake --build "$build" --target $targets
mkdir -p "$build/share/fcclip"
[ -f "$merges" ] && cp -u "$merges" "$build/share/fcclip/"
exit 0
