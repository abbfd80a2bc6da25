#!/usr/bin/env bash
# Makes examples/pictures/film.webp again: scripts/example_film.sh BUILD_FOLDER (after make world; needs the program ffmpeg)
# Only pictures in the public domain or under the OFL, as in scripts/example_scene.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$1/bin/fcclip" synth --video --world "${FCCLIP_WORLD_CACHE:-.cache/world}/world.safetensors" -o "$out/films" \
  --count 2 --frames 36 --size 240 320 --min-things 4 --max-things 6 --concepts seen --licences free --seed 11
"$1/bin/fcclip" segment --video "$out/films/images/video_1" -v "$out/films/panoptic.json" --overlay-no-scores \
  --write overlay -o "$out/found"
ffmpeg -v error -y -i "$out/found/video_1.overlay.mp4" -vf "fps=12.5,scale=400:-1" -c:v libwebp_anim -quality 60 -loop 0 \
  examples/pictures/film.webp
echo "examples/pictures/film.webp"
