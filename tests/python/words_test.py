"""Words in all their forms mean the same."""

import pickle

import numpy as np
import pytest

import fcclip
from conftest import WORDS

FORMS = [
    (("bat, rock | stone, grass",), {"stuff": "grass"}),
    ((["bat", "rock | stone", "grass"],), {"stuff": ["grass"]}),
    ((["bat", ["rock", "stone"], ("grass",)],), {"stuff": "grass"}),
    (({"bat": None, "rock": "stone", "grass": "stuff"},), {}),
    (({"bat": [], "rock": ["stone"], "grass": {"kind": "stuff"}},), {}),
    (({"bat": "thing", "rock": {"synonyms": "stone"}, "grass": {"kind": "stuff", "id": 3}},), {}),
]


@pytest.mark.parametrize("arguments, marks", FORMS)
def test_forms_are_equal(image, found, arguments, marks):
    words = fcclip.Vocabulary(*arguments, **marks)
    assert words == found.words and words.names == ["bat", "rock", "grass"]
    for form in (words, image.model.prepare(words), image.model.prepare(*arguments, **marks)):
        again = image.ask(form)
        assert (again.ids == found.ids).all() and again.to_dict() == found.to_dict()
    assert (image.ask(*arguments, **marks).ids == found.ids).all()


def test_marks():
    words = fcclip.Vocabulary("cat, sky, wall", stuff="sky", background=["wall", "floor"])
    assert [(one.name, one.kind) for one in words] == [
        ("cat", "thing"), ("sky", "stuff"), ("wall", "background"), ("floor", "background")]
    again = fcclip.Vocabulary(words, things="sky")
    assert again[1].kind == "thing" and words[1].kind == "stuff"


def test_a_repeated_word_counts_once():
    assert len(fcclip.Vocabulary("cat, Cat, dog")) == len(fcclip.Vocabulary(["cat", "Cat", "dog"])) == 2


def test_fields():
    words = fcclip.Vocabulary({"cat": {"id": 17, "colour": (1, 2, 3), "synonyms": ["kitten", "kitty"]}})
    assert words[0] == fcclip.WordClass(("cat", "kitten", "kitty"), "thing", 17, (1, 2, 3))
    assert fcclip.Vocabulary(list(words)) == words and fcclip.Vocabulary(words) == words
    assert "kitten" in repr(words) and hash(words) == hash(fcclip.Vocabulary(words))


def test_builtin_and_files(tmp_path):
    assert "coco_panoptic_133" in fcclip.Vocabulary.builtin_names()
    coco = fcclip.Vocabulary.load("coco")
    assert len(coco) == 133 and coco.name
    assert len(coco + "zeppelin") == 134 and len(coco + coco) == 133
    file = tmp_path / "words.txt"
    file.write_text("cat\ndog | puppy\n[stuff]\ngrass\n")
    assert [one.kind for one in fcclip.Vocabulary.load(file)] == ["thing", "thing", "stuff"]
    with pytest.raises(fcclip.InvalidArgument, match="did you mean coco"):
        fcclip.Vocabulary.load("cocoo")


@pytest.mark.parametrize("words", ["", " , ", [], {}, [""], 3, b"cat", [3], {"cat": 3}, {3: "cat"},
                                   {"cat": {"kinds": "stuff"}}, {"cat": {"kind": "liquid"}}, ["\ud800"], "\ud800"])
def test_refused(words):
    with pytest.raises((fcclip.InvalidArgument, UnicodeEncodeError, TypeError)):
        fcclip.Vocabulary(words)


def test_pickle():
    words = fcclip.Vocabulary("cat, dog | puppy, grass", stuff="grass")
    assert pickle.loads(pickle.dumps(words)) == words


def test_prepared_words(model):
    prepared = model.prepare("walrus, sea lion | seal")
    assert prepared.computed + prepared.cached == 3
    assert model.prepare("walrus, sea lion | seal").cached == 3
    assert prepared.words.names == ["walrus", "sea lion"]
    with pytest.raises(fcclip.InvalidArgument, match="prepare"):
        model.encode(np.zeros((8, 8, 3), np.uint8), short_side=32).ask(prepared, stuff="sea")


def test_words_asked_again_are_kept(image):
    first = image.model._prepared(WORDS, (None, None, None), ())
    assert image.model._prepared(WORDS, (None, None, None), ()) is first
    for number in range(40):
        image.model._prepared(f"word{number % 3}, w{number}", (None, None, None), ())
    assert len(image.model._asked) <= 32
