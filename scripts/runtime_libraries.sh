#!/usr/bin/env bash
# For an image without the build's packages: copies beside the installed program's library what of the virtual environment
# (LibTorch, NVIDIA's packages) and of a CUDA toolkit it is linked to, and prints the Debian packages that have the rest:
# scripts/runtime_libraries.sh INSTALLED_PREFIX
set -euo pipefail
folder=$(cd "$1/lib/fcclip" && pwd)
linked() {
  ldd "$1" | awk '$3 ~ "^/" {print $3}'
}

of_no_package() {
  linked "$1" | grep -E "/site-packages/|^/usr/local/cuda" || true
}

# cuDNN's parts, and the compiler that LibTorch's CUDA side has at hand, are loaded by name, later.
loaded_later() {
  case $(basename "$1") in
    libcudnn.so.*) ls "$(dirname "$1")"/libcudnn_*.so.* ;;
    libtorch_cuda.so) ls "$(dirname "$1")"/libcaffe2_nvrtc.so ;;
    libnvrtc.so.*) ls "$(dirname "$1")"/libnvrtc-builtins.so.* ;;
  esac
}

# Each library once, and what it is linked to itself.
take() {
  local one file
  for one in "$@"; do
    file=$folder/$(basename "$one")
    [ ! -e "$file" ] || continue
    cp -L "$one" "$file"
    # shellcheck disable=SC2046  # a list of files
    take $(of_no_package "$one") $(loaded_later "$one")
  done
}

# shellcheck disable=SC2046
take $(of_no_package "$folder/libfcclip_program.so")
# LibTorch's symbols are a fifth of it; NVIDIA's libraries stay as they are.
strip --strip-unneeded "$folder"/libtorch*.so "$folder"/libc10*.so

# Files of /lib are registered there by some packages, although it is /usr/lib.
LD_LIBRARY_PATH=$folder linked "$folder/libfcclip_program.so" | grep -vF "$folder/" | while read -r library; do
  file=$(readlink -f "$library")
  dpkg -S "$file" "${file#/usr}" 2> /dev/null || true
done | cut -d: -f1 | sort -u
