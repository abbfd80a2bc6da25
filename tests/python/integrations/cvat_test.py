"""CVAT: the function as cvat-cli and its agents run it, against a stand-in for the server."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("cvat_sdk", reason="cvat-sdk is not installed: pip install 'fcclip[cvat]'")
masks = pytest.importorskip("cvat_sdk.masks")

import cvat_sdk.auto_annotation as cvataa  # noqa: E402
import PIL.Image  # noqa: E402

import cvat_stand_in  # noqa: E402
import fcclip  # noqa: E402
from conftest import SCENE, WORDS  # noqa: E402
from fcclip.integrations import cvat  # noqa: E402

SECOND = SCENE.parent / "coffee.jpg"
ANY = [("bat", "any"), ("rock", "any"), ("grass", "any")]
PARAMETERS = ["-p", f"words=str:{WORDS}", "-p", "stuff=str:grass"]


class Context(cvataa.DetectionFunctionContext):
    def __init__(self, conf_threshold=None, conv_mask_to_poly=False):
        self._values = conf_threshold, conv_mask_to_poly

    frame_name = property(lambda self: "scene.png")
    conf_threshold = property(lambda self: self._values[0])
    conv_mask_to_poly = property(lambda self: self._values[1])


class Prompts(cvataa.InteractionPrompts):
    def __init__(self, pos_points=(), neg_points=(), bounding_box=None):
        self._values = pos_points, neg_points, bounding_box

    pos_points = property(lambda self: self._values[0])
    neg_points = property(lambda self: self._values[1])
    bounding_box = property(lambda self: self._values[2])


class Interaction(cvataa.InteractionFunctionContext):
    pass


@pytest.fixture(scope="module")
def picture():
    return PIL.Image.open(SCENE)


def decoded(shape, size):
    return masks.decode_mask(shape.points, image_width=size[1], image_height=size[0])


def test_spec_holds(model):
    function = cvat.create(WORDS, stuff="grass", background="sky", model=model)
    assert isinstance(function.spec, cvataa.DetectionFunctionSpec)
    assert [(one.name, one.id, one.type) for one in function.spec.labels] == [
        ("bat", 0, "mask"), ("rock", 1, "mask"), ("grass", 2, "mask")]


def test_masks_are_the_answers(model, found, picture):
    shapes = cvat.create(WORDS, stuff="grass", model=model).detect(Context(), picture)
    ordered = sorted(found, key=lambda one: one.score, reverse=True)
    assert len(shapes) == len(found) >= 2
    for shape, segment in zip(shapes, ordered):
        assert shape.type.value == "mask" and shape.score == pytest.approx(segment.score)
        assert shape.label_id == segment.class_index and shape.frame == 0
        assert (decoded(shape, found.size) == segment.mask).all()


@pytest.mark.parametrize("task", ["panoptic", "instance", "semantic"])
def test_thresholds(model, image, picture, task):
    function = cvat.create(WORDS, stuff="grass", model=model, task=task, min_score=0.05)
    everything = function.detect(Context(), picture)
    scores = [one.score for one in image.ask(WORDS, stuff="grass", task=task, min_score=0.05)]
    assert sorted(one.score for one in everything) == pytest.approx(sorted(scores))
    middle = float(np.median(scores))
    some = function.detect(Context(conf_threshold=middle), picture)
    assert sorted(one.score for one in some) == pytest.approx(sorted(one for one in scores if one >= middle))
    # Zero is a threshold too: it stands above min_score.
    assert len(function.detect(Context(conf_threshold=0.0), picture)) >= len(everything)
    assert function.detect(Context(conf_threshold=1.0), picture) == []


def test_polygons_cover_the_masks(model, found, picture):
    coco = pytest.importorskip("pycocotools.mask")
    height, width = found.size
    shapes = cvat.create(WORDS, stuff="grass", model=model, tolerance=0).detect(Context(conv_mask_to_poly=True), picture)
    assert {one.type.value for one in shapes} == {"polygon"} and len(shapes) >= len(found)
    for name in found.words.names:
        number = found.words.names.index(name)
        drawn = np.zeros(found.size, bool)
        for shape in (one for one in shapes if one.label_id == number):
            drawn |= coco.decode(coco.merge(coco.frPyObjects([shape.points], height, width))).astype(bool)
        truth = np.zeros(found.size, bool)
        for segment in (one for one in found if one.name == name):
            truth |= segment.mask
        if truth.any():
            assert (drawn & truth).sum() / (drawn | truth).sum() > 0.97, name


def test_pieces_of_a_polygon_are_a_group(model, image, picture):
    function = cvat.create(WORDS, stuff="grass", model=model, shape="polygon", task="semantic")
    first, second = function.detect(Context(), picture), function.detect(Context(), picture)
    groups = [[getattr(one, "group", 0) or 0 for one in shapes] for shapes in (first, second)]
    assert any(groups[0]) and not (set(groups[0]) & set(groups[1]) - {0})
    pieces = image.ask(WORDS, stuff="grass", task="semantic").to_labelme()["shapes"]
    assert len(first) == len(pieces)


def test_rectangles(model, found, picture):
    shapes = cvat.create(WORDS, stuff="grass", model=model, shape="rectangle").detect(Context(), picture)
    boxes = sorted([float(x), float(y), float(x + w), float(y + h)] for x, y, w, h in (one.box for one in found))
    assert sorted(list(one.points) for one in shapes) == boxes
    assert {one.type.value for one in shapes} == {"rectangle"}


def test_vocabularies(model):
    named = cvat.create(vocabulary="coco", model=model)
    assert len(named.spec.labels) == 133
    more = cvat.create("zeppelin", vocabulary="coco", model=model)
    assert [one.name for one in more.spec.labels][-1] == "zeppelin"
    own = cvat.create(model=model)
    assert [one.name for one in own.spec.labels] == model.training_words.names


def test_refuses(model):
    with pytest.raises(fcclip.InvalidArgument, match="shape"):
        cvat.create(WORDS, model=model, shape="ellipse")
    with pytest.raises(fcclip.InvalidArgument, match="task"):
        cvat.create(WORDS, model=model, task="video")


def cli(server, folder, *arguments, status=0):
    """Runs the real program cvat-cli; returns its messages."""
    command = [str(pathlib.Path(sys.executable).parent / "cvat-cli"), "--server-host", "http://127.0.0.1",
               "--server-port", str(server.server_port), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300,
                          env={**os.environ, "CVAT_ACCESS_TOKEN": "token", "HOME": str(folder),
                               "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")})
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def annotate(server, folder, *arguments, **more):
    return cli(server, folder, "task", "auto-annotate", "1", "--function-module", "fcclip.integrations.cvat",
               *PARAMETERS, *arguments, **more)


def test_cvat_cli_annotates_a_task(tmp_path, model, found):
    with cvat_stand_in.Server([SCENE, SECOND], ANY) as server:
        annotate(server, tmp_path)
        method, query, data = server.uploads.pop()
        annotate(server, tmp_path, "--clear-existing", "--conf-threshold", "1")
        assert server.uploads[0][0] == "PUT" and server.uploads[0][2]["shapes"] == []
        assert (method, query) == ("PATCH", {"action": "create"}) and data["tags"] == []
        other = model.encode(SECOND).ask(WORDS, stuff="grass")
        for frame, answer in enumerate((found, other)):
            shapes = [one for one in data["shapes"] if one["frame"] == frame]
            assert len(shapes) == len(answer)
            for shape, segment in zip(shapes, sorted(answer, key=lambda one: one.score, reverse=True)):
                assert server.label_name(shape["label_id"]) == segment.name and shape["source"] == "auto"
                mask = masks.decode_mask(shape["points"], image_width=answer.size[1], image_height=answer.size[0])
                assert (mask == segment.mask).all()


def test_cvat_cli_converts_and_leaves_out(tmp_path, found):
    # A task whose labels are polygons, and only some of them.
    with cvat_stand_in.Server([SCENE], [("rock", "polygon"), ("bat", "polygon")]) as server:
        assert "grass" in annotate(server, tmp_path, "--conv-mask-to-poly", status=1)
        annotate(server, tmp_path, "--conv-mask-to-poly", "--allow-unmatched-labels")
        shapes = server.uploads[0][2]["shapes"]
        assert shapes and {one["type"] for one in shapes} == {"polygon"}
        names = {server.label_name(one["label_id"]) for one in shapes}
        assert names == {one.name for one in found} - {"grass"}


def test_functions_for_agents(tmp_path):
    with cvat_stand_in.Server([SCENE], ANY) as server:
        cli(server, tmp_path, "function", "create-native", "fcclip", "--function-module", "fcclip.integrations.cvat",
            *PARAMETERS)
        cli(server, tmp_path, "function", "create-native", "clicks", "--function-module", "fcclip.integrations.cvat",
            *PARAMETERS, "-p", "interactive=bool:true")
    detector, interactor = server.functions
    assert detector["kind"] == "detector" and [one["name"] for one in detector["labels_v2"]] == ["bat", "rock", "grass"]
    assert interactor["kind"] == "interactor" and interactor["min_pos_points"] == interactor["min_neg_points"] == 0
    assert interactor["startswith_box_optional"] is True


def test_interactor(model, image, picture):
    function = cvat.create(WORDS, stuff="grass", model=model, interactive=True)
    seen = function.preprocess_image(Interaction(), picture)
    big = max(image.ask(WORDS), key=lambda one: one.area)
    y, x = (int(at[len(at) // 2]) for at in np.nonzero(big.mask))

    def mask_of(*arguments, **more):
        shapes = function.detect(Interaction(), seen, Prompts(*arguments, **more))
        assert len(shapes) <= 1
        if not shapes:
            return None
        assert shapes[0].type == "mask" and 0 <= float(shapes[0].attributes[0].value) <= 1
        return decoded(shapes[0], image.size)

    clicked = mask_of([(x + 0.5, y + 0.5)])
    assert clicked[y, x] and (clicked == image.at(WORDS, stuff="grass", points=(x + 0.5, y + 0.5))[0].mask).all()
    inside = np.argwhere(clicked & ~np.roll(clicked, 1, 0))
    away = next(((float(c), float(r)) for r, c in inside if (r, c) != (y, x)), None)
    other = mask_of([(x + 0.5, y + 0.5)], [away])
    assert other is None or (other[y, x] and not other[int(away[1]), int(away[0])])
    left, top, width, height = big.box
    boxed = mask_of(bounding_box=((left, top), (left + width, top + height)))
    assert (boxed & big.mask).sum() / (boxed | big.mask).sum() > 0.5
    assert mask_of() is None
    assert mask_of([(picture.width, picture.height)]) is not None  # the outermost click that CVAT sends


def test_agents_keep_the_encoded_picture(model, picture, monkeypatch):
    agent = pytest.importorskip("cvat_cli._internal.agent_driver_interaction")
    from cvat_cli._internal.agent_driver import set_worker_current_function

    function = cvat.create(WORDS, model=model, interactive=True)
    calls = []
    encode = function.preprocess_image
    monkeypatch.setattr(function, "preprocess_image", lambda *arguments: calls.append(1) or encode(*arguments))
    set_worker_current_function(function)
    agent.AgentInteractionFunctionDriver.init_worker(None)
    prompts = agent._InteractionPromptsImpl(pos_points=((320.0, 240.0),), neg_points=(), bounding_box=None)
    assert agent._worker_job_interact_from_cache("frame", prompts) is None
    first = agent._worker_job_interact("frame", picture, prompts)
    again = agent._worker_job_interact_from_cache("frame", prompts)
    assert calls == [1] and first and first[0].points == again[0].points
