"""Every file that the page offers is opened with its own tools."""

import io
import json
import zipfile

import numpy as np
from PIL import Image
from playwright.sync_api import expect
from pycocotools.coco import COCO

NAMES = {"backpack", "bat", "christmas tree", "ladybug", "person meditating", "rock", "sailboat", "wood"}


def test_overlay(user):
    name, data = user.downloads("overlay")
    assert name.endswith(".png")
    picture = Image.open(io.BytesIO(data))
    picture.load()
    assert picture.width / picture.height == 640 / 480


def test_coco_panoptic(user):
    name, data = user.downloads("panoptic")
    assert name == "example.panoptic.zip"
    files = zipfile.ZipFile(io.BytesIO(data))
    png = next(one for one in files.namelist() if one.endswith(".png"))
    about = json.loads(files.read(next(one for one in files.namelist() if one.endswith(".json"))))
    rgb = np.array(Image.open(io.BytesIO(files.read(png))).convert("RGB")).astype(int)
    ids = rgb @ [1, 256, 65536]
    assert ids.shape == (480, 640)
    text = json.dumps(about)
    assert all(name in text for name in NAMES)
    annotation = about["annotations"][0] if "annotations" in about else about
    for segment in annotation["segments_info"]:
        assert (ids == segment["id"]).sum() == segment["area"] > 0


def test_coco_instances(user, tmp_path):
    name, data = user.downloads("coco")
    assert name.endswith(".json")
    (tmp_path / name).write_bytes(data)
    coco = COCO(str(tmp_path / name))
    assert len(coco.imgs) == 1
    found = {coco.cats[one["category_id"]]["name"] for one in coco.anns.values()}
    assert {"bat", "ladybug"} <= found <= NAMES
    for one in coco.anns.values():
        mask = coco.annToMask(one)
        assert mask.shape == (480, 640) and abs(int(mask.sum()) - one["area"]) < 0.1 * one["area"] + 50


def test_labelme(user):
    name, data = user.downloads("labelme")
    about = json.loads(data)
    assert (about["imageWidth"], about["imageHeight"]) == (640, 480)
    assert {shape["label"] for shape in about["shapes"]} == NAMES
    assert all(shape["shape_type"] == "polygon" and len(shape["points"]) >= 3 for shape in about["shapes"])


def test_yolo(user):
    name, data = user.downloads("yolo")
    files = zipfile.ZipFile(io.BytesIO(data)) if name.endswith(".zip") else None
    text = data if files is None else files.read(next(one for one in files.namelist() if one.endswith(".txt")))
    lines = [line.split() for line in text.decode().splitlines()]
    assert len(lines) >= 6
    for kind, *outline in lines:
        assert 0 <= int(kind) < 8 and len(outline) >= 6 and len(outline) % 2 == 0
        assert all(0 <= float(value) <= 1 for value in outline)


def test_geojson(user):
    name, data = user.downloads("geojson")
    assert name.endswith(".geojson")
    about = json.loads(data)
    assert about["type"] == "FeatureCollection"
    assert len(about["features"]) == 8
    for feature in about["features"]:
        assert feature["geometry"]["type"] in ("Polygon", "MultiPolygon")
        polygons = feature["geometry"]["coordinates"]
        rings = polygons if feature["geometry"]["type"] == "Polygon" else [ring for polygon in polygons for ring in polygon]
        assert all(ring[0] == ring[-1] and len(ring) >= 4 for ring in rings)


def test_downloads_follow_the_words(user):
    user.removes_all_words()
    user.types("ladybug, rock,")
    expect(user.rows).to_have_count(2)
    _, data = user.downloads("labelme")
    assert {shape["label"] for shape in json.loads(data)["shapes"]} == {"ladybug", "rock"}
