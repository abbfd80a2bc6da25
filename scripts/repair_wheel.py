#!/usr/bin/env python3
"""repair_wheel.py WHEEL OUTPUT_FOLDER: auditwheel takes in the libraries that are not torch's and not every system's; then
so are those that desktops have and small containers do not (X11 and GLib, which Cairo and Pango are linked to), and the
paths are set in which the wheel's own libraries look for torch's."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TORCH = ["libtorch*", "libc10*", "libgomp*", "libshm*", "libcuda*", "libcublas*", "libcudnn*", "libcufft*", "libcurand*",
         "libcusolver*", "libcusparse*", "libcupti*", "libnv*", "libnccl*"]
# Of every Linux, down to the smallest image of Python.
EVERYWHERE = re.compile(r"(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|gcc_s|stdc\+\+))\.so\.\d+$")


def run(*command):
    subprocess.run([str(part) for part in command], check=True)


def needed(library):
    printed = subprocess.run(["patchelf", "--print-needed", library], check=True, capture_output=True, text=True)
    return printed.stdout.split()


def system_libraries():
    """Name -> file, as the loader knows them."""
    printed = subprocess.run(["/sbin/ldconfig", "-p"], check=True, capture_output=True, text=True).stdout
    found = {}
    for name, place in re.findall(r"^\s+(\S+) \(.*x86-64.*\) => (\S+)$", printed, re.M):
        found.setdefault(name, place)
    return found


def take_in_the_rest(libraries):
    """Copies what auditwheel expects everywhere. Names stay: where a process has such a library already, it is used."""
    system = system_libraries()
    waiting = list(libraries.iterdir())
    while waiting:
        library = waiting.pop()
        for name in needed(library):
            target = libraries / name
            is_torch = any(pathlib.PurePath(name).match(pattern) for pattern in TORCH)
            if target.exists() or is_torch or EVERYWHERE.match(name):
                continue
            shutil.copy(os.path.realpath(system[name]), target)
            target.chmod(0o755)
            waiting.append(target)
        run("patchelf", "--set-rpath", "$ORIGIN", library)


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
        take_in_the_rest(root / "fcclip.libs")
        for library in [*package.glob("_core*.so"), *package.glob("lib/fcclip/*.so")]:
            run("patchelf", "--set-rpath", search_path(library, package), library)
        run(sys.executable, "-m", "wheel", "pack", "-d", output, root)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
