#!/usr/bin/env python3
"""Peak memory and time of `fcclip segment` on pictures of growing size.

    bench/tiles/large.py [--sides 10000,20000] [--tile 1024] [--flags "--short-side 64"]

Each picture is a BigTIFF in tiles of 256 × 256 that lies on a map; its tiles repeat those of examples/pictures/scene.png,
and all places that show the same tile share its bytes, so that the file is small however large the picture is. Peak memory
is the kernel's highest resident set of the process. Needs numpy and Pillow.
"""

import argparse
import os
import pathlib
import struct
import subprocess
import tempfile
import time

import numpy
from PIL import Image

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
TILE = 256


def write_big_tiff(path, side, scene):
    """side × side pixels made of the scene's whole tiles, one after another."""
    down, across = scene.shape[0] // TILE, scene.shape[1] // TILE
    tiles = [scene[y * TILE:(y + 1) * TILE, x * TILE:(x + 1) * TILE].tobytes() for y in range(down) for x in range(across)]
    count = (side + TILE - 1) // TILE
    place = [16 + i * len(tiles[0]) for i in range(len(tiles))]
    offsets = [place[y % down * across + x % across] for y in range(count) for x in range(count)]
    tags = [(256, 4, "I", [side]), (257, 4, "I", [side]), (258, 3, "H", [8, 8, 8]), (259, 3, "H", [1]), (262, 3, "H", [2]),
            (277, 3, "H", [3]), (284, 3, "H", [1]), (322, 3, "H", [TILE]), (323, 3, "H", [TILE]), (324, 16, "Q", offsets),
            (325, 4, "I", [len(tiles[0])] * len(offsets)), (33550, 12, "d", [0.5, 0.5, 0]),
            (33922, 12, "d", [0, 0, 0, 500000, 4600000, 0]),
            (34735, 3, "H", [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633])]
    directory = 16 + sum(map(len, tiles))
    far = directory + 8 + 20 * len(tags) + 8
    entries, values = b"", b""
    for tag, kind, letter, numbers in tags:
        data = struct.pack(f"<{len(numbers)}{letter}", *numbers)
        entries += struct.pack("<HHQ", tag, kind, len(numbers))
        entries += data.ljust(8, b"\0") if len(data) <= 8 else struct.pack("<Q", far + len(values))
        values += data if len(data) > 8 else b""
    with open(path, "wb") as file:
        file.write(b"II+\0" + struct.pack("<HHQ", 8, 0, directory) + b"".join(tiles) + struct.pack("<Q", len(tags)) + entries
                   + struct.pack("<Q", 0) + values)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=SOURCE / "build/release/bin/fcclip")
    parser.add_argument("--model", default=SOURCE / "models/mini.safetensors")
    parser.add_argument("--sides", default="10000,20000")
    parser.add_argument("--tile", default="1024")
    parser.add_argument("--flags", default="--short-side 64", help="further flags of segment")
    parser.add_argument("--folder", help="for the pictures and results; default a temporary one")
    options = parser.parse_args()
    scene = numpy.asarray(Image.open(SOURCE / "examples/pictures/scene.png").convert("RGB").resize((1024, 768)))
    print("| picture | windows | segments | peak memory | time | files |\n|" + "---|" * 6, flush=True)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for side in map(int, options.sides.split(",")):
            print(row(options, pathlib.Path(folder), side, scene), flush=True)


def row(options, folder, side, scene):
    picture, out = folder / "large.tif", folder / f"out-{side}"
    write_big_tiff(picture, side, scene)
    command = [options.program, "segment", "-m", options.model, picture, "-v", "world", "--tile", options.tile, "-o", out,
               *options.flags.split()]
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    title = process.stdout.readline()
    process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{command} ended with {status}")
    files = sum(path.stat().st_size for path in out.iterdir())
    segments, windows = title.split(", ")[1].split()[0], title.split(", ")[2].split()[0]
    return (f"| {side:,} × {side:,} | {windows} | {segments} | {usage.ru_maxrss / 1024:.0f} MiB | "
            f"{time.monotonic() - start:.0f} s | {files / 1e6:.1f} MB |")


if __name__ == "__main__":
    main()
