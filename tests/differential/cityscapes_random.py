#!/usr/bin/env python3
"""Random pictures scored by `fcclip score cityscapes` and by Cityscapes' own scripts; all numbers must agree.

cityscapes_random.py FCCLIP [--cases N] [--seed S] [--keep FOLDER]
Needs numpy, Pillow and cityscapesscripts (2.2.4 and 2.3.0 agree). Cases hold groups, void, caravans, truths below
100 pixels, tied confidences, several masks of one truth, empty masks, classes that are not scored, pictures without
instances."""

import argparse
import contextlib
import io
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

if not hasattr(np, "in1d"):
    setattr(np, "in1d", np.isin)  # the scripts use what NumPy 2.4 took away

import cityscapesscripts.evaluation.evalInstanceLevelSemanticLabeling as instance_tool
import cityscapesscripts.evaluation.evalPixelLevelSemanticLabeling as pixel_tool

instance_tool.writeDict2JSON = lambda *_: None  # matches.json, in which 2.3.0 stumbles over NumPy's numbers

STUFF = (0, 1, 3, 4, 7, 8, 9, 11, 12, 17, 19, 20, 21, 22, 23)
THINGS = (24, 25, 26, 27, 28, 29, 30, 31, 32, 33)
SCORED = (24, 25, 26, 27, 28, 31, 32, 33)
Mask = tuple[npt.NDArray[np.bool_], int, float]


