#!/usr/bin/env bash
# Tries both packages of BUILD_FOLDER/packages in a root with nothing but Debian's base: installed by apt, run, built against,
# removed. Needs root, debootstrap, lintian and the network: scripts/check_package.sh BUILD_FOLDER
set -euo pipefail
source_folder=$(cd "$(dirname "$0")/.." && pwd)
packages=$(cd "$1/packages" && pwd)
deb=$(echo "$packages"/fcclip_*.deb)
tarball=$(echo "$packages"/fcclip-*.tar.xz)
mirror=${MIRROR:-http://deb.debian.org/debian}
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
scratch=$(mktemp -d /var/tmp/fcclip-package.XXXXXX)
trap 'rm -rf --one-file-system "$scratch"' EXIT

stop() {
  echo "package: $*" >&2
  exit 1
}

for tool in debootstrap lintian; do
  command -v "$tool" > /dev/null || stop "no $tool; apt-get install debootstrap lintian"
done
[ "$(id -u)" -eq 0 ] || stop "needs root, for a root of its own"

# What is wrong in unpacked files whoever unpacks them: paths of this machine, rights, search paths of libraries.
check_files() {
  local found
  found=$(grep -rlF -e "$source_folder" -e "$(realpath "$1/..")/_" "$1" || true)
  [ -z "$found" ] || stop "the build folder is named in: $found"
  found=$(find "$1" \( -perm -o+w -o -perm /6000 \) ! -type l)
  [ -z "$found" ] || stop "anybody may write: $found"
  found=$(find "$1" -type f -name "*.so*" -exec readelf -d {} + | grep -E 'R(UN)?PATH' | grep -vE '\[\$ORIGIN(/fcclip)?:?\]' || true)
  [ -z "$found" ] || stop "libraries are looked for outside: $found"
}

# A command in the root, with its own processes and /proc.
in_root() {
  unshare --mount --pid --fork chroot "$scratch/root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive bash -euo pipefail -c "mount -t proc proc /proc; $(declare -f stop "${@:1:$#-1}"); ${!#}"
}

# fcclip of $PATH on the example picture, from elsewhere.
try_program() {
  mkdir -p /tmp/elsewhere && cd /tmp/elsewhere
  fcclip --version | grep -q "^fcclip $(cat /given/version)$" || stop "fcclip --version says $(fcclip --version)"
  fcclip segment /given/scene.png -c "rock, ladybug" -o out --json > answer.json 2> messages || { cat messages; stop "it does not run"; }
  grep -q '"name":"ladybug"' answer.json || stop "no ladybug in the answer"
  [ -s out/scene.overlay.png ] || stop "no overlay"
  cd / && rm -rf /tmp/elsewhere /root/.cache
}

# A stranger's project in C++ and C, by CMake and by pkg-config: try_library PREFIX
try_library() {
  rm -rf /tmp/consumer
  cmake -S /given/consumer -B /tmp/consumer "-DCMAKE_PREFIX_PATH=$1" > /tmp/log 2>&1 &&
    cmake --build /tmp/consumer >> /tmp/log 2>&1 || { cat /tmp/log; stop "the consumer does not build"; }
  /tmp/consumer/consumer /given/mini.safetensors /given/scene.png
  /tmp/consumer/consumer_c /given/mini.safetensors
  # shellcheck disable=SC2046  # a list of flags
  cc /given/consumer/consumer.c -o /tmp/by_pkg_config $(PKG_CONFIG_PATH=$1/lib/pkgconfig pkg-config --cflags --libs fcclip)
  /tmp/by_pkg_config /given/mini.safetensors
  rm -rf /tmp/consumer /tmp/by_pkg_config /tmp/log
}

try_deb() {
  apt-get update -q > /dev/null
  apt-get install -y -q --no-install-recommends man-db bash-completion > /dev/null 2>&1
  apt-get install -y -q --no-install-recommends /given/fcclip.deb > /tmp/apt 2>&1 || { cat /tmp/apt; stop "apt refuses"; }
  rm /tmp/apt
  try_program
  for page in fcclip fcclip-segment fcclip-score-panoptic; do
    man --warnings "$page" > /tmp/page 2> /tmp/warnings
    grep -q "^SEE ALSO" /tmp/page && [ ! -s /tmp/warnings ] || stop "man $page: $(cat /tmp/warnings)"
  done
  bash -c '. /usr/share/bash-completion/bash_completion; __load_completion fcclip; complete -p fcclip' > /dev/null ||
    stop "bash finds no completion"
  ldconfig -p | grep -q libfcclip.so || stop "the loader does not know libfcclip.so"
}

remove_deb() {
  dpkg -L fcclip > /tmp/had
  apt-get remove -y -q fcclip > /dev/null 2>&1
  while read -r path; do
    [ -d "$path" ] || [ ! -e "$path" ] || stop "left behind: $path"
  done < /tmp/had
  rm -rf /tmp/*
  left=$(find / -xdev -name "*fcclip*" ! -path "/given*" ! -path "/var/cache/man/*")
  [ -z "$left" ] || stop "left behind: $left"
}

# The packages that it needs are those that the other one has left.
try_tarball() {
  mkdir "/srv/a place" && tar -xJf /given/fcclip.tar.xz -C "/srv/a place" --strip-components=1
  PATH="/srv/a place/bin:$PATH" try_program
  mv "/srv/a place" /srv/moved
  try_library /srv/moved
  [ "$(man -w -M /srv/moved/share/man fcclip-segment)" = /srv/moved/share/man/man1/fcclip-segment.1 ] || stop "no manual page"
  rm -rf /srv/moved
}

lintian --allow-root --fail-on error,warning "$deb"
dpkg-deb --raw-extract "$deb" "$scratch/deb"
mkdir "$scratch/tar" && tar -xJf "$tarball" -C "$scratch/tar"
check_files "$scratch/deb"
check_files "$scratch/tar"

debootstrap --variant=minbase "$release" "$scratch/root" "$mirror" > "$scratch/log" 2>&1 || { tail "$scratch/log"; stop "no root"; }
mkdir "$scratch/root/given"
cp -r "$deb" "$scratch/root/given/fcclip.deb"
cp "$tarball" "$scratch/root/given/fcclip.tar.xz"
cp -r "$source_folder"/{models/mini.safetensors,examples/pictures/scene.png,tests/consumer} "$scratch/root/given/"
dpkg-deb -f "$deb" Version > "$scratch/root/given/version"
in_root try_program try_deb try_deb
in_root 'apt-get install -y -q --no-install-recommends g++ cmake make pkg-config xz-utils > /dev/null 2>&1'
in_root try_library 'try_library /usr'
in_root remove_deb remove_deb
in_root try_program try_library try_tarball try_tarball
echo "package: ok"
