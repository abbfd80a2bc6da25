"""Answers in transformers' forms, held against what its own pipeline and processors give, field by field. Their model
is made here with random weights: its answers mean nothing, their form is what is compared."""

import base64
import functools
import http.server
import os
import sys
import threading

import numpy as np
import pytest

import fcclip
from conftest import SCENE, WORDS
from fcclip.integrations import huggingface

PIL = pytest.importorskip("PIL.Image", reason="needs the package pillow")
import torch  # noqa: E402

os.environ["HF_HUB_OFFLINE"] = "1"
NAMES = {0: "bat", 1: "rock", 2: "grass"}
ALL_OF_IT = {"threshold": 0.0, "mask_threshold": 0.0}


@pytest.fixture(scope="module")
def transformers():
    return pytest.importorskip("transformers", reason="needs the package transformers")


@pytest.fixture(scope="module")
def random_network(transformers):
    torch.manual_seed(0)
    trunk = transformers.SwinConfig(image_size=64, embed_dim=16, depths=[1, 1, 1, 1], num_heads=[1, 2, 2, 2],
                                    window_size=4, out_features=["stage1", "stage2", "stage3", "stage4"])
    config = transformers.Mask2FormerConfig(
        backbone_config=trunk, hidden_dim=32, feature_size=32, mask_feature_size=32, encoder_layers=1,
        decoder_layers=2, num_attention_heads=2, encoder_feedforward_dim=32, dim_feedforward=32, num_queries=10,
        id2label=NAMES, label2id={name: index for index, name in NAMES.items()})
    network = transformers.Mask2FormerForUniversalSegmentation(config).eval()
    with torch.no_grad():
        network.class_predictor.bias[-1] = -20  # never "no object"
    return network


@pytest.fixture(scope="module")
def processor(transformers):
    return transformers.Mask2FormerImageProcessorPil(size={"height": 64, "width": 64})


@pytest.fixture(scope="module")
def theirs(transformers, random_network, processor):
    """Their pipeline."""
    own = transformers.ImageSegmentationPipeline(model=random_network, image_processor=processor)
    return functools.partial(own, **ALL_OF_IT, overlap_mask_area_threshold=0.0)


@pytest.fixture(scope="module")
def picture():
    with PIL.open(SCENE) as opened:
        return opened.convert("RGB")


@pytest.fixture(scope="module")
def mine(model):
    return huggingface.pipeline(model, WORDS, stuff="grass")


def form_of(value):
    """Types and keys, in the order of the keys."""
    if isinstance(value, dict):
        return {key: form_of(one) for key, one in value.items()}, list(value)
    if isinstance(value, PIL.Image):
        return "picture", value.mode, value.size
    if isinstance(value, torch.Tensor):
        return "tensor", value.dtype, value.dim(), tuple(value.shape)[-2:]
    return type(value)


@pytest.mark.parametrize("subtask", [None, "panoptic", "instance"])
def test_pipeline_has_their_form(mine, theirs, picture, subtask):
    ours, other = mine(picture, subtask=subtask, threshold=0.05), theirs(picture, subtask=subtask)
    assert type(ours) is type(other) is list and len(ours) > 0 and len(other) > 0
    assert {str(form_of(one)) for one in ours} == {str(form_of(one)) for one in other}
    assert set(np.unique(ours[0]["mask"])) <= set(np.unique(other[0]["mask"])) | {0, 255} == {0, 255}


def test_semantic_has_scores_where_theirs_has_none(mine, theirs, picture):
    ours, other = mine(picture, subtask="semantic")[0], theirs(picture, subtask="semantic")[0]
    assert other["score"] is None and isinstance(ours["score"], float)
    assert list(ours) == list(other) and form_of(ours["mask"]) == form_of(other["mask"])


def test_panoptic_post_processing_has_their_form(found, random_network, processor, picture):
    with torch.no_grad():
        outputs = random_network(**processor(images=[picture], return_tensors="pt"))
    other = processor.post_process_panoptic_segmentation(
        outputs, **ALL_OF_IT, overlap_mask_area_threshold=0.0, target_sizes=[found.size], label_ids_to_fuse={2})[0]
    ours = huggingface.to_panoptic_segmentation(found)
    assert form_of({**ours, "segments_info": 0}) == form_of({**other, "segments_info": 0})
    assert {str(form_of(one)) for one in ours["segments_info"]} == {str(form_of(one)) for one in other["segments_info"]}
    assert (ours["segmentation"].numpy() == found.ids).all()
    for info, one in zip(ours["segments_info"], found):
        assert (ours["segmentation"] == info["id"]).sum() == one.area and info["score"] == one.score
        assert NAMES[info["label_id"]] == one.name and info["was_fused"] == (one.name == "grass")
    ours["segmentation"][:] = 9
    assert found.ids.max() < 9


