#!/usr/bin/env python3
"""Holds what fcclip reads from every configuration of the reference to what the file's name promises.

    FCCLIP_REFERENCE_CONFIGS=fc-clip/configs python3 scripts/check_reference_yaml.py BUILD_FOLDER

The files are not part of this project: the variable names the folder `configs` of a checkout. A file's name tells its
CLIP (…_r50x4.yaml, else convnext_large_d_320) and its data set (…_eval_cityscapes…); what has no such name is the
Mask2Former on which the others build, and must be refused.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib

# Name in the file -> open_clip's name, embedding.
CLIPS = {"r50": ("RN50", 1024), "r101": ("RN101", 512), "r50x4": ("RN50x4", 640), "r50x16": ("RN50x16", 768),
         "r50x64": ("RN50x64", 1024), "": ("convnext_large_d_320", 768)}
# Data set -> tasks, shorter and longer side.
SETS = {"ade20k": ("panoptic, instance, semantic", 800, 1333), "coco": ("panoptic, instance, semantic", 800, 1333),
        "cityscapes": ("panoptic, instance, semantic", 1024, 2560), "mapillary_vistas": ("panoptic, semantic", 1024, 2560),
        "a847": ("semantic", 800, 1333), "pc59": ("semantic", 800, 1333), "pc459": ("semantic", 800, 1333),
        "pas20": ("semantic", 800, 1333), "pas21": ("semantic", 800, 1333)}
# The name that `fcclip eval` knows, where it is another.
NAMES = {"ade20k": "ade20k_150", "coco": "coco_panoptic", "a847": "ade20k_847", "pc59": "pascal_context_59",
         "pc459": "pascal_context_459", "pas20": "voc20", "pas21": "voc21"}
NAME = re.compile(rf"fcclip_convnext_large_eval_({'|'.join(SETS)})(?:_(r[0-9x]+))?\.yaml")
# The recipe that all of them share, with detectron2's names turned into those of `fcclip train`.
RECIPE = {"run.batch": 16, "optimizer.learning_rate": 1e-4, "optimizer.weight_decay": 0.05, "optimizer.clip_norm": 0.01,
          "schedule.kind": "steps", "schedule.steps": 368750, "schedule.warmup_steps": 10, "schedule.warmup_share": 1.0,
          "schedule.gamma": 0.1, "augment.crop_size": 1024, "augment.min_scale": 0.1, "augment.max_scale": 2.0,
          "augment.flip": True, "loss.class_weight": 2.0, "loss.mask_weight": 5.0, "loss.dice_weight": 5.0,
          "loss.void_weight": 0.1, "loss.points": 12544, "loss.oversample_ratio": 3.0, "loss.importance_ratio": 0.75,
          "model.queries": 250, "model.decoder_layers": 9, "model.encoder_layers": 6, "model.hidden_dim": 256,
          "model.alpha": 0.4, "model.beta": 0.8, "model.object_mask_threshold": 0.0, "model.overlap_threshold": 0.8,
          "data.kind": "panoptic", "data.name": "coco_panoptic", "augment.mapper": "lsj", "optimizer.kind": "adamw",
          "run.precision": "auto", "run.evaluate_every": 5000}


def run(program: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def different(got: dict[str, object], want: dict[str, object]) -> list[str]:
    return [f"{key} is {got.get(key)!r}, not {value!r}" for key, value in want.items() if got.get(key) != value]


def model_problems(program: pathlib.Path, path: pathlib.Path, data_set: str, clip: str) -> list[str]:
    finished = run(program, "info", str(path), "--json")
    if finished.returncode or finished.stderr:
        return [finished.stderr.strip()]
    told = json.loads(finished.stdout)
    config = told["config"]
    name, embed_dim = CLIPS[clip]
    tasks, short_side, max_side = SETS[data_set]
    resnet = bool(clip)
    got = {"name": config["name"], "tower": config["clip"]["tower"], "embed_dim": config["clip"]["embed_dim"],
           "quick_gelu": config["clip"]["text"]["quick_gelu"], "valid": config["ensemble"]["only_valid_masks"],
           "alpha": config["ensemble"]["alpha"], "beta": config["ensemble"]["beta"],
           "object": config["panoptic"]["object_mask_threshold"], "overlap": config["panoptic"]["overlap_threshold"],
           "top_k": config["instances"]["top_k"], "queries": config["mask_decoder"]["queries"],
           "layers": config["mask_decoder"]["layers"], "short": config["pixels"]["short_side"],
           "max": config["pixels"]["max_side"], "divisor": config["pixels"]["size_divisor"],
           "mean": config["pixels"]["mean"], "std": config["pixels"]["std"], "tasks": told["tasks"],
           "words": config["training_vocabulary"]["name"]}
    return different(got, {
        "name": name, "tower": "resnet" if resnet else "convnext", "embed_dim": embed_dim, "quick_gelu": resnet,
        "valid": resnet, "alpha": 0.4, "beta": 0.8, "object": 0.0, "overlap": 0.8, "top_k": 100, "queries": 250,
        "layers": 9, "short": short_side, "max": max_side, "divisor": 32,
        "mean": [122.7709383, 116.7460125, 104.09373615], "std": [68.5005327, 66.6321579, 70.32316305],
        "tasks": tasks, "words": "coco_panoptic_133"})


def recipe_problems(program: pathlib.Path, path: pathlib.Path, data_set: str, clip: str) -> list[str]:
    finished = run(program, "train", "--from-yaml", str(path), "--print-config")
    if finished.returncode or finished.stderr:
        return [finished.stderr.strip()]
    settings = tomllib.loads(finished.stdout)
    got = {f"{section}.{key}": value for section, table in settings.items() for key, value in table.items()}
    _, short_side, max_side = SETS[data_set]
    want = RECIPE | {"model.name": f"fcclip_{CLIPS[clip][0]}", "model.short_side": short_side, "model.max_side": max_side,
                     "evaluation.kind": "panoptic" if "panoptic" in SETS[data_set][0] else "semantic",
                     "evaluation.name": NAMES.get(data_set, data_set)}
    milestones = [round(share * 368750) for share in settings["schedule"]["milestones"]]
    return different(got, want) + different({"milestones": milestones}, {"milestones": [327778, 355092]})


def refusal_problems(program: pathlib.Path, path: pathlib.Path) -> list[str]:
    finished = run(program, "info", str(path))
    line = finished.stderr.strip()
    right = finished.returncode == 1 and "MODEL." in line and str(path.parent) in line and "can be used here" in line
    return [] if right else [f"expected a refusal that names key and file, got: {line or finished.stdout}"]


def main() -> int:
    folder = os.environ.get("FCCLIP_REFERENCE_CONFIGS", "")
    paths = sorted(pathlib.Path(folder).rglob("*.yaml")) if folder else []
    if not paths or len(sys.argv) != 2:
        print("check_reference_yaml: FCCLIP_REFERENCE_CONFIGS=fc-clip/configs, and the build folder as argument",
              file=sys.stderr)
        return 2
    program = pathlib.Path(sys.argv[1]).resolve() / "bin" / "fcclip"
    failed = 0
    for path in paths:
        match = NAME.fullmatch(path.name)
        if match:
            data_set, clip = match[1], match[2] or ""
            problems = model_problems(program, path, data_set, clip) + recipe_problems(program, path, data_set, clip)
            kind = f"{CLIPS[clip][0]} on {data_set}"
        else:
            problems, kind = refusal_problems(program, path), "not FC-CLIP: refused"
        print(f"{path.name}: {kind}: {'; '.join(problems) if problems else 'ok'}")
        failed += bool(problems)
    print(f"{len(paths)} files, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
