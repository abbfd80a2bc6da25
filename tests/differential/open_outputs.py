#!/usr/bin/env python3
"""What `fcclip segment --write` leaves, opened with the tools that it is meant for.

open_outputs.py FCCLIP MODEL [--picture FILE]
Needs numpy, Pillow and pycocotools; labelme and supervision open their files where they are importable, else that is
said. Masks must come back as they were predicted, those of outlines up to the pixels that the outline touches."""

import argparse
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image, ImageDraw
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

# Words of the example scene: the bundled model finds them, an untrained one anything.
WORDS = ["bat", "rock", "wood", "ladybug", "backpack"]
KINDS = "panoptic,instances,semantic,segments,labelme,yolo,geojson,coco,cityscapes,cityscapes-instances,ade20k"


def near_border(mask):
    """Pixels with another value among their eight neighbours."""
    padded = np.pad(mask, 1, mode="edge")
    height, width = mask.shape
    shifted = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    return np.any(shifted, 0) != np.all(shifted, 0)


def touched(rings, shape):
    """Pixels that rings run through; bridges to holes run through the hole."""
    image = Image.new("L", shape[::-1])
    for ring in rings:
        points = [tuple(point) for point in ring]
        ImageDraw.Draw(image).line(points + points[:1], fill=1)
    return near_border(np.array(image) > 0) | (np.array(image) > 0)


def wrong_pixels(drawn, mask, rings=()):
    """Pixels that differ away from the outline: each tool has its own rule for those that the outline touches."""
    return int(((drawn != mask) & ~near_border(mask) & ~touched(rings, mask.shape)).sum())


class Outputs:
    """One run of the program on one picture."""

    def __init__(self, arguments, folder, untrained):
        self.picture, self.folder = pathlib.Path(arguments.picture), pathlib.Path(folder)
        command = [arguments.fcclip, "segment", self.picture, "--model", arguments.model, "--no-cache", "--quiet"]
        command += ["-c", ", ".join(WORDS), "--stuff", "rock, wood", "--min-score", "0"]
        command += ["--overlap-threshold", "0", "--tolerance", "0", "--write", KINDS, "-o", folder]
        if untrained:
            command += ["--short-side", "160"]
        subprocess.run([str(part) for part in command], check=True)
        self.ids = self.panoptic_ids()
        self.segments = self.json("panoptic.json")["annotations"][0]["segments_info"]
        if len(self.segments) < 2:
            sys.exit(f"{self.picture}: fewer than two segments of {', '.join(WORDS)}: nothing to compare")

    def path(self, ending):
        return self.folder / f"{self.picture.stem}.{ending}"

    def json(self, ending):
        return json.loads(self.path(ending).read_text())

    def image(self, ending):
        return np.array(Image.open(self.path(ending)))

    def panoptic_ids(self):
        rgb = self.image("panoptic.png").astype(np.int64)
        return rgb[..., 0] + 256 * rgb[..., 1] + 65536 * rgb[..., 2]


def check_instances(out):
    truth = COCO()
    height, width = out.ids.shape
    truth.dataset = {
        "images": [{"id": 1, "height": height, "width": width, "file_name": out.picture.name}],
        "annotations": [],
        "categories": out.json("panoptic.json")["categories"],
    }
    truth.createIndex()
    results = truth.loadRes(str(out.path("instances.json")))
    for annotation in results.loadAnns(results.getAnnIds()):
        mask = results.annToMask(annotation)
        assert mask.sum() == coco_mask.area(annotation["segmentation"]) > 0
        assert list(coco_mask.toBbox(annotation["segmentation"])) == annotation["bbox"]
    return f"{len(results.anns)} instances"


def check_polygons(out):
    """Every segment of the panoptic map through COCO's polygons."""
    coco = COCO(str(out.folder / "coco-instances.json"))
    wrong = 0
    for annotation in coco.loadAnns(coco.getAnnIds()):
        segment = out.segments[annotation["id"] - 1]
        assert annotation["area"] == segment["area"] and annotation["bbox"] == segment["bbox"]
        wrong += wrong_pixels(coco.annToMask(annotation) == 1, out.ids == segment["id"])
    assert len(coco.anns) == len(out.segments) and wrong == 0, wrong
    return f"{len(coco.anns)} segments"


