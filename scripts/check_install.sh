#!/usr/bin/env bash
# Installs the program into an empty prefix, moves that elsewhere, runs it from another folder without HOME, and takes
# the installation away again: scripts/check_install.sh BUILD_FOLDER
set -euo pipefail
picture=$(cd "$(dirname "$0")/.." && pwd)/examples/pictures/scene.png
build=$(cd "$1" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cmake --install "$build" --prefix "$scratch/prefix" --component program > "$scratch/log"
mv "$scratch/prefix" "$scratch/moved"
mkdir "$scratch/elsewhere"
cd "$scratch/elsewhere"
env -i "$scratch/moved/bin/fcclip" segment "$picture" -c "rock, ladybug" -o out --json > answer.json 2> messages ||
  { cat messages; exit 1; }
grep -q '"name":"ladybug"' answer.json || { echo "install: no ladybug in the answer"; cat answer.json messages; exit 1; }
[ -s out/scene.overlay.png ] || { echo "install: no overlay"; exit 1; }
for file in man/man1/fcclip-segment.1 bash-completion/completions/fcclip zsh/site-functions/_fcclip \
  fish/vendor_completions.d/fcclip.fish; do
  [ -s "$scratch/moved/share/$file" ] || { echo "install: no share/$file"; exit 1; }
done

mv "$scratch/moved" "$scratch/prefix"
cmake --build "$build" --target uninstall > "$scratch/log"
left=$(find "$scratch/prefix" ! -type d)
[ -z "$left" ] || { echo "install: left behind: $left"; exit 1; }
echo "install: ok"
