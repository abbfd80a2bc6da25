#!/usr/bin/env python3
"""Times `fcclip score cityscapes` beside Cityscapes' own scripts on synthetic streets, numbers compared first.

cityscapes.py FCCLIP [--images 50] [--runs 3] [--keep FOLDER]
Each side runs as one process a task, in turns; wall time, CPU time and peak memory of the whole process are read from
the system. Needs numpy, Pillow and cityscapesscripts 2.2.4."""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

HEIGHT, WIDTH = 1024, 2048
SCORED = (24, 25, 26, 27, 28, 31, 32, 33)
DIFFERENTIAL = pathlib.Path(__file__).resolve().parent.parent.parent / "tests" / "differential"
OFFICIAL = """
import contextlib, io, json, os, pathlib, sys
sys.path.insert(0, sys.argv[1])
import cityscapes_random as tools
folder = pathlib.Path(sys.argv[2]); os.chdir(folder)
(folder / "gtInstances.json").unlink(missing_ok=True)  # the scripts would read their work of the last run
truths = sorted((folder / "gtFine").rglob("*_instanceIds.png"))
with contextlib.redirect_stdout(io.StringIO()):
    scores = getattr(tools, "official_" + sys.argv[3])(folder, truths)
print(json.dumps(scores, default=float))
"""


def street(rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """instanceIds of a picture: sky, buildings, road, sidewalk, and 25 ellipses of things; some are groups."""
    picture = Image.new("I", (WIDTH, HEIGHT), 23)
    canvas = ImageDraw.Draw(picture)
    for top, label in ((200, 11), (500, 8), (620, 7), (980, 1)):
        canvas.rectangle([0, top, WIDTH, HEIGHT], fill=label)
    for number in range(25):
        w, h = (int(x) for x in rng.integers(10, 300, 2))
        x, y = int(rng.integers(0, WIDTH - w)), int(rng.integers(300, 900))
        label = int(rng.choice(SCORED))
        canvas.ellipse([x, y, x + w, y + h], fill=label if rng.random() < 0.1 else label * 1000 + number)
    return np.array(picture, np.int32)


def write(folder: pathlib.Path, count: int) -> None:
    """Truth and predictions in the official layouts; two masks of each thing."""
    for name in ("gtFine/val/town", "instances", "semantic"):
        (folder / name).mkdir(parents=True)
    for index in range(count):
        rng = np.random.default_rng(index)
        name = f"town_{index:06d}_000019"
        ids = street(rng)
        labels = np.where(ids >= 1000, ids // 1000, ids).astype(np.uint8)
        truth = folder / "gtFine/val/town" / f"{name}_gtFine"
        Image.fromarray(ids.astype(np.uint16)).save(f"{truth}_instanceIds.png")
        Image.fromarray(labels).save(f"{truth}_labelIds.png")
        Image.fromarray(np.roll(labels, (3, 3), (0, 1))).save(folder / "semantic" / f"{name}_pred.png")
        lines: list[str] = []
        for value in np.unique(ids[ids >= 24]):
            for copy in range(2):
                mask = np.roll(ids == value, rng.integers(-8, 9, 2), (0, 1))
                file = f"{name}_{len(lines)}.png"
                Image.fromarray(mask.astype(np.uint8) * 255).save(folder / "instances" / file)
                label = value // 1000 if value >= 1000 else value
                lines.append(f"{file} {label} {rng.random()}\n")
        (folder / "instances" / f"{name}_pred.txt").write_text("".join(lines))


def timed(command: list[str]) -> tuple[str, float, float, float]:
    """Standard output, wall seconds, CPU seconds, peak MiB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, command
    return output, time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def compare(program: pathlib.Path, folder: pathlib.Path, task: str, runs: int) -> None:
    """Prints the medians of both sides, in turns."""
    sys.path.insert(0, str(DIFFERENTIAL))
    from cityscapes_random import differences
    flag, key = {"instances": ("--instances", "instance"), "semantic": ("--semantic", "semantic")}[task]
    commands: dict[str, list[object]] = {
        "fcclip": [program, "score", "cityscapes", folder / "gtFine", flag, folder / task, "--json"],
        "official": [sys.executable, "-W", "ignore", "-c", OFFICIAL, DIFFERENTIAL, folder, task]}
    rows: dict[str, list[list[float]]] = {side: [] for side in commands}
    for _ in range(runs):
        answers = {}
        for side, command in commands.items():
            output, *numbers = timed(list(map(str, command)))
            answers[side] = json.loads(output.strip().splitlines()[-1] if side == "official" else output)
            rows[side].append(numbers)
        wrong = list(differences(answers["fcclip"][key], answers["official"]))
        assert not wrong, wrong[:5]
    medians = {side: np.median(np.array(values), axis=0) for side, values in rows.items()}
    for side, (wall, cpu, memory) in medians.items():
        print(f"{task:10s} {side:9s} wall {wall:7.2f} s   CPU {cpu:7.2f} s   peak {memory:6.0f} MiB")
    ratios = medians["official"] / medians["fcclip"]
    print(f"{task:10s} ratio     wall {ratios[0]:.1f}x   CPU {ratios[1]:.1f}x")


def main() -> None:
    """As the options say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--images", type=int, default=50)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(arguments.keep or scratch).resolve()
        folder.mkdir(exist_ok=True)
        if not (folder / "gtFine").exists():
            write(folder, arguments.images)
        for task in ("instances", "semantic"):
            compare(pathlib.Path(arguments.program).resolve(), folder, task, arguments.runs)


if __name__ == "__main__":
    main()
