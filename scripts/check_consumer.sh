#!/usr/bin/env bash
# Installs into a scratch folder and builds a stranger's project against it: scripts/check_consumer.sh BUILD_FOLDER
set -euo pipefail
source_folder=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
torch=$(sed -n 's/^CMAKE_PREFIX_PATH:[A-Z]*=//p' "$build/CMakeCache.txt")
torch=${torch:-$CMAKE_PREFIX_PATH}
cmake --install "$build" --prefix "$scratch/prefix" --component development > "$scratch/log"
cmake -S "$source_folder/tests/consumer" -B "$scratch/build" -G Ninja \
  -DCMAKE_PREFIX_PATH="$scratch/prefix;$torch" >> "$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
cmake --build "$scratch/build" >> "$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
"$scratch/build/consumer"
echo "consumer: ok"
