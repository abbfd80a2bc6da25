#!/usr/bin/env bash
# Installs what is missing and nothing else: Debian or Ubuntu packages, and LibTorch (the torch wheel) with CLIP's
# merge file into $VENV (.venv). A second run finds all in place and touches no network.
#   scripts/setup.sh [--tests | --ci]    also what the tests compare with; also what .ci/run needs (Clang, …)
# TORCH_BUILD=cuda installs the whole CUDA wheel, for GPUs; else the CPU side is all that is needed.
set -euo pipefail
cd "$(dirname "$0")/.."

TORCH_VERSION=${TORCH_VERSION:-2.13.0}
OPEN_CLIP_VERSION=2.24.0
VENV=${VENV:-.venv}

packages=(g++ cmake make ninja-build pkg-config python3-venv lld
  nlohmann-json3-dev libyaml-cpp-dev libtomlplusplus-dev libcli11-dev libgtest-dev zlib1g-dev libxxhash-dev
  libjpeg-dev libpng-dev libdeflate-dev libwebp-dev libtiff-dev libheif-dev libgif-dev libmatio-dev libhdf5-dev
  libcairo2-dev libpango1.0-dev libopencv-imgproc-dev fonts-dejavu-core
  prometheus-cpp-dev libarchive-dev)
# Debian 12's libboost-dev is too old; later releases have no package of this name.
boost_package=libboost1.81-dev
# What CI holds the sources to besides: scripts/setup.sh --ci
ci_packages=(clang-14 clang clang-tidy clang-format-14 libclang-rt-14-dev llvm-14 libomp-dev chromium
  zsh fish groff mandoc)
# Training in several CPU processes; the check of the sources' format; films. Left out where a release has no such package.
optional_packages=(libgloo-dev clang-format-14 libavformat-dev libavcodec-dev libswscale-dev libavutil-dev)

is_installed() {
  dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q '^install ok installed'
}

# Beast and Asio of 1.81 or later, from whichever package.
has_boost() {
  is_installed libboost1.81-dev ||
    { is_installed libboost-dev && dpkg --compare-versions "$(dpkg-query -W -f='${Version}' libboost-dev)" ge 1.81; }
}

missing_of() {
  for package in "$@"; do
    is_installed "$package" || echo "$package"
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "setup: neither root nor sudo; have somebody run: $*" >&2
    exit 1
  fi
}

install_packages() {
  command -v dpkg-query >/dev/null || return 0  # neither Debian nor Ubuntu: the user provides the libraries
  local missing=() wanted=() tried=$VENV/optional-packages
  mapfile -t missing < <(missing_of "${packages[@]}")
  has_boost || missing+=("$boost_package")
  [ -f "$tried" ] || mapfile -t wanted < <(missing_of "${optional_packages[@]}")
  [ ${#missing[@]} -eq 0 ] && [ ${#wanted[@]} -eq 0 ] && return 0
  as_root apt-get update -q
  if ! apt-cache show "$boost_package" >/dev/null 2>&1; then
    missing=("${missing[@]/#$boost_package/libboost-dev}")
  fi
  for package in "${wanted[@]}"; do
    apt-cache show "$package" >/dev/null 2>&1 && missing+=("$package")
  done
  echo "setup: installing Debian packages: ${missing[*]}"
  [ ${#missing[@]} -eq 0 ] ||
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}

pip_install() {
  "$VENV/bin/python" -m pip install -q --disable-pip-version-check "$@"
}

# The name of the wheel that the configured index would give, and "cuda" behind it when it wants NVIDIA's packages.
what_pip_would_take() {
  "$VENV/bin/python" -m pip install -q --disable-pip-version-check --dry-run --report - "$1" 2>/dev/null |
    "$VENV/bin/python" scripts/torch_wheel.py report
}

# A CPU build where one can be had; otherwise a CUDA build without the gigabytes of CUDA libraries: its CPU side needs
# the two small ones that torch_wheel.py names.
install_torch() {
  [ -n "${CMAKE_PREFIX_PATH:-}" ] && return 0
  local packages="$VENV/lib/python3*/site-packages" wanted="torch==$TORCH_VERSION" kind
  if compgen -G "$packages/torch/share/cmake/Torch/TorchConfig.cmake" >/dev/null; then
    [ "${TORCH_BUILD:-cpu}" != cuda ] || compgen -G "$packages/nvidia/cudnn/lib/*" >/dev/null || {
      echo "setup: the LibTorch in $VENV is not a whole CUDA wheel; name a new folder with VENV" >&2
      exit 1
    }
    return 0
  fi
  kind=$(what_pip_would_take "$wanted") || kind=unknown
  if [ "${TORCH_BUILD:-cpu}" = cuda ]; then
    [ "$kind" = cuda ] || {
      echo "setup: pip has no CUDA build of $wanted here; name another TORCH_VERSION or index" >&2
      exit 1
    }
    echo "setup: installing LibTorch $TORCH_VERSION with NVIDIA's packages (torch wheel) into $VENV"
    pip_install "$wanted"
    return 0
  fi
  if [ "$kind" != cpu ] && [ "$(what_pip_would_take "$wanted+cpu" || true)" = cpu ]; then
    wanted="$wanted+cpu"
    kind=cpu
  fi
  echo "setup: installing LibTorch $TORCH_VERSION (torch wheel, $kind build) into $VENV"
  pip_install --no-deps "$wanted"
  local runtime
  runtime=$("$VENV/bin/python" scripts/torch_wheel.py runtime)
  # shellcheck disable=SC2086  # a list of requirements
  [ -z "$runtime" ] || pip_install --no-warn-conflicts $runtime
}

install_merges() {
  [ -n "${FCCLIP_MERGES:-}" ] && return 0
  compgen -G "$VENV/lib/python3*/site-packages/open_clip/bpe_simple_vocab_16e6.txt.gz" >/dev/null && return 0
  echo "setup: installing open_clip_torch $OPEN_CLIP_VERSION (for CLIP's merge file) into $VENV"
  pip_install --no-deps "open_clip_torch==$OPEN_CLIP_VERSION"
}

# The official evaluators, against which the tests hold `fcclip score` on random cases.
install_evaluators() {
  compgen -G "$VENV/lib/python3*/site-packages/pycocotools/cocoeval.py" >/dev/null && return 0
  echo "setup: installing pycocotools (for the tests) into $VENV"
  pip_install --no-warn-conflicts "pycocotools==2.0.11" "numpy<3" "Pillow<14"
}

# NVIDIA's compiler of CUDA kernels: the tests compile them with it, without a GPU.
install_nvrtc() {
  compgen -G "$VENV/lib/python3*/site-packages/nvidia/*/lib/libnvrtc.so.*" >/dev/null && return 0
  echo "setup: installing nvidia-cuda-nvrtc (for the tests) into $VENV"
  pip_install --no-deps "nvidia-cuda-nvrtc>=12" ||
    echo "setup: it can't be had; tests that compile CUDA kernels are skipped"
}

case "${1:-}" in
  --ci) optional_packages+=("${ci_packages[@]}"); rm -f "$VENV/optional-packages" ;;
esac
install_packages
[ -x "$VENV/bin/python" ] || python3 -m venv "$VENV"
touch "$VENV/optional-packages"
install_torch
install_merges
case "${1:-}" in --tests | --ci) install_evaluators; install_nvrtc ;; esac
