#!/usr/bin/env python3
"""The paper's tables in miniature: a model on fresh scenes of the world.

evaluate_mini.py FCCLIP MODEL -o FOLDER [--scenes 500] [--seeds 3] [--inputs 384,576,768] [--pictures known,held-out] [--oracles]

For every kind of picture and seed scenes by `fcclip synth`; for every size of the network's input scores by `fcclip eval
--classifier all` (in-vocabulary only, out-of-vocabulary only, ensemble from one run of the network). Finished sets are not
repeated. Prints Markdown, means over the seeds with the spread behind ±."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import statistics
import subprocess

CLASSIFIERS = {"in": "in-vocabulary only", "out": "out-of-vocabulary only", "ensemble": "ensemble"}
GROUPS = {"All": "all", "Seen": "seen", "Unseen": "unseen"}


def scenes_of(arguments, pictures, seed):
    scenes = arguments.output / f"{pictures}-{seed}" / "scenes"
    if not (scenes / "panoptic.json").exists():
        subprocess.run([arguments.program, "synth", "--overwrite", "--world", arguments.world, "-o", scenes, "--count", str(arguments.scenes),
                        "--size", str(arguments.scene_size), "--seed", str(1000 + seed), "--concepts", "all",
                        "--pictures", pictures], check=True)
    return scenes


def scores_of(arguments, pictures, side, seed, oracle="none"):
    scenes = scenes_of(arguments, pictures, seed)
    result = scenes.parent / f"scores-{side}-{oracle}.json"
    if result.exists():
        return json.loads(result.read_text())
    run = scenes.parent / f"run-{side}-{oracle}"
    shutil.rmtree(run, ignore_errors=True)
    evaluated = subprocess.run(
        [arguments.program, "eval", "--model", arguments.model, "--images", scenes / "images",
         "--panoptic-json", scenes / "panoptic.json", "--task", "panoptic,semantic", "--classifier", "all", "--json",
         "--short-side", str(side), "--max-side", str(4 * side), "--oracle", oracle, "--no-predictions",
         "--threads", "1", "-o", run],
        check=True, stdout=subprocess.PIPE, text=True)
    temporary = result.with_suffix(".tmp")
    temporary.write_text(evaluated.stdout)
    temporary.rename(result)
    return json.loads(evaluated.stdout)


def values(runs, path):
    found = []
    for scores in runs:
        for key in path:
            scores = scores[key] if scores is not None else None
        if scores is not None:
            found.append(scores)
    return found


def cell(numbers):
    if not numbers:
        return "–"
    if len(numbers) == 1:
        return f"{numbers[0]:.1f}"
    return f"{statistics.mean(numbers):.1f} ± {statistics.stdev(numbers):.1f}"


def fill(make, arguments, sets):
    """One single-threaded run a core: faster than one run with all threads."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda one: make(arguments, *one), sets))


def table(arguments, pictures, side):
    runs = [scores_of(arguments, pictures, side, seed) for seed in range(arguments.seeds)]
    lines = [f"\n**{pictures} pictures, input {side}×{side}**\n",
             "| | PQ all | PQ seen | PQ unseen | mIoU all | mIoU seen | mIoU unseen |",
             "|---|---|---|---|---|---|---|"]
    for classifier, title in CLASSIFIERS.items():
        blocks = [scores[classifier] for scores in runs]
        cells = [cell(values(blocks, ["panoptic", group, "pq"])) for group in GROUPS]
        cells += [cell(values(blocks, ["semantic", group, "mIoU"])) for group in GROUPS]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    blocks = [scores["ensemble"] for scores in runs]
    lines.append(f"\nMasks alone (all names taken as right): PQ {cell(values(blocks, ['panoptic', 'class_agnostic', 'pq']))}.")
    if arguments.oracles:
        for oracle, title in {"masks": "True masks, the model's names", "names": "The model's masks, true names"}.items():
            block = scores_of(arguments, pictures, side, 0, oracle)["ensemble"]
            groups = ", ".join(f"{name} {cell(values([block], ['panoptic', group, 'pq']))}" for group, name in GROUPS.items())
            lines.append(f"{title} (first seed): PQ {groups}.")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    parser.add_argument("--scenes", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--scene-size", type=int, default=256)
    parser.add_argument("--inputs", default="384,576,768", help="sides the scenes are resized to; the first is that of training")
    parser.add_argument("--pictures", default="known,held-out")
    parser.add_argument("--oracles", action="store_true", help="also with true masks, and with true names")
    parser.add_argument("--world", default=pathlib.Path(os.environ.get("FCCLIP_WORLD_CACHE") or ".cache/world") / "world.safetensors")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    pictures = arguments.pictures.split(",")
    seeds = range(arguments.seeds)
    fill(scenes_of, arguments, [(picture, seed) for picture in pictures for seed in seeds])
    kinds = [(picture, int(side)) for picture in pictures for side in arguments.inputs.split(",")]
    fill(scores_of, arguments, [kind + (seed,) for kind in kinds for seed in seeds])
    if arguments.oracles:
        fill(scores_of, arguments, [kind + (0, oracle) for kind in kinds for oracle in ("masks", "names")])
    text = "\n".join(table(arguments, *kind) for kind in kinds)
    (arguments.output / "table.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
