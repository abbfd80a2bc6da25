#!/usr/bin/env bash
# Makes examples/pictures/scene.png again: scripts/example_scene.sh BUILD_FOLDER (after make world)
# Only pictures in the public domain or under the OFL, so that it may be shown anywhere.
set -euo pipefail
cd "$(dirname "$0")/.."
index=56
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$1/bin/fcclip" synth --world "${FCCLIP_WORLD_CACHE:-.cache/world}/world.safetensors" -o "$out" \
  --first "$index" --count 1 --size 480 640 --min-things 6 --max-things 6 --concepts all --licences free
cp "$out/images/scene_$index.png" examples/pictures/scene.png
echo "examples/pictures/scene.png"
