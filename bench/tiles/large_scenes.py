#!/usr/bin/env python3
"""PQ of large scenes seen as a whole and in windows.

    fcclip synth -o scenes --size 1024 1024 --min-things 40 --max-things 60 --count 4 --seed 11
    bench/tiles/large_scenes.py scenes [--tile 256,384] [--overlap-share 0.25]

Every row is one way to ask the same scenes, scored by `fcclip score panoptic` against their truth. Needs numpy and Pillow.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy
from PIL import Image

from mosaic import SOURCE, cells, classes_of, ids_of, score, write_set


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenes", type=pathlib.Path)
    parser.add_argument("--program", default=SOURCE / "build/release/bin/fcclip")
    parser.add_argument("--model", default=SOURCE / "models/mini.safetensors")
    parser.add_argument("--tile", default="256,384")
    parser.add_argument("--overlap-share", type=float, default=0.25, help="overlap as a part of the tile")
    options = parser.parse_args()
    print("| seen | PQ | SQ | RQ | PQ things | PQ stuff |\n|" + "---|" * 6, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for tile in [None, *map(int, options.tile.split(","))]:
            print(f"| {f'in windows of {tile}' if tile else 'as a whole'} | "
                  f"{row(options, pathlib.Path(folder), tile)} |", flush=True)


def row(options, folder, tile):
    data = json.loads((options.scenes / "panoptic.json").read_text())
    things = {c["id"]: c["isthing"] for c in data["categories"]}
    by_name = {c["name"].split(",")[0]: c["id"] for c in data["categories"]}
    pictures = [options.scenes / "images" / a["file_name"] for a in data["annotations"]]
    truths = [(ids_of(options.scenes / "panoptic" / a["file_name"]),
               {s["id"]: (s["category_id"], things[s["category_id"]]) for s in a["segments_info"]})
              for a in data["annotations"]]
    out = folder / f"out-{tile}"
    windows = ["--tile", str(tile), "--overlap", str(round(tile * options.overlap_share))] if tile else []
    subprocess.run([options.program, "segment", "-m", options.model, *pictures, "-v", options.scenes / "vocabulary.txt",
                    "-q", "-o", out, "--write", "panoptic,segments", *windows], check=True)
    found = []
    for picture in pictures:
        segments = json.loads((out / f"{picture.stem}.segments.json").read_text())["segments"]
        ids = (numpy.asarray(Image.open(out / f"{picture.stem}.panoptic.tif")).astype(numpy.int64) if tile
               else ids_of(out / f"{picture.stem}.panoptic.png"))
        found.append((ids, classes_of(segments, by_name)))
    truth = write_set(folder, f"truth-{tile}", truths, data["categories"])
    result = score(options.program, truth, write_set(folder, f"found-{tile}", found, data["categories"]))
    return cells(result, "All pq", "All sq", "All rq", "Things pq", "Stuff pq")


if __name__ == "__main__":
    main()
