#!/usr/bin/env bash
# Installs what is missing and nothing else: Debian packages, and LibTorch (the torch wheel) with CLIP's
# merge file into .venv. A second run finds all in place and touches no network.
set -euo pipefail
cd "$(dirname "$0")/.."

TORCH_VERSION=${TORCH_VERSION:-2.13.0}
OPEN_CLIP_VERSION=2.24.0

packages=(g++ cmake make ninja-build pkg-config python3-venv lld
  nlohmann-json3-dev libyaml-cpp-dev libtomlplusplus-dev libgloo-dev libcli11-dev libgtest-dev zlib1g-dev
  libjpeg-dev libpng-dev libdeflate-dev libwebp-dev libtiff-dev
  libheif-dev libgif-dev libcairo2-dev libpango1.0-dev
  libopencv-imgproc-dev fonts-dejavu-core clang-format)

install_packages() {
  command -v dpkg-query >/dev/null || return 0  # not Debian: the user provides the libraries
  local missing=()
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  echo "setup: installing Debian packages: ${missing[*]}"
  local sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  "${sudo[@]}" apt-get update -q
  DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}"
}

pip_install() {
  [ -x .venv/bin/python ] || python3 -m venv .venv
  .venv/bin/python -m pip install -q --disable-pip-version-check "$@"
}

# On x86-64 Linux the plain wheel of some indexes is a CUDA build of several GB; a CPU wheel is enough here.
install_torch() {
  [ -n "${CMAKE_PREFIX_PATH:-}" ] && return 0
  compgen -G '.venv/lib/python3*/site-packages/torch/share/cmake/Torch/TorchConfig.cmake' >/dev/null && return 0
  echo "setup: installing LibTorch $TORCH_VERSION (torch wheel) into .venv"
  pip_install "torch==$TORCH_VERSION"
}

install_merges() {
  [ -n "${FCCLIP_MERGES:-}" ] && return 0
  compgen -G '.venv/lib/python3*/site-packages/open_clip/bpe_simple_vocab_16e6.txt.gz' >/dev/null && return 0
  echo "setup: installing open_clip_torch $OPEN_CLIP_VERSION (for CLIP's merge file) into .venv"
  pip_install --no-deps "open_clip_torch==$OPEN_CLIP_VERSION"
}

# The official evaluators, against which the tests hold `fcclip score` on random cases.
install_evaluators() {
  compgen -G '.venv/lib/python3*/site-packages/pycocotools/cocoeval.py' >/dev/null && return 0
  echo "setup: installing pycocotools (for the tests) into .venv"
  pip_install "pycocotools==2.0.11" "numpy<3" "Pillow<14"
}

install_packages
install_torch
install_merges
install_evaluators
