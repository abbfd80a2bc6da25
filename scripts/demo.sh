#!/usr/bin/env bash
# Segments a photograph and says where the picture is: scripts/demo.sh BUILD_FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1/bin/fcclip
out=out/demo
model=models/mini.safetensors

if [ ! -f "$model" ]; then
  model=$1/demo-untrained.safetensors
  [ -f "$model" ] || "$program" init --preset tiny --seed 7 -o "$model"
  echo "demo: no trained model is bundled yet, so the masks and words below come from untrained weights"
fi
"$program" segment examples/pictures/chelsea.jpg --model "$model" \
  --classes "cat, face | whiskers, fur, wall, blanket | cloth" --stuff "fur, wall, blanket" -o "$out"
echo "demo: look at $out/chelsea.overlay.png"
