"""Answers are those of `fcclip segment`, byte for byte."""

import base64
import concurrent.futures
import io
import json
import re
import zipfile

import numpy
import pytest
from PIL import Image
from support import PICTURES, SCENE, WORDS, base64_of, command_line, exactly

OF_THE_RUN = {"run.json", "run.files.jsonl", "stdout", "coco-instances.json", "data.yaml"}
EVERY_TASK = "overlay,segments,labelme,yolo,geojson,coco,crops,cutouts,masks"
OWN = {"panoptic": "panoptic", "instance": "instance", "semantic": "semantic,ade20k,cityscapes"}
QUESTIONS = {
    "plain": {"words": WORDS},
    "stuff": {"words": WORDS, "stuff": "rock"},
    "background": {"words": "bat", "background": "rock, ladybug", "task": "semantic"},
    "instances": {"words": WORDS, "task": "instance"},
    "all instances": {"words": WORDS, "task": "instance", "top_k": 20, "min_score": 0},
    "semantic": {"words": WORDS, "task": "semantic"},
    "synonyms": {"words": "bat | flying mouse, ladybug | ladybird | beetle", "next_best": 1},
    "vocabulary": {"vocabulary": "coco", "next_best": 5},
    "two vocabularies": {"vocabulary": "cityscapes+voc"},
    "training words": {},
    "thresholds": {"words": WORDS, "alpha": 0.2, "beta": 0.95, "overlap_threshold": 0.5, "object_mask_threshold": 0.1,
                   "min_score": 0.3},
    "small": {"words": WORDS, "short_side": 256, "max_side": 300},
    "outlines": {"words": WORDS, "tolerance": 0},
    "odd words": {"words": "ladybug, ナマケモノ, bät, 'quoted', <b>, 🦇"},
}


def without_place(entry, data):
    """YOLO's file names the folder that it was written to; one that is sent cannot."""
    return re.sub(rb"^(path|train|val): .*$", rb"\1", data, flags=re.MULTILINE) if entry == "data.yaml" else data


@pytest.mark.parametrize("name", QUESTIONS)
def test_json_and_every_file(server, tmp_path, name):
    compare(server, tmp_path, SCENE, QUESTIONS[name])


@pytest.mark.parametrize("name", [name if name in ("plain", "all instances", "semantic") else
                                  pytest.param(name, marks=pytest.mark.long) for name in QUESTIONS])
def test_the_same_of_a_photograph(server, tmp_path, name):
    compare(server, tmp_path, PICTURES / "coffee.jpg", QUESTIONS[name])


def compare(server, tmp_path, picture, fields):
    """The answer and every file, in JSON and in a zip, with the command line's."""
    write = f"{EVERY_TASK},{OWN[fields.get('task', 'panoptic')]}"
    answer, files = command_line(tmp_path, picture, write, **fields)

    served = server.segment(picture, write=write, **fields)
    assert served.status_code == 200, served.text
    assert exactly(served.text) == answer
    sent = {file["name"]: base64.b64decode(file["base64"]) for file in served.json()["files"]}

    zipped = server.segment(picture, {"Accept": "application/zip"}, write=write, **fields)
    assert zipped.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(zipped.content)) as archive:
        assert archive.testzip() is None
        packed = {entry: archive.read(entry) for entry in archive.namelist()}

    assert set(files) - OF_THE_RUN <= set(packed) <= set(files)
    for entry, data in packed.items():
        assert without_place(entry, data) == without_place(entry, files[entry]), entry
        assert sent[entry] == data, entry
    assert set(sent) == set(packed)


def test_kinds_of_another_task(server, tmp_path):
    answer, files = command_line(tmp_path, write="panoptic,semantic,instance", words=WORDS, task="instance")
    served = server.segment(write="panoptic,semantic,instance", words=WORDS, task="instance")
    assert exactly(served.text) == answer
    sent = {file["name"]: base64.b64decode(file["base64"]) for file in served.json()["files"]}
    assert sent == {name: data for name, data in files.items() if name not in OF_THE_RUN}


def test_overlay_alone(server, tmp_path):
    _, files = command_line(tmp_path, write="overlay", words=WORDS)
    drawn = server.segment(headers={"Accept": "image/png"}, words=WORDS)
    assert drawn.headers["content-type"] == "image/png"
    assert drawn.content == files["scene.overlay.png"]


def test_every_way_to_send_a_picture(server):
    data = SCENE.read_bytes()
    answers = [
        server.segment(words=WORDS, stuff="rock"),
        server.post("/v1/segment", params={"words": WORDS, "stuff": "rock", "name": "scene.png"}, content=data,
                    headers={"Content-Type": "image/png"}),
        server.post("/v1/segment", params={"words": WORDS, "stuff": "rock", "name": "scene.png"}, content=data,
                    headers={"Content-Type": "application/octet-stream"}),
        server.post("/v1/segment", json={"image": base64_of(data), "words": WORDS.split(", "), "stuff": ["rock"],
                                         "name": "scene.png"}),
    ]
    assert len({answer.text for answer in answers}) == 1, [answer.text[:200] for answer in answers]


