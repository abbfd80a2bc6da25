#!/usr/bin/env python3
"""Records what the reference's mask_former mappers make of a small picture, with the numbers they drew.

    python record_mappers.py DETECTRON2 FC_CLIP mappers.safetensors

The folders are checkouts of both; Python needs torch, opencv-python-headless, Pillow, fvcore, pycocotools. What the
mappers do not use of detectron2 (compiled parts, torchvision) is replaced by nothing.
"""

import importlib.util
import json
import pathlib
import random
import sys
import tempfile
from types import SimpleNamespace
from unittest import mock

import numpy as np

HEIGHT, WIDTH, PAD, IGNORE = 40, 52, 48, 255
SIDES, CROPS = (30, 40, 57), {"panoptic": ("absolute", (32, 36)), "semantic": ("relative_range", (0.5, 0.7)),
                              "instance": ("absolute_range", (20, 40))}


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


class Recorder:
    """Python's random, with its answers in a list."""

    def __init__(self):
        self.drawn = []

    def __getattr__(self, name):
        def draw(*arguments):
            self.drawn.append(getattr(random, name)(*arguments))
            return self.drawn[-1]
        return draw


def colours(drawn):
    """The answers in the order in which ColorAugSSDTransform asks: brightness, contrast first, contrast, …"""
    drawn = iter(drawn)

    def maybe():
        return next(drawn) if next(drawn) else None
    shift = {"brightness": maybe(), "contrast_first": bool(next(drawn))}
    for name in ("contrast", "saturation", "hue") if shift["contrast_first"] else ("saturation", "hue", "contrast"):
        shift[name] = maybe()
    return {name: value for name, value in shift.items() if value is not None}


def save(path, tensors, notes):
    header, data = {"__metadata__": {"cases": json.dumps(notes)}}, b""
    kinds = {"uint8": "U8", "int32": "I32"}
    for name, array in tensors.items():
        header[name] = {"dtype": kinds[str(array.dtype)], "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + array.nbytes]}
        data += np.ascontiguousarray(array).tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(len(text).to_bytes(8, "little") + text + data)


def main():
    detectron2, fc_clip, target = map(pathlib.Path, sys.argv[1:4])
    sys.path.insert(0, str(detectron2))
    for name in ("torchvision", "torchvision.ops", "torchvision.ops.boxes", "torchvision.transforms", "detectron2._C"):
        sys.modules[name] = mock.MagicMock(__version__="0.15.0")
    colour = load("colour", detectron2 / "projects/PointRend/point_rend/color_augmentation.py")
    sys.modules["detectron2.projects"] = mock.MagicMock()
    sys.modules["detectron2.projects.point_rend"] = SimpleNamespace(ColorAugSSDTransform=colour.ColorAugSSDTransform)
    ids_of = SimpleNamespace(rgb2id=lambda c: c[..., 0] + 256 * c[..., 1].astype(int) + 65536 * c[..., 2].astype(int))
    sys.modules["panopticapi"] = mock.MagicMock()
    sys.modules["panopticapi.utils"] = ids_of
    from detectron2.data import transforms as T
    from PIL import Image
    from pycocotools import mask as runs

    package = "mappers"
    sys.modules[package] = mock.MagicMock(__path__=[])
    mappers = {}
    for kind in ("semantic", "panoptic", "instance"):
        name = f"{package}.mask_former_{kind}_dataset_mapper"
        module = load(name, fc_clip / f"fcclip/data/dataset_mappers/mask_former_{kind}_dataset_mapper.py")
        mappers[kind] = getattr(module, f"MaskFormer{kind.capitalize()}DatasetMapper")

    y, x = np.mgrid[:HEIGHT, :WIDTH]
    rgb = np.stack([(x * 9 + y * 3) % 256, (y * 11) % 256, 128 + 100 * np.sin((x + 2 * y) / 6)], 2).astype(np.uint8)
    ids = (1 + (x > 30) + 2 * (y > 22)).astype(np.int32)
    ids[5:12, 8:20] = 5
    ids[30:, 44:] = 0
    classes = {1: 3, 2: 7, 3: 3, 4: 9, 5: 1}
    labels = np.full(ids.shape, IGNORE, np.uint8)
    for number, klass in classes.items():
        labels[ids == number] = klass
    tensors, notes = {"rgb": rgb, "ids": ids, "labels": labels}, []
    folder = pathlib.Path(tempfile.mkdtemp())
    Image.fromarray(rgb).save(folder / "a.png")
    Image.fromarray(labels).save(folder / "labels.png")
    Image.fromarray(np.stack([ids, 0 * ids, 0 * ids], 2).astype(np.uint8)).save(folder / "ids.png")

    for kind, mapper_class in mappers.items():
        crop_type, crop_size = CROPS[kind]
        for seed in range(4):
            cut = (T.RandomCrop(crop_type, crop_size) if kind == "instance" else
                   T.RandomCrop_CategoryAreaConstraint(crop_type, crop_size, 0.75, IGNORE))
            augmentations = [T.ResizeShortestEdge(SIDES, 70, "choice"), cut, colour.ColorAugSSDTransform("RGB"),
                             T.RandomFlip()]
            extra = {} if kind == "instance" else {"ignore_label": IGNORE}
            mapper = mapper_class(True, augmentations=augmentations, image_format="RGB", size_divisibility=PAD, **extra)
            entry = {"file_name": str(folder / "a.png"), "height": HEIGHT, "width": WIDTH}
            if kind == "instance":
                entry["annotations"] = [{"category_id": klass, "iscrowd": 0, "bbox": [0, 0, 1, 1], "bbox_mode": 0,
                                         "segmentation": runs.encode(np.asfortranarray(ids == number).astype(np.uint8))}
                                        for number, klass in classes.items()]
            else:
                entry["sem_seg_file_name"] = str(folder / "labels.png")
            if kind == "panoptic":
                entry["pan_seg_file_name"] = str(folder / "ids.png")
                entry["segments_info"] = [{"id": number, "category_id": klass, "iscrowd": 0}
                                          for number, klass in classes.items()]
            np.random.seed(100 * seed + 7)
            random.seed(seed)
            colour.random = Recorder()
            done = []
            apply = T.apply_transform_gens
            with mock.patch.object(T, "apply_transform_gens", lambda g, i: done.append(apply(g, i)) or done[-1]):
                out = mapper(entry)
            resize, crop, _, flip = done[0][1].transforms
            name = f"{kind}{seed}"
            notes.append({"name": name, "kind": kind, "size": [resize.new_h, resize.new_w],
                          "crop": [crop.y0, crop.x0, crop.h, crop.w], "colours": colours(colour.random.drawn),
                          "flip": type(flip).__name__ == "HFlipTransform", "pad": PAD,
                          "classes": out["instances"].gt_classes.tolist()})
            tensors[name + ".rgb"] = out["image"].numpy().transpose(1, 2, 0)
            masks = out["instances"].gt_masks.numpy()
            tensors[name + ".masks"] = np.packbits(masks.astype(bool), axis=2)
    save(target, tensors, notes)


if __name__ == "__main__":
    main()
