"""Answers in supervision: what its own functions say of them, and its annotators draw."""

import sys

import numpy as np
import pytest

import fcclip
from conftest import WORDS
from fcclip.integrations import huggingface
from fcclip.integrations.supervision import to_supervision

sv = pytest.importorskip("supervision", reason="needs the package supervision")


@pytest.fixture(params=["panoptic", "instance", "semantic"])
def answer(request, image):
    return image.ask(WORDS, stuff="grass", task=request.param, min_score=0.05)


@pytest.mark.parametrize("compact", [True, False])
def test_fields(answer, compact):
    made = to_supervision(answer, compact_masks=compact)
    assert isinstance(made, sv.Detections) and len(made) == len(answer) > 0
    assert isinstance(made.mask, sv.CompactMask if compact else np.ndarray)
    assert (np.asarray(made.mask) == np.stack([one.mask for one in answer])).all()
    assert (made.xyxy == sv.mask_to_xyxy(np.asarray(made.mask))).all()
    assert list(made.class_id) == [one.class_index for one in answer]
    assert made.confidence == pytest.approx([one.score for one in answer])
    assert list(made.data["class_name"]) == [one.name for one in answer]
    assert list(made.data["synonym"]) == [one.synonym for one in answer]
    assert made.data["in_vocabulary"] == pytest.approx([one.in_vocabulary for one in answer])
    assert made.data["out_of_vocabulary"] == pytest.approx([one.out_of_vocabulary for one in answer])
    assert list(made.data["is_thing"]) == [one.is_thing for one in answer]
    assert list(made.data["segment_id"]) == [one.id for one in answer]


def test_compact_where_it_can_be(found):
    assert isinstance(found.to_supervision().mask, sv.CompactMask)


def test_equals_what_supervision_makes_of_transformers_form(found):
    theirs = sv.Detections.from_transformers(huggingface.to_panoptic_segmentation(found),
                                             id2label=huggingface.id2label(found.words))
    mine = to_supervision(found, compact_masks=False)
    assert (theirs.xyxy == mine.xyxy).all() and (theirs.mask == mine.mask).all()
    assert (theirs.class_id == mine.class_id).all() and theirs.confidence == pytest.approx(mine.confidence)
    assert list(theirs.data["class_name"]) == list(mine.data["class_name"])


def test_instances_equal_it_too(image):
    found = image.ask(WORDS, task="instance", min_score=0.05)
    theirs = sv.Detections.from_transformers(huggingface.to_instance_segmentation(found),
                                             id2label=huggingface.id2label(found.words))
    mine = to_supervision(found, compact_masks=False)
    assert (theirs.xyxy == mine.xyxy).all() and (theirs.mask == mine.mask).all()


def test_filter_merge_and_area(answer):
    made = answer.to_supervision()
    sure = made[made.data["is_thing"] & (made.confidence > 0.1)]
    assert len(sure) == sum(one.is_thing and one.score > 0.1 for one in answer)
    assert list(made.area) == [one.area for one in answer]
    assert len(sv.Detections.merge([made, made])) == 2 * len(answer)
    assert list(made[made.data["class_name"] == "rock"].class_id) == [1] * sum(one.name == "rock" for one in answer)


@pytest.mark.parametrize("compact", [True, False])
def test_nothing_found(image, compact):
    none = to_supervision(image.ask("bat", task="instance", min_score=1.0), compact_masks=compact)
    assert none.is_empty() and np.asarray(none.mask).shape == (0, 480, 640)
    sv.MaskAnnotator().annotate(np.zeros((480, 640, 3), np.uint8), none)


def test_annotators_draw_them(found, pixels):
    detections = found.to_supervision()
    plain = np.ascontiguousarray(pixels[..., ::-1])
    drawn = sv.MaskAnnotator(opacity=1.0).annotate(plain.copy(), detections)
    changed = (drawn != plain).any(axis=2)
    covered = np.logical_or.reduce([one.mask for one in found])
    assert not changed[~covered].any() and changed[covered].mean() > 0.9
    labelled = sv.LabelAnnotator().annotate(drawn.copy(), detections)
    assert (labelled != drawn).any()
    # Compact and dense masks draw one picture.
    dense = sv.MaskAnnotator(opacity=1.0).annotate(plain.copy(), to_supervision(found, compact_masks=False))
    assert (dense == drawn).all()


def test_without_the_package(found, monkeypatch):
    monkeypatch.setitem(sys.modules, "supervision", None)
    with pytest.raises(fcclip.Unsupported, match=r"supervision .*pip install 'fcclip\[supervision\]'") as refused:
        found.to_supervision()
    assert refused.value.code == "unsupported"


@pytest.mark.parametrize("lacking", [(sv, "CompactMask"), (sv.CompactMask, "from_coco_rle")])
def test_an_old_one_has_dense_masks(found, monkeypatch, lacking):
    monkeypatch.delattr(*lacking)  # as before 0.28, and before 0.30
    assert isinstance(found.to_supervision().mask, np.ndarray)
    with pytest.raises(fcclip.Unsupported, match="0.30"):
        to_supervision(found, compact_masks=True)
