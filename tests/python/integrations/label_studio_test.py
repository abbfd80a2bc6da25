"""Label Studio: the backend's own server asked over HTTP, its answers read by Label Studio's own decoder."""

import doctest
import functools
import http.server
import json
import os
import tempfile
import threading
import urllib.error
import urllib.request

import numpy as np
import pytest

# Before it is imported: where label_studio_ml keeps its database and downloads.
os.environ["MODEL_DIR"] = tempfile.mkdtemp(prefix="fcclip-label-studio-")
os.environ.setdefault("LABEL_STUDIO_API_KEY", "key")
pytest.importorskip("label_studio_ml.response", reason="label-studio-ml is not installed: see docs/integrations.md")

from label_studio_sdk.converter import brush  # noqa: E402
from label_studio_sdk.label_interface import LabelInterface  # noqa: E402

import fcclip  # noqa: E402
from conftest import SCENE, WORDS  # noqa: E402
from fcclip.integrations import _label_studio, label_studio  # noqa: E402

LABELS = """<Label value="bat"/><Label value="Rock" predicted_values="rock, stone"/><Label value="grass" kind="stuff"/>"""
CONFIG = f"""<View><Image name="image" value="$picture"/>
  <BrushLabels name="masks" toName="image">{LABELS}</BrushLabels>
  <PolygonLabels name="outlines" toName="image">{LABELS}</PolygonLabels>
  <RectangleLabels name="boxes" toName="image" model_score_threshold="0.9">{LABELS}</RectangleLabels>
  <KeyPointLabels name="clicks" toName="image" smart="true"><Label value="bat"/><Label value="Rock"/></KeyPointLabels>
  <Choices name="weather" toName="image"><Choice value="fair"/></Choices></View>"""
