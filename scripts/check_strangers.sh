#!/usr/bin/env bash
# The README's first command as three strangers would run it, each in a fresh clone; needs root (mount namespaces) and
# the network, and builds from nothing three times: scripts/check_strangers.sh [cpu] [cuda] [bare]
#   cpu   pip brings a CPU build of torch
#   cuda  pip brings a CUDA build of torch (TORCH_CUDA_VERSION), and there is no CUDA toolkit
#   bare  the source folder is read-only, the build elsewhere; no fonts, no HOME
set -euo pipefail
source_folder=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/empty"

hide() {
  for place in "$@"; do
    if [ -d "$place" ]; then mount --bind "$scratch/empty" "$place"; elif [ -f "$place" ]; then mount --bind /dev/null "$place"; fi
  done
}

stranger_cpu() {
  make demo
}

stranger_cuda() {
  hide /usr/local/cuda* /usr/lib/cuda* $(command -v nvcc || true)
  TORCH_VERSION=${TORCH_CUDA_VERSION:-2.14.1} make demo
}

stranger_bare() {
  hide /usr/share/fonts /usr/local/share/fonts /etc/fonts
  mount --bind . . && mount -o remount,bind,ro .
  cd "$PWD"  # into the mount
  env -u HOME -u XDG_CACHE_HOME make demo BUILD="$scratch/elsewhere/build"
}

if [ "${1:-}" = --inside ]; then
  scratch=$3
  trap - EXIT
  cd "$scratch/$2"
  "stranger_$2"
  exit
fi

for who in "${@:-cpu cuda bare}"; do
  for one in $who; do
    git clone -q "$source_folder" "$scratch/$one"
    unshare -m "$0" --inside "$one" "$scratch"
    echo "stranger $one: ok"
    rm -rf "${scratch:?}/$one" "$scratch/elsewhere"
  done
done
