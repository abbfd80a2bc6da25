"""What an answer holds, and that it is what the program gives, bit for bit."""

import json
import pathlib

import numpy as np
import PIL.Image
import pytest

import fcclip
from conftest import SCENE, WORDS


@pytest.mark.parametrize("task", ["panoptic", "instance", "semantic"])
@pytest.mark.parametrize("extra", [{}, {"alpha": 0.1, "beta": 0.9, "min_score": 0.05, "next_best": 1},
                                   {"top_k": 7, "object_mask_threshold": 0.2, "overlap_threshold": 0.5}])
def test_equals_the_program(image, program, task, extra):
    options = [word for key, value in extra.items() for word in (f"--{key.replace('_', '-')}", value)]
    line = json.loads(program("segment", SCENE, "-c", WORDS, "--stuff", "grass", "-t", task, "--write", "none",
                              "--json", *options))
    for key in ("question", "seconds"):
        del line[key]
    found = image.ask(WORDS, stuff="grass", task=task, **extra)
    mine = found.to_dict()
    assert line.pop("image") == str(SCENE) and mine.pop("image") == "scene.png"
    assert mine == line
    assert found.task == task


KINDS = {"panoptic": "overlay,segments,panoptic,labelme,yolo,geojson,coco,crops,cutouts,masks,cityscapes-instances",
         "instance": "overlay,segments,instance,labelme,yolo,geojson,coco,crops,cutouts,masks",
         "semantic": "overlay,segments,semantic,labelme,yolo,geojson,coco,cityscapes,ade20k,crops,cutouts,masks"}


@pytest.mark.parametrize("task", KINDS)
def test_files_equal_the_program(image, program, task, tmp_path):
    program("segment", SCENE, "-c", WORDS, "--stuff", "grass", "-t", task, "--write", KINDS[task], "-o",
            tmp_path / "program", "-q")
    written = image.ask(WORDS, stuff="grass", task=task).save(tmp_path / "python/scene", write=KINDS[task])
    names = {str(path.relative_to(tmp_path / "python")) for path in written}
    theirs = {str(path.relative_to(tmp_path / "program")) for path in (tmp_path / "program").rglob("*")
              if path.is_file()} - {"run.json", "run.files.jsonl"}
    assert theirs - names <= {"coco-instances.json"} and names <= theirs
    for name in names - {"data.yaml"}:  # of a whole run, where the program writes it
        mine, other = (tmp_path / "python" / name).read_bytes(), (tmp_path / "program" / name).read_bytes()
        if name == "scene.json":  # labelme links the picture from where the file lies
            mine, other = json.loads(mine), json.loads(other)
            assert mine.pop("imagePath") == "scene.png" and other.pop("imagePath").endswith("scene.png")
        assert mine == other, name


def test_usual_kinds(found, tmp_path):
    names = [path.name for path in found.save(tmp_path / "a/b/street")]
    assert names == ["street.overlay.png", "street.panoptic.png", "street.panoptic.json", "street.segments.json"]
    assert not [path for path in (tmp_path / "a/b").iterdir() if path.name.endswith(".tmp")]


def test_save_refuses(found, tmp_path):
    with pytest.raises(fcclip.InvalidArgument, match="overlay"):
        found.save(tmp_path / "x", write="overlya")
    with pytest.raises(fcclip.InvalidArgument):
        found.save(tmp_path / "x", write="segments,semantic")
    with pytest.raises(fcclip.InvalidArgument):
        found.save(str(tmp_path) + "/")
    with pytest.raises(fcclip.InvalidArgument, match="no kind"):
        found.save(tmp_path / "x", write=[])
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        found.save(tmp_path / "file/x", write="segments")


def test_ids_are_the_answers_memory(image):
    found = image.ask(WORDS, stuff="grass")
    ids = found.ids
    assert ids.dtype == np.int32 and ids.shape == found.size == (480, 640)
    assert ids.ctypes.data == found.ids.ctypes.data
    before = ids.copy()
    del found
    assert (ids == before).all()


def test_segments(found):
    assert len(found) >= 2 and found[-1].id == found[len(found) - 1].id
    assert [one.id for one in found[:2]] == [1, 2] and [one.name for one in found] == [one.name for one in list(found)]
    for one in found:
        x, y, width, height = one.box
        mask = one.mask
        assert mask.dtype == bool and mask.sum() == one.area
        assert (mask == (found.ids == one.id)).all()
        rows, columns = np.nonzero(mask)
        assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == (x, y, x + width, y + height)
        assert one.name in found.words.names and one.synonym in found.words[one.class_index].synonyms
        assert all(0 <= score <= 1 for score in (one.score, one.in_vocabulary, one.out_of_vocabulary))
        assert one.is_thing == (one.name != "grass") and one.query >= 0
        assert all(isinstance(name, str) and 0 <= score <= 1 for name, score in one.alternatives)
    with pytest.raises(IndexError):
        found[len(found)]
    assert "scene.png" in repr(found) and found[0].name in repr(found[0])


