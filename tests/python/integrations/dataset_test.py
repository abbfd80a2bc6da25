"""Data sets of the package datasets, asked."""

import io
import pickle
import sys

import numpy as np
import pytest

import fcclip
from conftest import SCENE, WORDS
from fcclip.integrations.huggingface import ask_dataset

datasets = pytest.importorskip("datasets", reason="needs the package datasets")
PIL = pytest.importorskip("PIL.Image", reason="needs the package pillow")
pycocotools = pytest.importorskip("pycocotools.mask", reason="needs the package pycocotools")


@pytest.fixture(scope="module")
def pictures():
    """The scene and a smaller one, as contents of files."""
    small = io.BytesIO()
    with PIL.open(SCENE) as opened:
        opened.convert("RGB").resize((200, 150)).save(small, "PNG")
    return [SCENE.read_bytes(), small.getvalue(), SCENE.read_bytes()]


@pytest.fixture(scope="module")
def answers(model, pictures):
    return [model.encode(one).ask(WORDS, stuff="grass") for one in pictures]


def dataset_of(pictures, feature=None):
    features = datasets.Features({"image": feature or datasets.Image(), "number": datasets.Value("int64")})
    return datasets.Dataset.from_dict({"image": pictures, "number": list(range(len(pictures)))}, features=features)


def check(rows, answers):
    rows = list(rows)
    assert len(rows) == len(answers)
    for row, answer in zip(rows, answers):
        assert len(row["segments"]) == len(answer) > 0
        for entry, one in zip(row["segments"], answer):
            assert entry["label"] == one.name and entry["label_id"] == one.class_index and entry["id"] == one.id
            assert entry["score"] == pytest.approx(one.score) and entry["is_thing"] == one.is_thing
            assert entry["area"] == one.area and tuple(entry["bbox"]) == one.box
            assert entry["segmentation"] == one.rle
            assert (pycocotools.decode(entry["segmentation"]) == one.mask).all()


@pytest.mark.parametrize("batch", [1, 2, 8])
def test_a_dataset(model, pictures, answers, batch):
    given = dataset_of(pictures)
    asked = ask_dataset(model, given, WORDS, stuff="grass", batch=batch)
    assert asked.column_names == ["image", "number", "segments"] and given.column_names == ["image", "number"]
    check(asked, answers)
    # The rest is as it was: a picture is a picture, and its file the same.
    assert asked.features["image"] == given.features["image"] and asked[1]["image"].size == (200, 150)
    plain = asked.cast_column("image", datasets.Image(decode=False))
    assert [one["image"]["bytes"] for one in plain] == pictures and asked["number"] == [0, 1, 2]


def test_a_stream(model, pictures, answers):
    stream = ask_dataset(model, dataset_of(pictures).to_iterable_dataset(), WORDS, stuff="grass", batch=2)
    assert isinstance(stream, datasets.IterableDataset)
    check(stream, answers)
    first = next(iter(stream))
    assert first["image"].size == (640, 480) and first["number"] == 0
    assert list(stream.features) == ["image", "number", "segments"]


def test_a_stream_is_asked_when_it_is_read(model, pictures):
    taken = []

    def rows():
        for number, one in enumerate(pictures):
            taken.append(number)
            yield {"image": PIL.open(io.BytesIO(one))}

    stream = ask_dataset(model, datasets.IterableDataset.from_generator(rows), WORDS, batch=1)
    assert taken == []
    assert len(next(iter(stream))["segments"]) > 0 and len(taken) < 3


def test_a_stream_of_unknown_columns(model, pictures, answers):
    def rows():
        for one in pictures:
            yield {"image": PIL.open(io.BytesIO(one))}

    check(ask_dataset(model, datasets.IterableDataset.from_generator(rows), WORDS, stuff="grass"), answers)


def test_a_torch_loader_with_workers(model, pictures, answers):
    import torch.utils.data

    stream = ask_dataset(model, dataset_of(pictures).to_iterable_dataset(), WORDS, stuff="grass", batch=2)
    loader = torch.utils.data.DataLoader(stream.remove_columns("image"), batch_size=None, num_workers=1,
                                         multiprocessing_context="spawn")
    check(loader, answers)


def test_splits(model, pictures, answers):
    both = datasets.DatasetDict({"train": dataset_of(pictures), "test": dataset_of(pictures[:1])})
    asked = ask_dataset(model, both, WORDS, stuff="grass")
    assert isinstance(asked, datasets.DatasetDict)
    check(asked["train"], answers)
    check(asked["test"], answers[:1])