def random_box(rng: np.random.Generator, height: int, width: int, largest: int) -> tuple[slice, slice]:
    """A box that may reach over the border."""
    h, w = (int(x) for x in rng.integers(1, largest, 2))
    top, left = int(rng.integers(-h // 2, height)), int(rng.integers(-w // 2, width))
    return slice(max(0, top), max(0, top + h)), slice(max(0, left), max(0, left + w))


def random_truth(rng: np.random.Generator, height: int,
                 width: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """instanceIds and labelIds of a picture."""
    ids = np.zeros((height, width), np.int32)
    for _ in range(rng.integers(1, 8)):
        ids[random_box(rng, height, width, height)] = rng.choice(STUFF)
    chosen = rng.choice(THINGS, rng.integers(1, 4))
    for number in range(rng.integers(0, 14)):
        label = int(rng.choice(chosen))
        is_group = rng.random() < 0.2
        ids[random_box(rng, height, width, 40)] = label if is_group else label * 1000 + number
    return ids, np.where(ids >= 1000, ids // 1000, ids).astype(np.uint8)


def random_masks(rng: np.random.Generator, ids: npt.NDArray[np.int32]) -> list[Mask]:
    """(mask, label id, confidence) triples: true regions moved, cut and doubled; boxes anywhere."""
    height, width = ids.shape
    found: list[Mask] = []
    for value in np.unique(ids):
        label = value if value < 1000 else value // 1000
        if label not in THINGS:
            continue
        for _ in range(rng.integers(0, 4)):
            mask = np.roll(ids == value, rng.integers(-2, 3, 2), (0, 1))
            if rng.random() < 0.3:
                mask = mask & (rng.random(ids.shape) < 0.8)
            named = label if rng.random() < 0.9 else rng.choice(SCORED)
            found.append((mask, int(named), confidence(rng)))
    for _ in range(rng.integers(1, 8)):
        mask = np.zeros((height, width), bool)
        mask[random_box(rng, height, width, 30)] = True
        near = [label for _, label, _ in found] or SCORED
        label = rng.choice(near if rng.random() < 0.7 else SCORED + (7, 29, -1))
        found.append((mask, int(label), confidence(rng)))
    order = rng.permutation(len(found))
    return [found[i] for i in order]


def confidence(rng: np.random.Generator) -> float:
    """Often one that others have too."""
    return float(rng.choice([0.25, 0.5, 0.75])) if rng.random() < 0.5 else float(rng.random())


def random_labels(rng: np.random.Generator, labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Label ids moved, with boxes over them."""
    answer: npt.NDArray[np.uint8] = np.roll(labels, rng.integers(-3, 4, 2), (0, 1))
    for _ in range(rng.integers(0, 6)):
        answer[random_box(rng, labels.shape[0], labels.shape[1], 30)] = rng.choice(STUFF + THINGS)
    return answer


def save_mask(rng: np.random.Generator, path: pathlib.Path, mask: npt.NDArray[np.bool_]) -> None:
    """Of 1 bit or of 8, 1 or 255 inside."""
    if rng.random() < 0.3:
        Image.fromarray(mask).save(path)  # 1 bit
    else:
        Image.fromarray((mask * int(rng.choice([1, 255]))).astype(np.uint8)).save(path)


def write_case(rng: np.random.Generator, folder: pathlib.Path) -> None:
    """Truth and predictions in the official layouts: gtFine, instances, semantic."""
    for name in ("gtFine/val/town", "instances", "semantic"):
        (folder / name).mkdir(parents=True)
    height, width = (int(x) for x in rng.integers(32, 128, 2))
    for number in range(rng.integers(1, 5)):
        name = f"town_{number:06d}_000019"
        ids, labels = random_truth(rng, height, width)
        truth = folder / "gtFine/val/town" / f"{name}_gtFine"
        Image.fromarray(ids.astype(np.uint16)).save(f"{truth}_instanceIds.png")
        Image.fromarray(labels).save(f"{truth}_labelIds.png")
        Image.fromarray(random_labels(rng, labels)).save(folder / "semantic" / f"{name}_pred.png")
        lines = []
        for index, (mask, label, score) in enumerate(random_masks(rng, ids)):
            file = f"{name}_{index}.png"
            save_mask(rng, folder / "instances" / file, mask)
            lines.append(f"{file} {label} {score}\n")
        (folder / "instances" / f"{name}_pred.txt").write_text("".join(lines))


def official_instances(folder: pathlib.Path, truths: list[pathlib.Path]) -> dict[str, Any]:
    """AP and AP50, by class and by overlap."""
    args = instance_tool.args
    args.predictionPath, args.predictionWalk = str(folder / "instances"), None
    args.gtInstancesFile, args.JSONOutput, args.quiet = str(folder / "gtInstances.json"), False, True
    files = [str(path) for path in truths]
    predictions = [instance_tool.getPrediction(path, args) for path in files]
    result = instance_tool.evaluateImgLists(predictions, files, args)
    return {"AP": result["averages"]["allAp"], "AP50": result["averages"]["allAp50%"],
            "classes": result["averages"]["classes"], "ap_class_x_overlap": result["resultApMatrix"][0],
            "overlaps": result["overlaps"], "labels": result["instLabels"]}


def official_semantic(folder: pathlib.Path, truths: list[pathlib.Path]) -> dict[str, Any]:
    """IoU and iIoU of classes and categories."""
    args = pixel_tool.args
    args.predictionPath, args.predictionWalk = str(folder / "semantic"), None
    args.JSONOutput, args.quiet, args.evalLabels = False, True, []
    files = [str(path).replace("instanceIds", "labelIds") for path in truths]
    predictions = [pixel_tool.getPrediction(args, path) for path in files]
    result = pixel_tool.evaluateImgLists(predictions, files, args)
    return {key: result[key] for key in ("averageScoreClasses", "averageScoreInstClasses", "averageScoreCategories",
                                         "averageScoreInstCategories", "classScores", "classInstScores",
                                         "categoryScores", "categoryInstScores")}


def official(folder: pathlib.Path) -> dict[str, Any]:
    """What the scripts say; of the instances None where they fail: a class with truth whose predictions all are
    excused makes them index an empty array."""
    truths = sorted((folder / "gtFine").rglob("*_instanceIds.png"))
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # means of nothing
        semantic = official_semantic(folder, truths)
        try:
            return {"instance": official_instances(folder, truths), "semantic": semantic}
        except IndexError:
            return {"instance": None, "semantic": semantic}


def differences(got: Any, want: Any, where: str = "") -> Iterator[str]:
    """Places where two trees of numbers differ by more than rounding."""
    if isinstance(want, dict):
        for key, value in want.items():
            yield from differences(got.get(key, "missing"), value, f"{where}.{key}")
    elif isinstance(want, (list, tuple, np.ndarray)):
        for index, value in enumerate(want):
            yield from differences(got[index], value, f"{where}[{index}]")
    elif isinstance(want, (float, np.floating)) and math.isnan(want):
        if got is not None:
            yield f"{where}: {got}, expected null"
    elif isinstance(want, (float, int, np.number)):
        if not isinstance(got, (float, int)) or abs(got - want) > 1e-12:
            yield f"{where}: {got}, expected {want}"
    elif got != want:
        yield f"{where}: {got}, expected {want}"


def check(program: pathlib.Path, folder: pathlib.Path) -> tuple[list[str], bool]:
    """What differs, and whether the official script failed."""
    command = [program, "score", "cityscapes", folder / "gtFine", "--instances", folder / "instances", "--semantic",
               folder / "semantic", "--json"]
    finished = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if finished.returncode != 0:
        return [finished.stderr.strip()], False
    want = official(folder)
    got = json.loads(finished.stdout)
    failed = want["instance"] is None
    if failed:
        want.pop("instance")
    return list(differences(got, want)), failed


def main() -> None:
    """As the options say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="leave the cases here")
    arguments = parser.parse_args()
    program, failed = pathlib.Path(arguments.program).resolve(), 0
    for case in range(arguments.cases):
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(arguments.keep or scratch).resolve() / f"case{case}"
            write_case(np.random.default_rng(arguments.seed + case), folder)
            wrong, has_failed = check(program, folder)
            failed += has_failed
            if wrong:
                sys.exit(f"seed {arguments.seed + case}: " + "; ".join(wrong[:5]))
    without = f" ({failed} without AP: the official script failed)" if failed else ""
    print(f"{arguments.cases} random cases agree{without}")


if __name__ == "__main__":
    main()
