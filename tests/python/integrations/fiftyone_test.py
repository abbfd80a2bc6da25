"""FiftyOne: the model applied to a data set in a real database."""

import os
import shutil

import numpy as np
import pytest

# Before it is imported: its database is the tests' own, and nothing is told to anybody.
os.environ.setdefault("FIFTYONE_DO_NOT_TRACK", "true")
os.environ.setdefault("FIFTYONE_DATABASE_VALIDATION", "false")
pytest.importorskip("fiftyone", reason="fiftyone is not installed: pip install 'fcclip[fiftyone]'")

import fiftyone as fo  # noqa: E402

import fcclip  # noqa: E402
from conftest import SCENE, WORDS  # noqa: E402
from fcclip.integrations import fiftyone as bridge  # noqa: E402

NAMES = ["scene.png", "chelsea.jpg", "coffee.jpg", "rocket.jpg"]


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """FiftyOne's own MongoDB on a folder of its own."""
    folder = tmp_path_factory.mktemp("fiftyone")
    fo.config.database_dir = str(folder / "database")
    fo.config.show_progress_bars = False
    try:
        fo.list_datasets()
    except fo.core.config.FiftyOneConfigError as reason:
        pytest.skip(f"FiftyOne has no MongoDB here (the package fiftyone-db brings none for this system, "
                    f"see requirements-fiftyone.txt): {reason}")
    return folder


@pytest.fixture
def dataset(database):
    made = fo.Dataset()
    made.add_samples([fo.Sample(filepath=str(SCENE.parent / name)) for name in NAMES])
    yield made
    made.delete()


def map_of(answer):
    """The classes of an answer, from 1."""
    made = np.zeros(answer.size, int)
    for one in answer:
        made[one.mask] = one.class_index + 1
    return made


def test_segmentations(dataset, model):
    applied = bridge.FcclipModel(WORDS, model=model, stuff="grass")
    dataset.apply_model(applied, label_field="fcclip", skip_failures=False)
    applied.name_masks(dataset, "fcclip")
    again = fo.load_dataset(dataset.name)
    assert again.mask_targets["fcclip"] == {1: "bat", 2: "rock", 3: "grass"}
    named = 0
    for sample in again:
        assert isinstance(sample.fcclip, fo.Segmentation)
        truth = map_of(model.encode(sample.filepath).ask(WORDS, stuff="grass"))
        assert (sample.fcclip.mask == truth).all()
        named += int((truth > 0).sum())
    assert named  # the small model finds nothing in some of the photographs


def test_detections_in_batches(dataset, model):
    applied = bridge.FcclipModel(WORDS, model=model, stuff="grass", task="instance", output="detections",
                                 min_score=0.1)
    dataset.apply_model(applied, label_field="one", skip_failures=False)
    dataset.apply_model(applied, label_field="many", batch_size=3, skip_failures=False)
    total = 0
    for sample in dataset:
        answer = model.encode(sample.filepath).ask(WORDS, stuff="grass", task="instance", min_score=0.1)
        for field in ("one", "many"):
            found = sample[field].detections
            assert [one.label for one in found] == [one.name for one in answer]
            for detection, segment in zip(found, answer):
                check_detection(detection, segment, answer.size)
        total += len(answer)
    assert total > 2


def check_detection(detection, segment, size):
    height, width = size
    x, y, w, h = segment.box
    assert detection.bounding_box == pytest.approx(
        [x / width, y / height, w / width, h / height], abs=1e-6)
    assert detection.confidence == pytest.approx(segment.score)
    assert detection["synonym"] == segment.synonym and detection["is_thing"] == segment.is_thing
    # FiftyOne's own way from the box's mask to the picture's, which rounds.
    whole = detection.to_segmentation(frame_size=(width, height)).mask.astype(bool)
    assert (whole == segment.mask).all()


