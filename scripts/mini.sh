#!/usr/bin/env bash
# Makes the bundled model, in pieces that can be stopped (Ctrl-C) and continued by the same command:
#   scripts/mini.sh BUILD_FOLDER          world, CLIP pretraining, training of the mask generator, a short evaluation
# Everything lies in out/mini; the finished model is out/mini/model.safetensors. PIECE_S limits the seconds of a piece.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1/bin/fcclip
out=out/mini
world=.cache/world/world.safetensors
piece=(--resume)
[ -z "${PIECE_S:-}" ] || piece+=(--stop-after-s "$PIECE_S")

[ -f "$world" ] || scripts/world.sh
mkdir -p "$out"

# A finished stage leaves a mark, so that a second run goes straight to the next.
stage() {
  local mark=$out/$1.done log
  shift
  [ ! -f "$mark" ] || return 0
  log=$("$@" | tee /dev/stderr)
  if grep -q -e "--resume" <<<"$log"; then
    echo "mini: stopped; run make mini again to go on"
    exit 0
  fi
  touch "$mark"
}

# START=models/mini_piece.safetensors goes on from that piece instead of from nothing.
start=()
[ -z "${START:-}" ] || start=(--set "model.start=$START")
stage pretrain "$program" pretrain configs/pretrain_mini.toml --world "$world" -o "$out/clip" "${start[@]}" "${piece[@]}"
stage train "$program" train configs/train_mini.toml --set "model.clip=$out/clip/clip.safetensors" \
  --set "data.world=$world" --set "evaluation.world=$world" -o "$out/train" "${piece[@]}"
cp "$out/train/model.safetensors" "$out/model.safetensors"
scripts/evaluate_mini.py "$program" "$out/model.safetensors" --scenes "${SCENES:-100}" --seeds "${SEEDS:-1}" -o "$out/evaluation"
echo "mini: $out/model.safetensors is ready; look at pictures of it, then copy it to models/mini.safetensors"
