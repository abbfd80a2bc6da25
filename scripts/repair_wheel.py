#!/usr/bin/env python3
"""repair_wheel.py WHEEL OUTPUT_FOLDER: auditwheel takes in the libraries that are not torch's and not every system's; then
the paths are set in which the wheel's own libraries look for torch's."""

import os
import pathlib
import subprocess
import sys
import tempfile

TORCH = ["libtorch*", "libc10*", "libgomp*", "libshm*", "libcuda*", "libcublas*", "libcudnn*", "libcufft*", "libcurand*",
         "libcusolver*", "libcusparse*", "libcupti*", "libnv*", "libnccl*"]


def run(*command):
    subprocess.run([str(part) for part in command], check=True)


def search_path(library, package):
    """Beside it, the wheel's own libraries, and torch, which is the package's neighbour."""
    up = pathlib.Path(os.path.relpath(package.parent, library.parent))
    places = ["$ORIGIN", f"$ORIGIN/{up}/fcclip.libs", f"$ORIGIN/{up}/torch/lib"]
    if library.parent == package:
        places.insert(1, "$ORIGIN/lib/fcclip")
    return ":".join(places)


def main(wheel, output):
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        excluded = [word for name in TORCH for word in ("--exclude", name)]
        run(sys.executable, "-m", "auditwheel", "repair", *excluded, "-w", place / "repaired", wheel)
        repaired = next((place / "repaired").glob("*.whl"))
        run(sys.executable, "-m", "wheel", "unpack", "-d", place / "open", repaired)
        root = next((place / "open").iterdir())
        package = root / "fcclip"
        for library in [*package.glob("_core*.so"), *package.glob("lib/fcclip/*.so")]:
            run("patchelf", "--set-rpath", search_path(library, package), library)
        run(sys.executable, "-m", "wheel", "pack", "-d", output, root)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
