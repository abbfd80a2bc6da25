#!/usr/bin/env bash
# Segments a picture and says where the result is: scripts/demo.sh BUILD_FOLDER
# The bundled model knows composed scenes: of these words its mask generator has never seen sailboats and christmas
# trees, only its CLIP has.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1/bin/fcclip
out=out/demo
model=models/mini.safetensors

if [ -f "$model" ]; then
  "$program" segment examples/pictures/scene.png --model "$model" \
    --classes "bat, backpack | school bag, christmas tree, ladybug, person meditating | yogi, sailboat, rock, wood" \
    --stuff "rock, wood" -o "$out"
  echo "demo: look at $out/scene.overlay.png"
  exit 0
fi
model=$1/demo-untrained.safetensors
[ -f "$model" ] || "$program" init --preset tiny --seed 7 -o "$model"
echo "demo: no trained model is bundled yet, so the masks and words below come from untrained weights"
"$program" segment examples/pictures/chelsea.jpg --model "$model" \
  --classes "cat, face | whiskers, fur, wall, blanket | cloth" --stuff "fur, wall, blanket" -o "$out"
echo "demo: look at $out/chelsea.overlay.png"