def check_label_maps(out):
    semantic = out.image("semantic.png").astype(int)
    none = semantic == 255
    assert np.array_equal(out.image("ade20k.png"), np.where(none, 0, semantic + 1))
    # The ids of words of one's own count from 1.
    assert np.array_equal(out.image("labelIds.png"), np.where(none, 0, semantic + 1))
    instances = out.image("instanceIds.png").astype(int)
    for segment in out.segments:
        values = np.unique(instances[out.ids == segment["id"]])
        assert len(values) == 1
        category = values[0] // 1000 if segment["isthing"] else values[0]
        assert category == segment["category_id"], (segment, values)
    return "equal"


def check_labelme(out):
    from labelme import LabelFile
    from labelme.utils import shape_to_mask

    file = LabelFile(str(out.folder / f"{out.picture.stem}.json"))
    masks = {s["id"]: np.zeros(out.ids.shape, bool) for s in out.segments}
    for shape in file.shapes:
        masks[shape["group_id"]] |= shape_to_mask(out.ids.shape, shape["points"], shape["shape_type"])
    rings = {id: [shape["points"] for shape in file.shapes if shape["group_id"] == id] for id in masks}
    wrong = sum(wrong_pixels(masks[s["id"]], out.ids == s["id"], rings[s["id"]]) for s in out.segments)
    assert wrong == 0, wrong
    return f"{len(file.shapes)} shapes"


def check_supervision(out):
    import supervision

    data = supervision.DetectionDataset.from_coco(
        str(out.picture.parent), str(out.folder / "coco-instances.json"), force_masks=True
    )
    ((_, _, detections),) = [entry for entry in data if len(entry[2]) > 0]
    assert len(detections) == len(out.segments)
    rings = [
        [list(zip(ring[::2], ring[1::2])) for ring in annotation["segmentation"]]
        for annotation in json.loads((out.folder / "coco-instances.json").read_text())["annotations"]
    ]
    wrong = sum(wrong_pixels(detections.mask[i], out.ids == s["id"], rings[i]) for i, s in enumerate(out.segments))
    assert wrong == 0, wrong
    return f"{len(detections)} detections"


def check_supervision_yolo(out):
    import supervision

    data = supervision.DetectionDataset.from_yolo(
        str(out.picture.parent), str(out.folder), str(out.folder / "data.yaml"), force_masks=True
    )
    assert data.classes == WORDS, data.classes
    ((_, _, detections),) = [entry for entry in data if len(entry[2]) > 0]
    assert len(detections) == len(out.segments)
    return f"{len(detections)} detections"


CHECKS = [
    ("instances", check_instances, "pycocotools"),
    ("coco", check_polygons, "pycocotools"),
    ("cityscapes, ade20k", check_label_maps, "PIL"),
    ("labelme", check_labelme, "labelme"),
    ("coco", check_supervision, "supervision"),
    ("yolo", check_supervision_yolo, "supervision"),
]


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fcclip")
    parser.add_argument("model", help="a model file, or 'untrained' to make a tiny one")
    parser.add_argument("--picture", default=str(root / "examples/pictures/scene.png"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        untrained = arguments.model == "untrained"
        if untrained:
            arguments.model = f"{folder}/model.safetensors"
            subprocess.run([arguments.fcclip, "init", "--preset", "tiny", "-o", arguments.model], check=True)
        out = Outputs(arguments, f"{folder}/out", untrained)
        for kind, check, module in CHECKS:
            if importlib.util.find_spec(module) is None:
                print(f"{kind}: not opened, {module} is not installed")
                continue
            print(f"{kind}: opened with {module}: {check(out)}")


if __name__ == "__main__":
    sys.exit(main())
