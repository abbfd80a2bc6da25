"""Pictures, JSON and fields by those who mean harm."""

import io
import json
import re
import zipfile

import pytest
from support import (IMAGE_HEAD, MULTIPART, SCENE, WORDS, base64_of, check_problem, form, png_header, status_of,
                     whole_post)

PNG = SCENE.read_bytes()
BINARY = {"Content-Type": "application/octet-stream"}
JSON = {"Content-Type": "application/json"}
JPEG_HEADER = bytes.fromhex("ffd8ffc0001108ffdcffdc03011100021100031100")
PICTURES = {
    "20,000 x 20,000 in the header": (png_header(20000, 20000), {413}),
    "two billion wide": (png_header(2**31 - 1, 2**31 - 1), {413, 415}),
    "no width": (png_header(0, 10), {415}),
    "a JPEG of 65,500 x 65,500": (JPEG_HEADER, {413, 415}),
    "a cut PNG": (PNG[:5000], {415}),
    "a signature alone": (PNG[:8], {415}),
    "text": (b"hello", {415}),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", {415}),
    "zero bytes": (bytes(100000), {415}),
    "a script": (b"#!/bin/sh\necho\n", {415}),
    "a PDF": (b"%PDF-1.4\n", {415}),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures(server, name):
    data, statuses = PICTURES[name]
    for answer in (server.post("/v1/segment", content=data, headers=BINARY),
                   server.post("/v1/images", content=data, headers=BINARY),
                   server.post("/v1/segment", files={"image": ("a.png", data)}),
                   server.post("/v1/segment", json={"image": base64_of(data)})):
        check_problem(answer, *statuses)
    assert server.alive()


def test_no_picture_at_all(server):
    check_problem(server.post("/v1/segment", content=b"", headers=BINARY), 400, 415, 422)
    check_problem(server.post("/v1/segment", json={"words": WORDS}), 400, 422)
    check_problem(server.post("/v1/segment", data={"words": WORDS}, files={"x": b""}), 400, 422)
    check_problem(server.post("/v1/segment", content=b"x", headers={"Content-Type": "text/plain"}), 415)
    check_problem(server.post("/v1/segment", content=b"x", headers={"Content-Type": "nonsense"}), 400, 415)


DEEP = {"lists": b'{"words":' + b"[" * 10000 + b"]" * 10000 + b"}", "objects": b'{"a":' * 10000 + b"1" + b"}" * 10000,
        "open": b"[" * 10000}
BODIES = {
    **{f"10,000 deep, {name}": (body, {400}) for name, body in DEEP.items()},
    "no JSON": (b"{", {400}), "nothing": (b"", {200, 400}), "a list": (b"[]", {400}), "a number": (b"1", {400}),
    "two values": (b"{}{}", {400}), "not UTF-8": (b'{"words":"\xff\xfe"}', {400, 422}),
    "half a surrogate": (rb'{"words":"\ud800"}', {400, 422}), "NaN": (b'{"alpha":NaN}', {400}),
    "an infinite number": (b'{"alpha":1e999}', {400, 422}),
    "a long number": (b'{"top_k":' + b"9" * 5000 + b"}", {400, 422}),
    "a zero byte": (b'{"words":"cat\\u0000dog"}', {422}), "a zero byte between": (b'{"words"\0:"cat"}', {400}),
    "a megabyte in one word": (b'{"words":"' + b"a" * 1000000 + b'"}', {413, 422}),
    "100,000 words": (json.dumps({"words": ", ".join(f"w{i}" for i in range(100000))}).encode(), {413, 422}),
    "words of one letter": (json.dumps({"words": "a | " * 100000}).encode(), {200, 413, 422}),
    "no word": (b'{"words":" , | , "}', {422}), "wrong type": (b'{"words":{"a":1}}', {422}),
    "words of numbers": (b'{"words":[1,2]}', {422}), "unknown field": (b'{"wrods":"cat"}', {422}),
    "unknown task": (b'{"task":"sing"}', {422}), "alpha of 2": (b'{"alpha":2}', {422}),
    "top_k of 0": (b'{"top_k":0}', {422}), "half a top_k": (b'{"top_k":1.5}', {422}),
    "a kind that shows nothing here": (b'{"write":"gallery"}', {422}),
    "an unknown kind": (b'{"write":"exe"}', {422}), "tolerance of -1": (b'{"tolerance":-1}', {422}),
    "a file as vocabulary": (b'{"vocabulary":"/etc/passwd"}', {404, 422}),
    "a relative file as vocabulary": (b'{"vocabulary":"../../../../etc/passwd"}', {404, 422}),
}


@pytest.mark.parametrize("name", BODIES)
def test_bodies(server, name):
    kept = server.image()
    body, statuses = BODIES[name]
    answer = server.post(f"/v1/images/{kept}/segments", content=body, headers=JSON)
    if answer.status_code != 200:
        problem = check_problem(answer, *statuses)
        assert "root:" not in answer.text and len(problem["detail"]) < 2000
        if problem["status"] == 422 and re.match(rb'\{"\w+":', body):
            assert json.loads(body, strict=False).keys() & set(re.findall(r"\w+", problem["detail"]))
    assert answer.status_code in statuses
    assert server.alive()


PLACES = [{}, {"points": []}, {"points": [[1]]}, {"points": [[1, 2, 3]]}, {"points": [["a", "b"]]}, {"points": "1,2"},
          {"points": [[-1, 5]]}, {"points": [[640, 480]]}, {"points": [[1e300, 1]]}, {"box": [1, 2, 3]},
          {"box": [0, 0, 0, 0]}, {"box": [0, 0, -5, -5]}, {"points": [[1, 1]], "box": [0, 0, 5, 5]},
          {"points": [[1, 1]] * 100000}, {"points": [[1, 1]], "task": "panoptic"}]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: json.dumps(place)[:40])
