#!/usr/bin/env bash
# Trains a small mask generator on eight scenes of 128 × 128 and scores it on the same eight:
#   scripts/overfit.sh BUILD_FOLDER [CLIP.safetensors]     CLIP: what fcclip pretrain writes
# In-vocabulary answers only (alpha = beta = 0): what is asked is whether the head learns. Continues where it stopped.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1/bin/fcclip
clip=${2:-out/mini/clip/clip.safetensors}
out=out/overfit

if [ ! -f "$clip" ]; then
  echo "overfit: $clip: no such file; name a CLIP that fcclip pretrain wrote" >&2
  exit 2
fi
if [ ! -f "$out/data/panoptic.json" ]; then
  "$program" synth --overwrite --count 8 --size 128 --seed 1 --max-things 3 -o "$out/data"
fi
"$program" train configs/overfit.toml --set "model.clip=$clip" --seed 1 -o "$out/run" --resume
"$program" eval --panoptic-json "$out/data/panoptic.json" --panoptic-pngs "$out/data/panoptic" \
  --images "$out/data/images" --task panoptic --model "$out/run/model.safetensors" -o "$out/evaluation"
