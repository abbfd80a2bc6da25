#!/usr/bin/env bash
# Makes the bundled model, in pieces that can be stopped (Ctrl-C) and continued by the same command:
#   scripts/mini.sh BUILD_FOLDER          world, CLIP pretraining, training of the mask generator, a short evaluation
# Everything lies in out/mini; the finished model is out/mini/model.safetensors. From the environment:
#   DEVICE=cuda                           large batches on a GPU (a build with FCCLIP_CUDA)
#   START=models/mini.safetensors         goes on from that CLIP instead of from nothing
#   PIECE_S                               seconds of a piece;  PRETRAIN_STEPS, TRAIN_STEPS  other lengths
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1/bin/fcclip
out=out/mini
world=${FCCLIP_WORLD_CACHE:-.cache/world}/world.safetensors
device=${DEVICE:-cpu}
piece=(--resume --device "$device")
[ -z "${PIECE_S:-}" ] || piece+=(--stop-after-s "$PIECE_S")

[ -f "$world" ] || scripts/world.sh
mkdir -p "$out"

pretrain=(configs/pretrain_mini.toml --world "$world" -o "$out/clip")
train=(configs/train_mini.toml --set "model.clip=$out/clip/clip.safetensors" --set "data.world=$world"
  --set "evaluation.world=$world" -o "$out/train")
if [ "$device" != cpu ]; then
  # A GPU is fast enough for four times the batch and for scenes at the size at which they will be seen.
  workers=$(($(nproc) > 1 ? $(nproc) - 1 : 1))
  pretrain+=(--set training.steps=12000 --set training.batch_size=512 --set "training.loader_workers=$workers"
    --set "pairs.window_sides=[192, 256, 320]" --set "pairs.window_side_shares=[0.3, 0.4, 0.3]" --set pairs.window_zoom=0.4)
  train+=(--set schedule.steps=6000 --set run.batch=16 --set run.precision=float32 --set optimizer.learning_rate=1.6e-3
    --set augment.crop_size=384 --set augment.min_scale=1.2 --set augment.max_scale=1.9
    --set "data.workers=$workers" --set data.ahead=30)
fi
[ -z "${START:-}" ] || pretrain+=(--set "model.start=$START")
[ -z "${PRETRAIN_STEPS:-}" ] || pretrain+=(--set "training.steps=$PRETRAIN_STEPS")
[ -z "${TRAIN_STEPS:-}" ] || train+=(--set "schedule.steps=$TRAIN_STEPS")

# A finished stage leaves a mark, so that a second run goes straight to the next.
stage() {
  local mark=$out/$1.done log
  [ ! -f "$mark" ] || return 0
  log=$("$program" "$@" "${piece[@]}" | tee /dev/stderr) || {
    local status=$?
    [ "$status" -ne 130 ] || echo "mini: stopped; run make mini again to go on"
    exit "$status"
  }
  if grep -q -e "--resume" <<<"$log"; then
    echo "mini: stopped; run make mini again to go on"
    exit 0
  fi
  touch "$mark"
}

stage pretrain "${pretrain[@]}"
stage train "${train[@]}"
cp "$out/train/model.safetensors" "$out/model.safetensors"
scripts/evaluate_mini.py "$program" "$out/model.safetensors" --inputs 384 --scenes "${SCENES:-100}" --seeds "${SEEDS:-1}" -o "$out/evaluation"
echo "mini: $out/model.safetensors is ready; look at pictures of it, then copy it to models/mini.safetensors and run make rows"