def test_both_with_a_threshold_and_classes(dataset, model):
    applied = bridge.FcclipModel(WORDS, model=model, stuff="grass", output="both")
    dataset.apply_model(applied, label_field="fcclip", confidence_thresh=0.4, classes=["rock"], skip_failures=False)
    applied.name_masks(dataset, "fcclip")
    assert dataset.mask_targets["fcclip_segmentation"] == applied.mask_targets
    kept = 0
    for sample in dataset:
        answer = [one for one in model.encode(sample.filepath).ask(WORDS, stuff="grass", min_score=0.4)
                  if one.name == "rock"]
        assert len(sample.fcclip_detections.detections) == len(answer)
        mask = sample.fcclip_segmentation.mask
        assert set(np.unique(mask)) <= {0, 2} and (mask == 2).sum() == sum(one.area for one in answer)
        kept += len(answer)
    assert kept
    assert applied.config.confidence_thresh is None and applied.config.filter_classes is None


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="FiftyOne reads videos with ffmpeg, which is not here")
def test_frames_of_a_video(database, model, pixels, tmp_path):
    cv2 = pytest.importorskip("cv2", reason="needs opencv-python-headless, which fiftyone brings")
    writer = cv2.VideoWriter(str(tmp_path / "scene.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 5, (640, 480))
    for number in range(3):
        writer.write(np.roll(pixels[:, :, ::-1], 40 * number, 1))
    writer.release()
    dataset = fo.Dataset()
    try:
        dataset.add_sample(fo.Sample(filepath=str(tmp_path / "scene.mp4")))
        applied = bridge.FcclipModel(WORDS, model=model, stuff="grass", output="detections")
        dataset.apply_model(applied, label_field="one", skip_failures=False)
        dataset.apply_model(applied, label_field="many", batch_size=2, skip_failures=False)
        frames = dataset.first().frames
        assert sorted(frames) == [1, 2, 3]
        for number in frames:
            labels = [one.label for one in frames[number].one.detections]
            assert "rock" in labels and labels == [one.label for one in frames[number].many.detections]
    finally:
        dataset.delete()


def test_masks_on_disk(dataset, model, tmp_path):
    applied = bridge.FcclipModel(WORDS, model=model, stuff="grass")
    dataset.apply_model(applied, label_field="fcclip", output_dir=str(tmp_path / "masks"), skip_failures=False)
    sample = dataset.first()
    assert sample.fcclip.mask is None and os.path.isfile(sample.fcclip.mask_path)
    truth = map_of(model.encode(SCENE).ask(WORDS, stuff="grass"))
    assert (sample.fcclip.get_mask() == truth).all()


def test_a_broken_picture_is_left_out(database, model, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    shutil.copy(SCENE, tmp_path / "scene.png")
    dataset = fo.Dataset()
    try:
        dataset.add_samples([fo.Sample(filepath=str(tmp_path / name)) for name in ("broken.jpg", "scene.png")])
        dataset.apply_model(bridge.FcclipModel(WORDS, model=model), label_field="fcclip")
        assert [sample.fcclip is None for sample in dataset] == [True, False]
    finally:
        dataset.delete()


def test_scores_against_itself(dataset, model):
    """What is stored is what FiftyOne's evaluation reads."""
    applied = bridge.FcclipModel(WORDS, model=model, stuff="grass")
    for field in ("truth", "predictions"):
        dataset.apply_model(applied, label_field=field, skip_failures=False)
    results = dataset.evaluate_segmentations("predictions", gt_field="truth", mask_targets=applied.mask_targets)
    assert results.metrics()["accuracy"] == 1.0


def test_many_classes_need_wider_pixels(image):
    words = [f"word {number}" for number in range(300)]
    found = image.ask([*words, "bat"])
    made = bridge.segmentation(found)
    assert made.mask.dtype == np.uint16
    for one in found:
        assert (made.mask[one.mask] == one.class_index + 1).all()


def test_refuses(model, image):
    for options in ({"output": "boxes"}, {"task": "instance"}, {"task": "video"}, {"min_scores": 1}):
        with pytest.raises(fcclip.InvalidArgument):
            bridge.FcclipModel(WORDS, model=model, **options)
    with pytest.raises(fcclip.InvalidArgument):
        bridge.segmentation(image.ask(WORDS, task="instance"))
