"""Scores equal the program's, and a truth scores 1 against itself."""

import json
import shutil

import numpy as np
import pytest

import fcclip


@pytest.fixture
def predictions(scenes, tmp_path):
    """The truth with one picture's classes swapped."""
    truth = json.loads((scenes / "panoptic.json").read_text())
    first, second = truth["annotations"][0]["segments_info"]
    first["category_id"], second["category_id"] = second["category_id"], first["category_id"]
    (tmp_path / "predictions.json").write_text(json.dumps(truth))
    shutil.copytree(scenes / "panoptic", tmp_path / "predictions")
    return tmp_path / "predictions.json"


def test_panoptic(scenes, predictions, program):
    truth = scenes / "panoptic.json"
    assert fcclip.score.panoptic(truth, truth)["All"]["pq"] == 1
    mine = fcclip.score.panoptic(str(truth), predictions)
    assert mine == json.loads(program("score", "panoptic", truth, predictions, "--json"))
    assert 0.5 < mine["All"]["pq"] < 1
    moved = fcclip.score.panoptic(truth, predictions, truth_pngs=scenes / "panoptic",
                                  prediction_pngs=predictions.with_suffix(""))
    assert moved == mine


def test_panoptic_refuses(scenes, tmp_path):
    with pytest.raises(FileNotFoundError):
        fcclip.score.panoptic(tmp_path / "none.json", scenes / "panoptic.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(fcclip.BadFile, match="bad.json"):
        fcclip.score.panoptic(tmp_path / "bad.json", scenes / "panoptic.json")
    with pytest.raises(fcclip.Interrupted):
        fcclip.score.panoptic(scenes / "panoptic.json", scenes / "panoptic.json", progress=lambda done, total: False)


def test_instances(image, program, tmp_path):
    found = image.ask("bat, rock", task="instance")
    data = found.to_coco(tolerance=0)
    (tmp_path / "truth.json").write_text(json.dumps(data))
    results = [{"image_id": data["images"][0]["id"], "category_id": one.class_index + 1, "segmentation": one.rle,
                "score": one.score} for one in found]
    (tmp_path / "results.json").write_text(json.dumps(results))
    mine = fcclip.score.instances(tmp_path / "truth.json", tmp_path / "results.json")
    assert mine == json.loads(
        program("score", "instances", tmp_path / "truth.json", tmp_path / "results.json", "--json"))
    assert mine["segm"]["stats12"][1] == pytest.approx(1)


def test_semantic(program, tmp_path):
    PIL = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    for name in ("truth", "predictions"):
        (tmp_path / name).mkdir()
        for number in range(3):
            PIL.fromarray(rng.integers(0, 3, (20, 30), np.uint8)).save(tmp_path / name / f"{number}.png")
    mine = fcclip.score.semantic(tmp_path / "truth", tmp_path / "predictions", 3)
    assert mine == json.loads(program("score", "semantic", tmp_path / "truth", tmp_path / "predictions",
                                      "--class-count", 3, "--json"))
    named = fcclip.score.semantic(tmp_path / "truth", tmp_path / "predictions", ["a", "b", "c"])
    assert named["class_names"] == ["a", "b", "c"] and named["metrics"] != {}
    words = fcclip.score.semantic(tmp_path / "truth", tmp_path / "predictions", fcclip.Vocabulary("a, b, c"))
    assert words == named
    with pytest.raises(fcclip.InvalidArgument):
        fcclip.score.semantic(tmp_path / "truth", tmp_path / "predictions", 0)


def test_remarks_are_warnings(scenes, tmp_path):
    truth = json.loads((scenes / "panoptic.json").read_text())
    truth["annotations"][0]["segments_info"][0]["area"] = 1
    (tmp_path / "odd.json").write_text(json.dumps(truth))
    shutil.copytree(scenes / "panoptic", tmp_path / "odd")
    import warnings

    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        fcclip.score.panoptic(tmp_path / "odd.json", tmp_path / "odd.json")
    assert all(issubclass(note.category, fcclip.Note) for note in notes)