def test_segment_outlives_its_answer(image):
    one = image.ask(WORDS)[0]
    assert one.mask.sum() == one.area


def test_run_lengths(found):
    pycocotools = pytest.importorskip("pycocotools.mask")
    for one in found:
        assert (pycocotools.decode(one.rle).astype(bool) == one.mask).all()


def test_instances_have_masks_and_no_map(image):
    found = image.ask(WORDS, task="instance")
    with pytest.raises(fcclip.InvalidArgument, match="mask"):
        found.ids
    assert len(found) > 0
    for one in found:
        assert one.score >= 0.3 and one.mask.sum() == one.area


def test_forms(found):
    whole = found.to_dict(masks=True)
    assert whole["segments"][0]["mask"] == found[0].rle
    coco = found.to_coco()
    assert [one["name"] for one in coco["categories"]] == ["bat", "rock", "grass"]
    assert coco["images"][0]["file_name"] == "scene.png" and coco["annotations"]
    labelme = found.to_labelme()
    assert labelme["imageHeight"] == 480 and labelme["shapes"]
    pandas = pytest.importorskip("pandas")
    table = found.to_pandas()
    assert isinstance(table, pandas.DataFrame) and list(table["name"]) == [one.name for one in found]
    assert list(table["area"]) == [one.area for one in found]


def test_notebook_form(found, image):
    import base64
    import re

    html = found._repr_html_()
    picture = re.search(r'src="data:image/jpeg;base64,([^"]+)"', html)
    assert base64.b64decode(picture[1])[:2] == b"\xff\xd8"
    assert html.count("<tr>") == 1 + len(found)
    odd = image.ask(["<script>alert(1)</script> & bat", "rock"])
    assert "<script>" not in odd._repr_html_()
    image.ask("zzz", task="instance", min_score=1.0)._repr_html_()


def test_overlay(found):
    assert found.overlay().dtype == np.uint8
    plain = found.overlay(opacity=0, labels=False, outlines=False, boxes=False)
    assert plain.shape[2] == 3 and not (plain == found.overlay()).all()


def test_a_palette_has_the_data_sets_colours(image, tmp_path):
    found = image.ask("road, sky", task="semantic")
    drawn = found.overlay(palette="cityscapes")
    assert not (drawn == found.overlay()).all()
    (saved,) = found.save(tmp_path / "a", write="overlay", palette="cityscapes")
    assert (np.asarray(PIL.Image.open(saved)) == drawn).all()
    with pytest.raises(fcclip.InvalidArgument, match="palette 'cityscape' \\(did you mean cityscapes"):
        found.overlay(palette="cityscape")


