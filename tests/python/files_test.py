"""Model files: what they are, made anew, tokens."""

import json

import pytest

import fcclip
from conftest import WORDS


def test_info_equals_the_program(program):
    path = fcclip.bundled_model()
    assert fcclip.info(path) == json.loads(program("info", path, "--json"))
    with pytest.raises(FileNotFoundError):
        fcclip.info("none.safetensors")


def test_convert_equals_the_program(program, tmp_path, image):
    source = fcclip.bundled_model()
    program("convert", source, "-o", tmp_path / "program.safetensors", "--dtype", "float16")
    seen = []
    made = fcclip.convert(source, tmp_path / "python.safetensors", dtype="float16",
                          progress=lambda done, total: seen.append(done))
    assert made.read_bytes() == (tmp_path / "program.safetensors").read_bytes() and seen
    again = fcclip.load(made)
    assert again.name == image.model.name and len(again.training_words) == len(image.model.training_words)


def test_convert_refuses(tmp_path):
    source = fcclip.bundled_model()
    (tmp_path / "there").write_text("mine")
    with pytest.raises(fcclip.InvalidArgument, match="overwrite=True"):
        fcclip.convert(source, tmp_path / "there")
    with pytest.raises(fcclip.InvalidArgument, match="dtype"):
        fcclip.convert(source, tmp_path / "new", dtype="int8")
    with pytest.raises(fcclip.InvalidArgument, match="no checkpoints"):
        fcclip.convert([], tmp_path / "new")
    with pytest.raises(FileNotFoundError):
        fcclip.convert(tmp_path / "none.pth", tmp_path / "new")
    with pytest.raises(fcclip.Interrupted):
        fcclip.convert(source, tmp_path / "new", progress=lambda done, total: False)
    assert (tmp_path / "there").read_text() == "mine" and not (tmp_path / "new").exists()
    fcclip.convert(source, tmp_path / "there", overwrite=True, training_vocabulary=WORDS)
    assert fcclip.load(tmp_path / "there").training_words.names == ["bat", "rock", "grass"]


def test_tokens_equal_the_program(program):
    texts = ["a cat", "São Paulo — 東京", "", "  Two\tblanks "]
    model = fcclip.bundled_model()
    for flags, padded in (([], False), (["--padded"], True)):
        lines = program("tokenize", *texts, "--model", model, *flags).decode().splitlines()
        assert fcclip.tokenize(texts, padded=padded) == [json.loads(line) for line in lines]
    assert fcclip.tokenize(texts[0], model=model) == fcclip.tokenize(texts)[0]
    with pytest.raises(fcclip.InvalidArgument):
        fcclip.tokenize([3])


def test_model_says_what_it_is(model):
    summary = fcclip.info(model.path)
    assert model.name == summary["config"]["name"] and model.device == "cpu"
    assert model.queries > 0 and model.short_side > 0 and model.max_side >= model.short_side
    assert isinstance(model.provenance, str) and model.name in repr(model)


def test_models_can_be_sent(model):
    import pickle

    again = pickle.loads(pickle.dumps(model))
    assert again.path == model.path and again.name == model.name