def test_stored_picture(server, tmp_path):
    answer, files = command_line(tmp_path, write="panoptic", words=WORDS, stuff="rock")
    kept = server.image(name="scene.png")
    served = server.post(f"/v1/images/{kept}/segments", json={"words": WORDS, "stuff": "rock"})
    assert exactly(served.text) == answer

    pixels = numpy.asarray(Image.open(io.BytesIO(files["scene.panoptic.png"]))).astype(int)
    ids = pixels @ (1, 256, 65536)
    runs = numpy.array(served.json()["map"]["runs"]).reshape(-1, 2)
    assert numpy.array_equal(numpy.repeat(runs[:, 0], runs[:, 1]), ids.ravel())

    as_png = server.post(f"/v1/images/{kept}/segments", json={"words": WORDS, "stuff": "rock", "map": "png"}).json()
    png = numpy.asarray(Image.open(io.BytesIO(base64.b64decode(as_png["map"]["png"])))).astype(int)
    assert numpy.array_equal(png @ (1, 256, 65536), ids)


def decode_rle(mask):
    """COCO's compressed run lengths, from their description alone."""
    counts, at = [], 0
    text = mask["counts"].encode()
    while at < len(text):
        value, shift, more = 0, 0, True
        while more:
            bits = text[at] - 48
            value |= (bits & 31) << shift
            more, at, shift = bits & 32, at + 1, shift + 5
            if not more and bits & 16:
                value |= -1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
    height, width = mask["size"]
    flat = numpy.repeat(numpy.arange(len(counts)) % 2, counts)
    return flat.reshape(width, height).T


def test_masks_agree_with_the_map(server):
    answer = server.segment(words=WORDS, masks="rle", map="rle").json()
    boxed = server.segment(words=WORDS, masks="png").json()
    runs = numpy.array(answer["map"]["runs"]).reshape(-1, 2)
    ids = numpy.repeat(runs[:, 0], runs[:, 1]).reshape(answer["height"], answer["width"])
    assert answer["segments"]
    for segment, other in zip(answer["segments"], boxed["segments"], strict=True):
        mask = decode_rle(segment["mask"])
        assert numpy.array_equal(mask, ids == segment["id"])
        assert mask.sum() == segment["area_px"]
        x, y, width, height = segment["box_xywh_px"]
        png = numpy.asarray(Image.open(io.BytesIO(base64.b64decode(other["mask_png"]))))
        assert numpy.array_equal(png == 255, mask[y:y + height, x:x + width] == 1)


def test_what_is_this(server):
    kept = server.image()
    first = server.post(f"/v1/images/{kept}/segments", json={"words": WORDS}).json()["segments"][0]
    x, y, width, height = first["box_xywh_px"]
    for place in ({"points": [[x + width / 2, y + height / 2]]}, {"box": [x, y, width, height]}):
        answer = server.post(f"/v1/images/{kept}/at", json={**place, "words": WORDS, "top_k": 2}).json()
        assert answer["task"] == "instance" and 1 <= len(answer["segments"]) <= 2
        assert answer["segments"][0]["name"] == first["name"]
        assert decode_rle(answer["segments"][0]["mask"])[y + height // 2, x + width // 2] == 1
    every = server.post(f"/v1/images/{kept}/at", json={"points": [[x + width / 2, y + height / 2]]}).json()
    assert len(every["segments"]) <= 5 and every["segments"][0]["name"]


def test_what_is_here(server):
    kept = server.image()
    answer = server.post(f"/v1/images/{kept}/words", json={"words": WORDS, "count": 2, "masks": "rle"}).json()
    assert answer["task"] == "instance" and [one["id"] for one in answer["segments"]] == [1, 2]
    for word in answer["segments"]:
        assert decode_rle(word["mask"]).sum() == word["area_px"] > 0
    every = server.post(f"/v1/images/{kept}/words").json()["segments"]
    assert len(every) == 20 and len({word["name"] for word in every}) == 20


def test_sixteen_clients_ask_one_picture_at_once(server, tmp_path):
    names = "bat ladybug rock tree cat dog car house boat apple chair clock bird fish flower cloud".split()
    questions = [f"{names[i]}, {names[(i + 3) % 16]}, {names[(i + 7) % 16]}" for i in range(16)]
    kept = server.image(name="scene.png")
    alone = [server.post(f"/v1/images/{kept}/segments", json={"words": words}).text for words in questions]
    for client in (0, 15):
        assert exactly(alone[client]) == command_line(tmp_path / str(client), words=questions[client])[0]

    def ask(client):
        with server.client() as session:
            return [session.post(f"/v1/images/{kept}/segments", json={"words": questions[client]}).text
                    for _ in range(5)]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for client, answers in enumerate(pool.map(ask, range(16))):
            for answer in answers:
                assert answer == alone[client], questions[client]


def test_an_id_ends(server):
    kept = server.image()
    shown = server.get(f"/v1/images/{kept}").json()
    assert shown["id"] == kept and (shown["width"], shown["height"]) == (640, 480) and shown["bytes"] > 0
    assert server.request("DELETE", f"/v1/images/{kept}").status_code == 204
    gone = server.post(f"/v1/images/{kept}/segments", json={"words": WORDS})
    assert gone.status_code == 404 and json.loads(gone.text)["code"] == "not_found"