BRUSH = f"""<View><Image name="image" value="$picture"/>
  <BrushLabels name="masks" toName="image">{LABELS}</BrushLabels></View>"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def pictures():
    """The address of the examples' pictures."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(SCENE.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def backend(model):
    """Asks the running server: backend("/predict", {…})."""
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, label_studio.app(model, tolerance=0), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def ask(path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{server.server_port}{path}", data,
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    yield ask
    server.shutdown()
    server.server_close()


def predict(backend, pictures, config=CONFIG, result=None, names=("scene.png",)):
    tasks = [{"id": number, "data": {"picture": f"{pictures}/{name}"}} for number, name in enumerate(names, 1)]
    params = {} if result is None else {"context": {"result": result}}
    return backend("/predict", {"tasks": tasks, "project": "7.1700000000", "label_config": config,
                                "params": params})["results"]


def regions(prediction, kind):
    return [one for one in prediction["result"] if one["type"] == kind]


def mask_of(region):
    """By Label Studio's decoder."""
    shape = region["original_height"], region["original_width"], 4
    channels = brush.decode_rle(region["value"]["rle"]).reshape(shape)
    assert (channels == channels[:, :, :1]).all() and set(np.unique(channels)) <= {0, 255}
    return channels[:, :, 3] == 255


def test_health_and_setup(backend, model):
    assert backend("/health") == {"status": "UP", "model_class": "FcclipBackend"}
    version = backend("/setup", {"project": "7.1700000000", "schema": CONFIG})["model_version"]
    assert version == f"fcclip-{fcclip.__version__} {model.name}"


def test_masks_bit_for_bit(backend, pictures, found):
    prediction, = predict(backend, pictures)
    masks = regions(prediction, "brushlabels")
    labels = {"rock": "Rock", "stone": "Rock"}
    assert len(masks) == len(found) >= 2
    for region, segment in zip(masks, found):
        assert region["value"]["brushlabels"] == [labels.get(segment.name, segment.name)]
        assert region["from_name"] == "masks" and region["to_name"] == "image"
        assert region["score"] == pytest.approx(segment.score)
        assert (mask_of(region) == segment.mask).all()
    assert len({one["id"] for one in prediction["result"]}) == len(prediction["result"])


def test_label_studio_accepts_it(backend, pictures):
    """Its own validation of predictions: tags, labels, types and ranges."""
    for prediction in predict(backend, pictures, names=("scene.png", "coffee.jpg")):
        assert LabelInterface(CONFIG).validate_prediction(prediction, return_errors=True) == []


def test_boxes_and_polygons(backend, pictures, found):
    coco = pytest.importorskip("pycocotools.mask")
    prediction, = predict(backend, pictures)
    height, width = found.size
    boxes = [region["value"] for region in regions(prediction, "rectanglelabels")]
    wanted = [one for one in found if one.score >= 0.9 and one.is_thing]
    assert len(boxes) == len(wanted) >= 1
    for value, segment in zip(boxes, wanted):
        x, y, w, h = segment.box
        assert [value[key] for key in ("x", "y", "width", "height")] == pytest.approx(
            [100 * x / width, 100 * y / height, 100 * w / width, 100 * h / height])
    for label, name in (("bat", "bat"), ("Rock", "rock")):
        rings = [region["value"]["points"] for region in regions(prediction, "polygonlabels")
                 if region["value"]["polygonlabels"] == [label]]
        flat = [[part for x, y in ring for part in (x * width / 100, y * height / 100)] for ring in rings]
        drawn = coco.decode(coco.merge(coco.frPyObjects(flat, height, width))).astype(bool)
        truth = np.any([one.mask for one in found if one.name == name], 0)
        assert (drawn & truth).sum() / (drawn | truth).sum() > 0.97


def point(x, y, size, label="bat", positive=True):
    return {"type": "keypointlabels", "original_width": size[1], "original_height": size[0], "to_name": "image",
            "from_name": "clicks", "is_positive": positive,
            "value": {"x": 100 * x / size[1], "y": 100 * y / size[0], "width": 0.4, "keypointlabels": [label]}}


def test_clicks(backend, pictures, image):
    big = max(image.ask(WORDS), key=lambda one: one.area)
    y, x = (int(at[len(at) // 2]) for at in np.nonzero(big.mask))
    prediction, = predict(backend, pictures, result=[point(x + 0.5, y + 0.5, image.size, "Rock")])
    region, = prediction["result"]
    assert region["type"] == "brushlabels" and region["value"]["brushlabels"] == ["Rock"]
    words = [["bat"], ["rock", "stone"], ["grass"]]
    mask = mask_of(region)
    assert mask[y, x] and (mask == image.at(words, stuff="grass", points=(x + 0.5, y + 0.5))[0].mask).all()
    # A negative click elsewhere in that mask: another mask, or none.
    r, c = next((r, c) for r, c in np.argwhere(mask) if abs(r - y) + abs(c - x) > 50)
    prediction, = predict(backend, pictures, result=[
        point(x + 0.5, y + 0.5, image.size, "Rock"), point(c + 0.5, r + 0.5, image.size, "Rock", positive=False)])
    for region in prediction["result"]:
        assert mask_of(region)[y, x] and not mask_of(region)[r, c]


def test_a_drawn_box(backend, pictures, image):
    segment = max(image.ask(WORDS), key=lambda one: one.area)
    height, width = image.size
    x, y, w, h = segment.box
    drawn = {"type": "rectanglelabels", "original_width": width, "original_height": height, "to_name": "image",
             "value": {"x": 100 * x / width, "y": 100 * y / height, "width": 100 * w / width,
                       "height": 100 * h / height, "rotation": 0, "rectanglelabels": ["bat"]}}
    prediction, = predict(backend, pictures, config=BRUSH, result=[drawn])
    region, = prediction["result"]
    mask = mask_of(region)
    assert region["value"]["brushlabels"] == ["bat"]
    assert (mask & segment.mask).sum() / (mask | segment.mask).sum() > 0.5


def test_the_network_runs_once_a_picture(backend, pictures, monkeypatch):
    predict(backend, pictures, names=("rocket.jpg",))
    monkeypatch.setattr(fcclip.Model, "encode", lambda *_, **__: pytest.fail("encoded again"))
    assert len(predict(backend, pictures, names=("rocket.jpg", "rocket.jpg"))) == 2


def test_nothing_to_answer(backend, pictures):
    config = """<View><Image name="image" value="$picture"/>
        <Choices name="weather" toName="image"><Choice value="fair"/></Choices></View>"""
    prediction, = predict(backend, pictures, config=config)
    assert prediction["result"] == [] and prediction["score"] == 0
    prediction, = predict(backend, pictures, config=config, result=[point(3, 3, (480, 640))])
    assert prediction["result"] == []


def test_errors_are_told(backend, pictures):
    bad = BRUSH.replace("<BrushLabels ", '<BrushLabels model_score_threshold="high" ')
    with pytest.raises(urllib.error.HTTPError) as caught:
        predict(backend, pictures, config=bad)
    assert caught.value.code == 500 and b"model_score_threshold is 'high'" in caught.value.read()


def test_docstrings():
    assert doctest.testmod(_label_studio)[:] == (0, 2)


def test_run_lengths_equal_label_studios():
    generator = np.random.default_rng(5)
    masks = [generator.random(shape) < share for shape in ((1, 1), (1, 7), (40, 50)) for share in (0, 0.02, 0.5, 1)]
    masks += [np.ones((300, 400), bool), np.add.outer(np.arange(300) ** 2, np.arange(500) ** 2) < 70000]
    for mask in masks:
        mine, theirs = _label_studio.brush_rle(mask), brush.mask2rle(mask.astype(np.uint8) * 255)
        assert mine == theirs or [*mine, 0] == theirs  # theirs has a byte more where none is needed
        assert (brush.decode_rle(mine).reshape(*mask.shape, 4) == mask[:, :, None] * 255).all()
