#!/usr/bin/env python3
"""Times `fcclip score` beside panopticapi and pycocotools on synthetic pictures, numbers compared first.

compare.py FCCLIP [--images 500] [--runs 3] [--keep FOLDER]
Each side runs as one process; wall time of the whole process and its peak memory are read from the system."""

import argparse
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
from PIL import Image, ImageDraw
from pycocotools import mask as coco_mask

HEIGHT, WIDTH = 480, 640
CATEGORIES = [{"id": i, "name": f"class {i}", "isthing": i % 2, "color": [0, 0, 0]} for i in range(1, 81)]

OFFICIAL_PANOPTIC = """
import sys, json
from panopticapi.evaluation import pq_compute_single_core
truth = json.load(open(sys.argv[1])); prediction = {a['image_id']: a for a in json.load(open(sys.argv[2]))['annotations']}
pairs = [(a, prediction[a['image_id']]) for a in truth['annotations']]
categories = {c['id']: c for c in truth['categories']}
stats = pq_compute_single_core(0, pairs, sys.argv[1][:-5], sys.argv[2][:-5], categories)
print(json.dumps(stats.pq_average(categories, None)[0]))
"""
OFFICIAL_INSTANCES = """
import sys, json
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
truth = COCO(sys.argv[1]); numbers = {}
for kind, other in (('bbox', 'segmentation'), ('segm', 'bbox')):
    results = json.load(open(sys.argv[2]))
    for r in results: r.pop(other)
    e = COCOeval(truth, truth.loadRes(results), kind); e.evaluate(); e.accumulate(); e.summarize()
    numbers[kind] = list(e.stats)
print(json.dumps(numbers))
"""


def draw(rng, shift):
    """An id map with 20 ellipses over 4 stripes, moved by `shift`."""
    picture = Image.new("I", (WIDTH, HEIGHT))
    canvas = ImageDraw.Draw(picture)
    for stripe in range(4):
        canvas.rectangle([0, stripe * 120 + shift, WIDTH, stripe * 120 + 119 + shift], fill=1000 + stripe)
    for index in range(20):
        x, y, w, h = rng.integers(0, WIDTH - 40), rng.integers(0, HEIGHT - 40), rng.integers(8, 160), rng.integers(8, 160)
        canvas.ellipse([x + shift, y + shift, x + w + shift, y + h + shift], fill=70000 + 977 * index)
    return np.array(picture)


def write(folder, count):
    documents = {"gt": [], "pred": []}
    truths, results, images = [], [], []
    for kind in documents:
        (folder / kind).mkdir(exist_ok=True)
    for index in range(count):
        images.append({"id": index, "file_name": f"{index}.jpg", "height": HEIGHT, "width": WIDTH})
        for kind, shift in (("gt", 0), ("pred", 4)):
            rng = np.random.default_rng(index)
            ids = draw(rng, shift)
            Image.fromarray(np.stack([ids % 256, ids // 256 % 256, ids // 65536], -1).astype(np.uint8)).save(folder / kind / f"{index}.png")
            infos = []
            for number, area in zip(*np.unique(ids, return_counts=True)):
                if number == 0:
                    continue
                category = int(number % 80) + 1
                infos.append({"id": int(number), "category_id": category, "area": int(area), "iscrowd": 0})
                rle = coco_mask.encode(np.asfortranarray((ids == number).astype(np.uint8)))
                box = [float(v) for v in coco_mask.toBbox(rle)]
                rle = {"size": rle["size"], "counts": rle["counts"].decode()}
                entry = {"image_id": index, "category_id": category, "bbox": box, "segmentation": rle}
                if kind == "gt":
                    truths.append({**entry, "id": len(truths) + 1, "area": float(area), "iscrowd": 0})
                else:
                    results.append({**entry, "score": float(rng.random())})
            documents[kind].append({"image_id": index, "file_name": f"{index}.png", "segments_info": infos})
    for kind, annotations in documents.items():
        (folder / f"{kind}.json").write_text(json.dumps({"images": images, "annotations": annotations, "categories": CATEGORIES}))
    (folder / "truth.json").write_text(json.dumps({"images": images, "annotations": truths, "categories": CATEGORIES}))
    (folder / "results.json").write_text(json.dumps(results))


def timed(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = __import__("os").wait4(process.pid, 0)
    assert status == 0, command
    del before
    return output, time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def compare(name, ours, official, same, runs):
    rows = {"fcclip": [], "official": []}
    for _ in range(runs):
        first = timed(ours)
        second = timed(official)
        assert same(json.loads(first[0]), json.loads(second[0].strip().splitlines()[-1])), f"{name}: the numbers differ"
        rows["fcclip"].append(first[1:])
        rows["official"].append(second[1:])
    medians = {side: np.median(np.array(values), axis=0) for side, values in rows.items()}
    for side, (wall, cpu, memory) in medians.items():
        print(f"{name:10s} {side:9s} wall {wall:7.2f} s   CPU {cpu:7.2f} s   peak {memory:6.0f} MiB")
    print(f"{name:10s} ratio     wall {medians['official'][0] / medians['fcclip'][0]:.1f}x   "
          f"CPU {medians['official'][1] / medians['fcclip'][1]:.1f}x")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(arguments.keep or scratch)
        folder.mkdir(exist_ok=True)
        if not (folder / "results.json").exists():
            write(folder, arguments.images)
        paths = [str(folder / name) for name in ("gt.json", "pred.json", "truth.json", "results.json")]
        score = [arguments.program, "score"]
        compare("panoptic", [*score, "panoptic", *paths[:2], "--json"], [sys.executable, "-c", OFFICIAL_PANOPTIC, *paths[:2]],
                lambda a, b: all(abs(a["All"][k] - b[k]) < 1e-12 for k in ("pq", "sq", "rq")), arguments.runs)
        compare("instances", [*score, "instances", *paths[2:], "--json"], [sys.executable, "-c", OFFICIAL_INSTANCES, *paths[2:]],
                lambda a, b: all(np.allclose(a[k]["stats12"], b[k], rtol=0, atol=1e-12) for k in b), arguments.runs)


if __name__ == "__main__":
    main()
