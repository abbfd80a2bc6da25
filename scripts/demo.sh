#!/usr/bin/env bash
# Segments a picture with the bundled model and says where the result is: scripts/demo.sh BUILD_FOLDER
# Of these words the mask generator has never seen sailboats and christmas trees, only CLIP has.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${OUT:-out/demo}
"$1/bin/fcclip" segment examples/pictures/scene.png --model models/mini.safetensors \
  --classes "bat, backpack | school bag, christmas tree, ladybug, person meditating | yogi, sailboat, rock, wood" \
  --stuff "rock, wood" -o "$out"
echo "demo: look at $out/scene.overlay.png"