def test_at_is_the_best_mask_there(image):
    big = max(image.ask("rock, bat"), key=lambda one: one.area)
    y, x = (int(at[len(at) // 2]) for at in np.nonzero(big.mask))
    here = image.at("rock, bat", points=(x, y))
    assert 1 <= len(here) <= 5 and here.task == "instance"
    assert here[0].mask[y, x]
    again = image.at("rock, bat", points=[(x, y)], top_k=1)
    assert len(again) == 1 and (again[0].mask == here[0].mask).all()
    boxed = image.at("rock, bat", box=big.box, top_k=1)
    overlap = (boxed[0].mask & big.mask).sum() / (boxed[0].mask | big.mask).sum()
    assert overlap > 0.5


def test_at_refuses(image):
    for arguments in ({}, {"points": (9999, 0)}, {"points": [(1, 2, 3)]}, {"box": (0, 0, 1)}, {"points": "ab"}):
        with pytest.raises(fcclip.InvalidArgument):
            image.at("bat", **arguments)


def test_best_words_are_the_programs(image, program):
    line = json.loads(program("segment", SCENE, "-v", "everything", "--top", "20", "--write", "none", "--json"))
    words = image.best_words()
    assert len(words) == 20 and words.task == "instance" and [one.id for one in words] == list(range(1, 21))
    assert [(one.name, one.score, list(one.box)) for one in words] == [
        (one["name"], one["score"], one["box_xywh_px"]) for one in line["best_words"]]
    assert len({one.name for one in words}) == 20
    for one in words:
        assert one.mask.sum() == one.area > 0 and len(one.alternatives) == 3
    few = image.best_words("bat, rock, grass", stuff="grass", count=2, min_score=0.01)
    assert 1 <= len(few) <= 2 and few[0].name in ("bat", "rock", "grass")
    assert few.overlay().dtype == np.uint8


def test_best_words_refuse(image):
    for options in ({"count": 0}, {"count": "many"}, {"count": True}, {"alpha": 2}, {"words": ""}):
        with pytest.raises(fcclip.InvalidArgument):
            image.best_words(**options)


def test_like_a_segment(model, image):
    others = "rock, wood, christmas tree, sailboat"
    bug = next(one for one in image.ask("ladybug, " + others) if one.name == "ladybug")
    words = model.like(others, "this one", [(image, bug)])
    assert words.names == ["rock", "wood", "christmas tree", "sailboat", "this one"]
    found = next(one for one in image.ask(words) if one.name == "this one")
    assert found.query == bug.query and (found.mask == bug.mask).all()
    again = image.ask(model.like(others, "this one", [(image, bug.query)]))
    assert (again.ids == image.ask(words).ids).all()
    # The same names without what was shown are another question, and stay one when they are asked after it.
    plain = fcclip.Vocabulary(others + ", this one")
    assert plain != words and hash(plain) != hash(words)
    assert image.ask(plain).to_dict() != image.ask(words).to_dict()


def test_like_is_kept_with_its_words(model, image):
    import pickle

    rock = image.ask("rock, bat")[0]
    words = model.like("rock, bat", "rock", [(image, rock), (image, rock)])
    assert words.names == ["rock", "bat"]
    sent = pickle.loads(pickle.dumps(words))
    assert sent == words
    expected = image.ask(words)
    for form in (sent, model.prepare(words), fcclip.Vocabulary(words, things="bat"), expected.words):
        assert (image.ask(form).ids == expected.ids).all()


def test_like_refuses(model, image, pixels):
    for name, shown in (("a", []), ("a", [(image, 4000)]), ("a", [image]), ("a", [(image, "rock")]), ("a", [(1, 2)]),
                        ("", [(image, 0)]), (3, [(image, 0)])):
        with pytest.raises(fcclip.InvalidArgument):
            model.like("rock", name, shown)
    other = fcclip.load().encode(pixels, short_side=64)
    with pytest.raises(fcclip.InvalidArgument, match="another model"):
        model.like("rock", "a", [(other, 0)])


def test_ask_refuses(image, model, pixels):
    for options in ({"alpha": 2}, {"alpha": float("nan")}, {"top_k": 0}, {"task": "panoptics"}, {"next_best": -1},
                    {"min_scores": 0.1}, {"top_k": "many"}):
        with pytest.raises(fcclip.InvalidArgument):
            image.ask("bat", **options)
    other = fcclip.load()
    with pytest.raises(fcclip.InvalidArgument, match="another model"):
        image.ask(other.prepare("bat"))


def test_tensors_cross_without_a_copy(image, model):
    import torch

    tensors = image.tensors()
    assert tensors.mask_logits.dtype == torch.float32 and tensors.mask_logits.dim() == 3
    assert tensors.class_embed.shape == tensors.clip_embed.shape
    assert tensors.mask_logits.data_ptr() == image.tensors().mask_logits.data_ptr()
    rows = model.prepare("cat, dog | puppy").rows()
    assert rows.shape[0] == 3 and torch.allclose(rows.norm(dim=1), torch.ones(3), atol=1e-5)


def test_words_left_out_are_those_of_training(image, program):
    line = json.loads(program("segment", SCENE, "--write", "none", "--json"))
    assert image.ask().to_dict()["segments"] == line["segments"]


def test_templates(image, program, tmp_path):
    (tmp_path / "templates.txt").write_text("a drawing of a {}.\n")
    line = json.loads(program("segment", SCENE, "-c", WORDS, "--write", "none", "--json", "--templates",
                              tmp_path / "templates.txt"))
    assert image.ask(WORDS, templates=["a drawing of a {}."]).to_dict()["segments"] == line["segments"]
    with pytest.raises(fcclip.InvalidArgument, match="no {}"):
        image.ask(WORDS, templates=["a drawing"])


def test_stem_is_a_path_too(found, tmp_path):
    assert found.save(pathlib.Path(tmp_path) / "s", write=["segments"]) == [tmp_path / "s.segments.json"]
