#!/usr/bin/env python3
"""Random predictions scored by `fcclip score` and by the official tools; all printed numbers must agree.

score_random.py FCCLIP [--cases N] [--seed S]
Needs numpy, Pillow and pycocotools; panopticapi too where it is importable (else panoptic cases are skipped, saying so).
Cases hold void, crowds, empty pictures, ids that are not contiguous and above 65,535, segments of one pixel."""

import argparse
import contextlib
import importlib.util
import io
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

CATEGORIES = [
    {"id": identifier, "name": f"class {identifier}", "isthing": int(identifier % 2 == 0), "color": [1, 2, 3]}
    for identifier in (2, 3, 17, 90, 133)
]


def random_map(rng, height, width, used):
    """A map of rectangles and single pixels with unique ids; 0 is void."""
    ids = np.zeros((height, width), np.int64)
    for _ in range(rng.integers(0, 9)):
        identifier = int(rng.integers(1, 2**24))
        if identifier in used:
            continue
        used.add(identifier)
        top, left = rng.integers(0, height), rng.integers(0, width)
        h, w = (1, 1) if rng.random() < 0.2 else (rng.integers(1, height + 1), rng.integers(1, width + 1))
        ids[top : top + h, left : left + w] = identifier
    return ids


def jitter(rng, ids):
    """A prediction that resembles the truth: shifted, some segments lost, some cut."""
    out = np.roll(ids, rng.integers(-3, 4, 2), (0, 1))
    for identifier in np.unique(out):
        chance = rng.random()
        if chance < 0.1:
            out[out == identifier] = 0
        elif chance < 0.2:
            rows = np.nonzero((out == identifier).any(1))[0]
            out[rows[: len(rows) // 2]] = 0
    return out


def segments(rng, ids, truth=None, crowd=False):
    infos = []
    for identifier, area in zip(*np.unique(ids, return_counts=True)):
        if identifier == 0:
            continue
        category = int(rng.choice([c["id"] for c in CATEGORIES]))
        if truth and int(identifier) in truth and rng.random() < 0.8:
            category = truth[int(identifier)]
        info = {"id": int(identifier), "category_id": category, "area": int(area)}
        if crowd:
            info["iscrowd"] = int(rng.random() < 0.15)
        infos.append(info)
    return infos


def save_ids(path, ids):
    Image.fromarray(np.stack([ids % 256, ids // 256 % 256, ids // 65536], -1).astype(np.uint8)).save(path)


def write_panoptic(rng, folder):
    documents = {"gt": [], "pred": []}
    images = []
    for kind in documents:
        (folder / kind).mkdir()
    for index in range(1, 7):
        height, width = (int(x) for x in rng.integers(1, 40, 2))
        images.append({"id": index, "file_name": f"{index}.jpg", "height": height, "width": width})
        truth = random_map(rng, height, width, set())
        infos = segments(rng, truth, crowd=True)
        named = {info["id"]: info["category_id"] for info in infos}
        prediction = jitter(rng, truth)
        for kind, ids, entries in (("gt", truth, infos), ("pred", prediction, segments(rng, prediction, named))):
            save_ids(folder / kind / f"{index}.png", ids)
            documents[kind].append({"image_id": index, "file_name": f"{index}.png", "segments_info": entries})
    for kind, annotations in documents.items():
        document = {"images": images, "annotations": annotations, "categories": CATEGORIES}
        (folder / f"{kind}.json").write_text(json.dumps(document))


def official_panoptic(folder):
    from panopticapi.evaluation import pq_compute_single_core

    truth = json.loads((folder / "gt.json").read_text())
    prediction = {a["image_id"]: a for a in json.loads((folder / "pred.json").read_text())["annotations"]}
    pairs = [(a, prediction[a["image_id"]]) for a in truth["annotations"]]
    categories = {c["id"]: c for c in truth["categories"]}
    with contextlib.redirect_stdout(io.StringIO()):
        return pq_compute_single_core(0, pairs, str(folder / "gt"), str(folder / "pred"), categories)


def write_instances(rng, folder):
    from pycocotools import mask as coco_mask

    def encode(binary):
        rle = coco_mask.encode(np.asfortranarray(binary.astype(np.uint8)))
        return {"size": rle["size"], "counts": rle["counts"].decode()}

    images, annotations, results = [], [], []
    for index in range(1, 9):
        height, width = 120, 200
        images.append({"id": 10 * index, "file_name": f"{index}.jpg", "height": height, "width": width})
        for _ in range(rng.integers(0, 8)):
            left, top = int(rng.integers(0, width - 2)), int(rng.integers(0, height - 2))
            w, h = int(rng.integers(1, width - left)), int(rng.integers(1, height - top))
            category = int(rng.choice([c["id"] for c in CATEGORIES]))
            polygon = [left, top, left + w, top, left + w * 0.7, top + h, left + 0.3, top + h * 0.9]
            crowd = int(rng.random() < 0.1)
            binary = np.zeros((height, width), bool)
            binary[top : top + h, left : left + w] = True
            annotations.append({
                "id": len(annotations) + 1, "image_id": 10 * index, "category_id": category, "iscrowd": crowd,
                "area": float(w * h), "bbox": [left, top, w, h],
                "segmentation": encode(binary) if crowd else [polygon],
            })
            for _ in range(rng.integers(0, 3)):
                dx, dy = (int(x) for x in rng.integers(-4, 5, 2))
                binary = np.zeros((height, width), bool)
                binary[max(0, top + dy) : top + dy + h, max(0, left + dx) : left + dx + w] = True
                if not binary.any():
                    continue
                results.append({
                    "image_id": 10 * index, "category_id": category if rng.random() < 0.8 else 3,
                    "score": float(rng.integers(0, 20)) / 20, "bbox": [left + dx, top + dy, w, h],
                    "segmentation": encode(binary),
                })
    (folder / "truth.json").write_text(json.dumps({"images": images, "annotations": annotations, "categories": CATEGORIES}))
    (folder / "results.json").write_text(json.dumps(results))


def official_instances(folder, kind):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    results = json.loads((folder / "results.json").read_text())
    for entry in results:  # as detectron2: the area of a mask, not of its box
        if kind == "segm":
            entry.pop("bbox")
        else:
            entry.pop("segmentation")
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(folder / "truth.json"))
        evaluation = COCOeval(truth, truth.loadRes(results), kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats


def ours(program, *arguments):
    output = subprocess.run([program, "score", *map(str, arguments), "--json"], check=True, capture_output=True, text=True)
    return json.loads(output.stdout)


def check_panoptic(rng, program, folder):
    write_panoptic(rng, folder)
    stats = official_panoptic(folder)
    got = ours(program, "panoptic", folder / "gt.json", folder / "pred.json")
    for category in CATEGORIES:
        want = stats.pq_per_cat[category["id"]]
        counts = got["counts"][str(category["id"])]
        assert (counts["tp"], counts["fp"], counts["fn"]) == (want.tp, want.fp, want.fn), (category, counts, vars(want))
        assert abs(counts["iou"] - want.iou) < 1e-12, (category, counts, vars(want))


def check_instances(rng, program, folder):
    write_instances(rng, folder)
    if json.loads((folder / "results.json").read_text()) == []:
        return
    got = ours(program, "instances", folder / "truth.json", folder / "results.json")
    for kind in ("bbox", "segm"):
        want = official_instances(folder, kind)
        assert np.allclose(got[kind]["stats12"], want, rtol=0, atol=1e-12), (kind, got[kind]["stats12"], want)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    checks = [check_instances]
    if importlib.util.find_spec("panopticapi"):
        checks.append(check_panoptic)
    else:
        print("panopticapi is not installed: panoptic cases skipped")
    for check in checks:
        for case in range(arguments.cases):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    check(np.random.default_rng(arguments.seed + case), arguments.program, pathlib.Path(folder))
                except AssertionError as error:
                    sys.exit(f"{check.__name__}, seed {arguments.seed + case}: {error}")
        print(f"{check.__name__}: {arguments.cases} random cases agree")


if __name__ == "__main__":
    main()