def test_instance_post_processing_has_their_form(image, random_network, processor, picture):
    found = image.ask(WORDS, task="instance", min_score=0.05)
    with torch.no_grad():
        outputs = random_network(**processor(images=[picture], return_tensors="pt"))
    other = processor.post_process_instance_segmentation(
        outputs, **ALL_OF_IT, target_sizes=[found.size], return_binary_maps=True)[0]
    ours = huggingface.to_instance_segmentation(found)
    assert form_of({**ours, "segments_info": 0}) == form_of({**other, "segments_info": 0})
    assert {str(form_of(one)) for one in ours["segments_info"]} == {str(form_of(one)) for one in other["segments_info"]}
    assert [info["id"] for info in ours["segments_info"]] == list(range(len(found)))
    assert (ours["segmentation"].numpy().astype(bool) == np.stack([one.mask for one in found])).all()
    with pytest.raises(fcclip.InvalidArgument, match="to_instance_segmentation"):
        huggingface.to_panoptic_segmentation(found)
    none = huggingface.to_instance_segmentation(image.ask(WORDS, task="instance", min_score=1.0))
    assert none["segmentation"].shape == (0, 480, 640) and none["segments_info"] == []


def test_values(found):
    entries = found.to_huggingface()
    assert [(one["label"], one["score"]) for one in entries] == [(one.name, one.score) for one in found]
    assert all((np.array(entry["mask"]) == one.mask * 255).all() for entry, one in zip(entries, found))


def equal(ours, found):
    return [(one["label"], one["score"], one["mask"].tobytes()) for one in ours] == [
        (one["label"], one["score"], one["mask"].tobytes()) for one in found.to_huggingface()]


def test_kinds_of_pictures(mine, found, picture, pixels):
    data = "data:image/png;base64," + base64.b64encode(SCENE.read_bytes()).decode()
    for one in (str(SCENE), SCENE, SCENE.read_bytes(), picture, pixels, torch.from_numpy(pixels)):
        assert equal(mine(one), found)
    pytest.importorskip("transformers", reason="links are opened by the package transformers")
    assert equal(mine(data), found)


def test_a_link(mine, found):
    pytest.importorskip("transformers", reason="links are opened by the package transformers")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=SCENE.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            at = f"http://127.0.0.1:{server.server_port}"
            assert equal(mine(f"{at}/{SCENE.name}", timeout=20), found)
            with pytest.raises(fcclip.FileFailure, match="none.png"):
                mine(f"{at}/none.png", timeout=20)
        finally:
            server.shutdown()
            thread.join()


def test_several(mine, theirs, found, picture):
    small = picture.resize((200, 150))
    for one in (mine, theirs):
        assert type(one([picture, small])) is list and len(one([picture, small])) == 2
        stream = one(entry for entry in [picture, small])
        assert not isinstance(stream, list) and len(list(stream)) == 2
    many = mine([str(SCENE), picture, small], batch_size=2)
    assert equal(many[0], found) and equal(many[1], found) and many[2][0]["mask"].size == (200, 150)
    assert mine([]) == []


def test_a_stream_is_read_batch_by_batch(mine, picture):
    taken = []

    def pictures():
        for number in range(5):
            taken.append(number)
            yield picture

    stream = mine(pictures(), batch_size=2)
    next(stream)
    assert taken == [0, 1] and len(list(stream)) == 4


def test_a_data_set_of_their_pipelines(mine, transformers, picture):
    from transformers.pipelines.pt_utils import KeyDataset

    assert [len(one) > 0 for one in mine(KeyDataset([{"image": picture}] * 3, "image"))] == [True] * 3


def test_options(model, image, mine, picture):
    sure = mine(picture, threshold=0.9)
    assert 0 < len(sure) < len(mine(picture)) and all(one["score"] >= 0.9 for one in sure)
    instances = huggingface.pipeline(model, WORDS, task="instance", min_score=0.05)
    assert equal(instances(picture), image.ask(WORDS, task="instance", min_score=0.05))
    assert equal(instances(picture, subtask="semantic"), image.ask(WORDS, task="semantic", min_score=0.05))
    assert mine.id2label == NAMES and mine.task == "image-segmentation" and "3 classes" in repr(mine)
    assert equal(huggingface.pipeline(fcclip.bundled_model(), WORDS)(picture), image.ask(WORDS))
    own = huggingface.pipeline(model, None)
    assert list(own.id2label.values()) == model.training_words.names
    assert equal(mine(picture, overlap_mask_area_threshold=0.5, mask_threshold=0.5),
                 image.ask(WORDS, stuff="grass", overlap_threshold=0.5))


@pytest.mark.parametrize("arguments", [{"subtask": "depth"}, {"mask_threshold": 0.3}, {"threshold": 2.0},
                                       {"batch_size": 0}, {"batch_size": 1.5}])
def test_refused(mine, picture, arguments):
    with pytest.raises(fcclip.InvalidArgument):
        mine(picture, **arguments)


def test_refused_pictures(mine):
    with pytest.raises(fcclip.InvalidArgument, match="int is no picture"):
        mine(3)
    with pytest.raises(fcclip.NotFound):
        mine("none.png")
    with pytest.raises(fcclip.InvalidArgument):
        mine([3])


def test_without_the_packages(found, mine, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(fcclip.Unsupported, match=r"pillow .*pip install 'fcclip\[huggingface\]'"):
        found.to_huggingface()
    monkeypatch.setitem(sys.modules, "transformers.image_utils", None)
    with pytest.raises(fcclip.Unsupported, match="transformers"):
        mine("http://127.0.0.1/none.png")