@pytest.mark.parametrize("kind", ["binary", "string", "undecoded", "array", "path"])
def test_columns_that_are_no_image_feature(model, pictures, answers, tmp_path, kind):
    files = []
    for number, one in enumerate(pictures):
        files.append(str(tmp_path / f"{number}.png"))
        (tmp_path / f"{number}.png").write_bytes(one)
    values, feature = {
        "binary": (pictures, datasets.Value("binary")),
        "string": (files, datasets.Value("string")),
        "undecoded": (pictures, datasets.Image(decode=False)),
        "array": ([np.array(PIL.open(io.BytesIO(pictures[1])))], datasets.Array3D((150, 200, 3), "uint8")),
        "path": (files, datasets.Image()),
    }[kind]
    asked = ask_dataset(model, dataset_of(values, feature), WORDS, stuff="grass")
    check(asked, answers[1:2] if kind == "array" else answers)
    assert asked.features["image"] == feature


def test_a_formatted_dataset(model, pictures, answers):
    for kind in ("numpy", "torch"):
        asked = ask_dataset(model, dataset_of(pictures).with_format(kind), WORDS, stuff="grass")
        assert asked.format["type"] == kind
        check(asked.with_format(None), answers)


def test_pictures_in_an_archive(model, pictures, answers, tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("scene.png", pictures[0])
    given = dataset_of([f"zip://scene.png::{tmp_path}/a.zip"])
    check(ask_dataset(model, given, WORDS, stuff="grass"), answers[:1])


def test_the_cache_knows_what_was_asked(model, pictures, tmp_path):
    dataset_of(pictures).save_to_disk(tmp_path / "set")

    def fingerprint(words=WORDS, used=model, **options):
        return ask_dataset(used, datasets.load_from_disk(tmp_path / "set"), words, **options)._fingerprint

    first = fingerprint()
    assert fingerprint() == first and fingerprint(used=fcclip.load()) == first
    others = {fingerprint("bat, rock"), fingerprint(stuff="grass"), fingerprint(task="semantic")}
    assert len(others | {first}) == 4


def test_options_and_names(model, image, pictures):
    given = dataset_of(pictures[:1]).rename_column("image", "photo")
    asked = ask_dataset(model, given, WORDS, column="photo", output="found", task="instance", min_score=0.05)
    assert [one["label"] for one in asked[0]["found"]] == [
        one.name for one in image.ask(WORDS, task="instance", min_score=0.05)]
    none = ask_dataset(model, given, WORDS, column="photo", task="instance", min_score=1.0)
    assert none[0]["segments"] == []


def test_a_bad_picture_is_told_by_its_row(model, pictures, answers):
    given = dataset_of([pictures[0], b"no picture", None, pictures[1]])
    for one in (given, given.to_iterable_dataset()):
        with pytest.raises(fcclip.BadFile, match="row 1, column 'image'"):
            list(ask_dataset(model, one, WORDS))
        told = []
        asked = list(ask_dataset(model, one, WORDS, stuff="grass", on_failure=lambda row, why: told.append((row, why)))
                     .select_columns(["segments"]))
        assert [row for row, _ in told] == [1, 2] and "no picture" in told[1][1]
        assert asked[1]["segments"] is None and asked[2]["segments"] is None
        check([asked[0], asked[3]], answers[:2])


def test_refused(model, pictures):
    given = dataset_of(pictures)
    with pytest.raises(fcclip.InvalidArgument, match="no column 'photo'; it has image, number"):
        ask_dataset(model, given, WORDS, column="photo")
    with pytest.raises(fcclip.InvalidArgument, match="already"):
        ask_dataset(model, given, WORDS, output="number")
    with pytest.raises(fcclip.InvalidArgument, match="list is no data set"):
        ask_dataset(model, [1], WORDS)
    with pytest.raises(fcclip.InvalidArgument, match="ask\\(\\) takes no 'alfa'"):
        ask_dataset(model, given, WORDS, alfa=1)


def test_without_the_package(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(fcclip.Unsupported, match=r"datasets .*pip install 'fcclip\[huggingface\]'"):
        ask_dataset(model, None, WORDS)


def test_the_function_can_be_sent(model, image, pictures):
    from fcclip.integrations._dataset import _Asking

    asking = pickle.loads(pickle.dumps(_Asking(model, WORDS, (None, None, None), {"task": "semantic"})))
    assert [one["label"] for one in asking(pictures[:1], [0])["segments"][0]] == [
        one.name for one in image.ask(WORDS, task="semantic")]
