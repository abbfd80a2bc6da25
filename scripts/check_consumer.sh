#!/usr/bin/env bash
# Installs into a scratch folder and builds strangers' projects against it, by CMake and by pkg-config:
# scripts/check_consumer.sh BUILD_FOLDER
set -euo pipefail
source_folder=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
model=$source_folder/models/mini.safetensors
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
torch=$(sed -n 's/^CMAKE_PREFIX_PATH:[A-Z]*=//p' "$build/CMakeCache.txt")
torch=${torch:-$CMAKE_PREFIX_PATH}
cmake --install "$build" --prefix "$scratch/prefix" --component development > "$scratch/log"
headers=$(find "$scratch/prefix" -name "*.h" | wc -l)
[ "$headers" -lt 20 ] || { echo "consumer: $headers headers are installed"; exit 1; }

configure_and_build() {
  cmake -S "$source_folder/tests/consumer" -B "$scratch/$1" -G Ninja "${@:2}" >> "$scratch/log" 2>&1 &&
    cmake --build "$scratch/$1" >> "$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
}
configure_and_build plain "-DCMAKE_PREFIX_PATH=$scratch/prefix"
"$scratch/plain/consumer" "$model" "$source_folder/examples/pictures/scene.png"
"$scratch/plain/consumer_c" "$model"
configure_and_build torch "-DCMAKE_PREFIX_PATH=$scratch/prefix;$torch" -DCONSUMER_HAS_TORCH=ON
"$scratch/torch/consumer_torch" "$model"

export PKG_CONFIG_PATH=$(dirname "$(find "$scratch/prefix" -name fcclip.pc)")
# shellcheck disable=SC2046  # a list of flags
${CC:-cc} "$source_folder/tests/consumer/consumer.c" -o "$scratch/by_pkg_config" $(pkg-config --cflags --libs fcclip)
"$scratch/by_pkg_config" "$model"
echo "consumer: ok"