def test_places(server, place):
    answer = server.post(f"/v1/images/{server.image()}/at", json=place)
    check_problem(answer, 413, 422)


def test_models_are_names_not_files(server):
    for name in ("/etc/passwd", "../mini", "mini.safetensors", " "):
        check_problem(server.segment(words=WORDS, model=name), 404, 422)


@pytest.mark.parametrize("name", ["../../evil.png", "/etc/evil.png", "a/../../evil.png", "..", ".", "C:\\evil.png",
                                  "a\nb.png", "x" * 3000 + ".png", "con.png", "<script>alert(1)</script>.png",
                                  "%2e%2e%2fevil.png"])
def test_names_of_pictures_make_no_paths(server, name):
    fields = {"name": name, "words": WORDS, "write": "overlay,segments,masks"}
    answer = server.post("/v1/segment", params=fields, content=PNG, headers={**BINARY, "Accept": "application/zip"})
    if answer.status_code != 200:
        check_problem(answer, 422)
        return
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        for entry in archive.namelist():
            assert not entry.startswith(("/", "\\")) and ".." not in entry.split("/") and "\\" not in entry
            assert len(entry.encode()) < 400 and entry.isprintable()


def test_a_field_given_twice(server):
    check_problem(server.post("/v1/segment?words=cat&words=dog", content=PNG, headers=BINARY), 422)
    check_problem(server.post("/v1/segment?words=cat", data={"words": "dog"}, files={"image": PNG}), 422)
    twice = whole_post(form((IMAGE_HEAD, PNG), (IMAGE_HEAD, PNG)), MULTIPART)
    assert status_of(server.raw(twice, seconds=10, more=0)) in (400, 422)


def test_not_acceptable(server):
    check_problem(server.segment(headers={"Accept": "video/mp4"}, words=WORDS), 406)
    for accept in ("*/*", "application/*", "application/json;q=0.1", "text/html, */*;q=0.1"):
        answer = server.segment(headers={"Accept": accept}, words=WORDS)
        assert answer.headers["content-type"].startswith("application/json")
