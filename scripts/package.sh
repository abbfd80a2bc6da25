#!/usr/bin/env bash
# A .deb and a tarball of program, library, headers and bundled model, with the libraries of LibTorch that they need:
# scripts/package.sh BUILD_FOLDER, into BUILD_FOLDER/packages
set -euo pipefail
cd "$(dirname "$0")/.."
command -v dpkg-shlibdeps > /dev/null || { echo "package: no dpkg-shlibdeps; apt-get install dpkg-dev" >&2; exit 1; }
# The same sources, the same dates.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
scripts/build.sh "$1" --targets "fcclip fcclip_pages fcclip_shared"
cmake "$1" > "$1.log" || { cat "$1.log"; exit 1; }
out=$1/packages
rm -rf "$out"
cpack --config "$1/CPackConfig.cmake" -B "$out" > "$1/package.log" 2>&1 || { cat "$1/package.log"; exit 1; }
rm -rf "$out/_CPack_Packages"
du -h "$out"/*
