#!/usr/bin/env bash
# Makes the world of pictures: gets the Debian packages that data/world/*.tsv name (nothing is installed from them),
# unpacks them into an ignored cache and packs their pictures into one file. A second run finds it and does nothing.
#   FCCLIP_WORLD_CACHE   where to (default .cache/world)      PYTHON   an interpreter with Pillow (default .venv's)
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${FCCLIP_WORLD_CACHE:-.cache/world}
tables=data/world
pack=$cache/world.safetensors
python=${PYTHON:-.venv/bin/python}
PILLOW_VERSION=11.3.0

stop() {
  echo "world: $*" >&2
  exit 1
}

is_current() {
  [ -f "$pack" ] || return 1
  local source
  for source in "$tables"/*.tsv scripts/pack_world.py; do
    [ "$source" -nt "$pack" ] && return 1
  done
  return 0
}

packages() {
  awk -F '\t' 'FNR > 1 { print $2 }' "$tables"/{things,things_extra,stuff,rect}.tsv | sort -u
}

download() {
  local package
  mkdir -p "$cache/debs" "$cache/root"
  for package in $(packages); do
    compgen -G "$cache/debs/${package}_*.deb" >/dev/null && continue
    echo "world: downloading $package"
    # Into a folder of its own first: an interrupted download must not look complete.
    mkdir -p "$cache/debs/partial"
    (cd "$cache/debs/partial" && rm -f -- * && apt-get download -q "$package" >apt.log 2>&1) ||
      stop "apt-get download $package failed: $(tail -n 1 "$cache/debs/partial/apt.log")"
    mv "$cache/debs/partial/"*.deb "$cache/debs/"
  done
  rm -rf "$cache/debs/partial"
}

unpack() {
  local package deb
  for package in $(packages); do
    [ -f "$cache/root/$package.done" ] && continue
    deb=$(compgen -G "$cache/debs/${package}_*.deb" | tail -n 1)
    rm -rf "${cache:?}/root/$package"
    dpkg -x "$deb" "$cache/root/$package" || stop "cannot unpack $deb: remove it and run make world again"
    touch "$cache/root/$package.done"
  done
}

need_tools() {
  command -v apt-get >/dev/null || stop "needs Debian's apt-get and dpkg to get the pictures"
  if ! command -v rsvg-convert >/dev/null; then
    local sudo=()
    [ "$(id -u)" -eq 0 ] || sudo=(sudo)
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -q --no-install-recommends librsvg2-bin >/dev/null ||
      stop "needs rsvg-convert: install librsvg2-bin"
  fi
  if ! "$python" -c 'import PIL.Image' 2>/dev/null; then
    [ -z "${PYTHON:-}" ] || stop "$PYTHON has no Pillow"
    [ -x "$python" ] || python3 -m venv .venv || stop "cannot make .venv: install python3-venv"
    "$python" -m pip install -q --disable-pip-version-check "Pillow==$PILLOW_VERSION" || stop "cannot install Pillow"
  fi
}

if is_current; then
  echo "world: $pack is up to date"
  exit 0
fi
need_tools
download
unpack
"$python" scripts/pack_world.py "$tables" "$cache/root" "$pack"
rm -rf "${cache:?}/root"  # what was unpacked; the packages stay
