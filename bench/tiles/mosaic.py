#!/usr/bin/env python3
"""PQ of a mosaic that is segmented in windows beside PQ of its parts, on scenes with exact truth.

    fcclip synth -o scenes --count 100 --seed 3
    bench/tiles/mosaic.py scenes [--side 10] [--tile 256,384] [--overlap 32,64] [--keep FOLDER]

The parts are the scenes, each segmented by itself; the mosaic is side × side of them as one TIFF, segmented by
`fcclip segment --tile`, its id map cut into the parts again. Both are scored by `fcclip score panoptic` against the same
truth. `whole` scores one map of all: stuff of a class is one segment over all parts, in the truth and in the parts' answers
too.
Needs numpy and Pillow.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy
from PIL import Image

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
Image.MAX_IMAGE_PIXELS = None


def ids_of(path):
    rgb = numpy.asarray(Image.open(path).convert("RGB")).astype(numpy.int64)
    return rgb[..., 0] + 256 * rgb[..., 1] + 65536 * rgb[..., 2]


def save_ids(ids, path):
    Image.fromarray(numpy.stack([ids % 256, ids // 256 % 256, ids // 65536], -1).astype(numpy.uint8)).save(path)


def info_of(ids, classes):
    """segments_info of a map; classes: id -> (category_id, isthing)."""
    infos = []
    for value, area in zip(*numpy.unique(ids[ids > 0], return_counts=True)):
        category, thing = classes[int(value)]
        infos.append({"id": int(value), "category_id": category, "isthing": thing, "iscrowd": 0, "area": int(area)})
    return infos


def write_set(folder, name, maps, categories):
    """A panoptic set: maps is a list of (ids, classes)."""
    pngs = folder / name
    pngs.mkdir()
    images, annotations = [], []
    for number, (ids, classes) in enumerate(maps):
        save_ids(ids, pngs / f"{number}.png")
        images.append({"id": number, "file_name": f"{number}.png", "height": ids.shape[0], "width": ids.shape[1]})
        annotations.append({"image_id": number, "file_name": f"{number}.png", "segments_info": info_of(ids, classes)})
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return path


def score(program, truth, prediction):
    out = subprocess.run([program, "score", "panoptic", truth, prediction, "--json"], check=True, stdout=subprocess.PIPE)
    return json.loads(out.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenes", type=pathlib.Path)
    parser.add_argument("--program", default=SOURCE / "build/release/bin/fcclip")
    parser.add_argument("--model", default=SOURCE / "models/mini.safetensors")
    parser.add_argument("--side", type=int, default=10)
    parser.add_argument("--tile", default="256")
    parser.add_argument("--overlap", default="32,64")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the mosaic and its results")
    parser.add_argument("--flags", default="", help="further flags of segment, as one text")
    options = parser.parse_args()
    options.flags = options.flags.split()
    with tempfile.TemporaryDirectory() as folder:
        run(options, pathlib.Path(folder))


def run(options, folder):
    keep = options.keep or folder
    keep.mkdir(exist_ok=True)
    data = json.loads((options.scenes / "panoptic.json").read_text())
    categories = data["categories"]
    things = {c["id"]: c["isthing"] for c in categories}
    chosen = data["annotations"][:options.side ** 2]
    names = [a["file_name"] for a in chosen]
    words = ["-v", options.scenes / "vocabulary.txt"]
    by_name = {c["name"].split(",")[0]: c["id"] for c in categories}
    truths = [(ids_of(options.scenes / "panoptic" / a["file_name"]),
               {s["id"]: (s["category_id"], things[s["category_id"]]) for s in a["segments_info"]}) for a in chosen]
    height, width = truths[0][0].shape

    # The parts by themselves.
    out = folder / "parts"
    pictures = [options.scenes / "images" / name for name in names]
    segment = [options.program, "segment", "-m", options.model, *words, "-q", *options.flags]
    subprocess.run([*segment, *pictures, "-o", out, "--write", "panoptic,segments"], check=True)
    parts = []
    for name in names:
        stem = name.rsplit(".", 1)[0]
        segments = json.loads((out / f"{stem}.segments.json").read_text())["segments"]
        parts.append((ids_of(out / f"{stem}.panoptic.png"), classes_of(segments, by_name)))
    truth = write_set(folder, "truth", truths, categories)
    part_score = score(options.program, truth, write_set(folder, "parts-set", parts, categories))

    # All as one picture.
    def place(number):
        y, x = number // options.side * height, number % options.side * width
        return slice(y, y + height), slice(x, x + width)

    mosaic = numpy.zeros((height * options.side, width * options.side, 3), numpy.uint8)
    for number, path in enumerate(pictures):
        mosaic[place(number)] = numpy.asarray(Image.open(path).convert("RGB"))
    picture = keep / "mosaic.tif"
    Image.fromarray(mosaic).save(picture)
    whole_truth = write_set(folder, "whole-truth", [joined(truths, place, mosaic.shape[:2])], categories)
    whole_parts = write_set(folder, "whole-parts", [joined(parts, place, mosaic.shape[:2])], categories)
    rows = [("parts", "", part_score, score(options.program, whole_truth, whole_parts))]
    for tile in options.tile.split(","):
        for overlap in options.overlap.split(","):
            out = keep / f"tile-{tile}-{overlap}"
            subprocess.run([*segment, picture, "-o", out, "--tile", tile, "--overlap", overlap, "--overwrite"], check=True)
            ids = numpy.asarray(Image.open(out / "mosaic.panoptic.tif")).astype(numpy.int64)
            segments = json.loads((out / "mosaic.segments.json").read_text())["segments"]
            classes = classes_of(segments, by_name)
            cut = write_set(folder, f"cut-{tile}-{overlap}", [(ids[place(n)], classes) for n in range(len(truths))],
                            categories)
            one = write_set(folder, f"whole-{tile}-{overlap}", [(ids, classes)], categories)
            rows.append((tile, overlap, score(options.program, truth, cut), score(options.program, whole_truth, one)))
    print(f"{len(truths)} scenes of {width} x {height}, mosaic {mosaic.shape[1]} x {mosaic.shape[0]}")
    print("| tile | overlap | PQ | SQ | RQ | PQ things | PQ stuff | whole: PQ | PQ things | PQ stuff |\n|" + "---|" * 10)
    for tile, overlap, part, all_ in rows:
        print(f"| {tile} | {overlap} | {cells(part, 'All pq', 'All sq', 'All rq', 'Things pq', 'Stuff pq')} | "
              f"{cells(all_, 'All pq', 'Things pq', 'Stuff pq')} |")


def joined(maps, place, shape):
    """Maps side by side as one, stuff of one class as one segment: (ids, classes)."""
    whole, whole_classes, stuff = numpy.zeros(shape, numpy.int64), {}, {}
    for number, (ids, classes) in enumerate(maps):
        table = numpy.zeros(int(ids.max()) + 1, numpy.int64)
        for value, (category, thing) in classes.items():
            if value >= len(table):
                continue
            new = None if thing else stuff.get(category)
            if new is None:
                new = len(whole_classes) + 1
                whole_classes[new] = (category, thing)
            if not thing:
                stuff[category] = new
            table[value] = new
        whole[place(number)] = table[ids]
    return whole, whole_classes


def classes_of(segments, by_name):
    return {s["id"]: (by_name[s["name"]], int(s["thing"])) for s in segments}


def cells(result, *keys):
    return " | ".join(f"{100 * result[group][number]:.1f}" for group, number in map(str.split, keys))


if __name__ == "__main__":
    main()
