"""The examples of docstrings and of docs/python.md run; the examples' types hold."""

import doctest
import importlib
import pathlib
import pkgutil
import re
import runpy
import sys

import pytest

import fcclip
from conftest import ROOT, SCENE

MODULES = ["fcclip"] + [f"fcclip.{one.name}" for one in pkgutil.iter_modules(fcclip.__path__)
                        if one.name not in ("_core", "integrations")]
EXAMPLES = ["ask_picture.py", "segment_folder.py", "score_predictions.py"]


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, extraglobs={"picture": str(SCENE)}, optionflags=doctest.ELLIPSIS)
    assert failed == 0


def test_everything_public_is_documented():
    for name in fcclip.__all__:
        assert getattr(fcclip, name).__doc__, name
    for owner in (fcclip.Model, fcclip.Image, fcclip.Segmentation, fcclip.Segment, fcclip.Vocabulary):
        for name, value in vars(owner).items():
            shown = callable(value) or isinstance(value, (property, classmethod, staticmethod))
            if shown and not name.startswith("_"):
                assert value.__doc__, f"{owner.__name__}.{name}"


def test_the_page(tmp_path, monkeypatch, scenes):
    text = (ROOT / "docs/python.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    assert blocks
    monkeypatch.chdir(tmp_path)
    (tmp_path / "street.jpg").write_bytes((ROOT / "examples/pictures/rocket.jpg").read_bytes())
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures/scene.png").write_bytes(SCENE.read_bytes())
    (tmp_path / "truth.json").write_bytes((scenes / "panoptic.json").read_bytes())
    (tmp_path / "predictions.json").write_bytes((scenes / "panoptic.json").read_bytes())
    for name in ("truth", "predictions"):
        (tmp_path / name).symlink_to(scenes / "panoptic")
    known = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, "docs/python.md", "exec"), known)


def test_examples_run(tmp_path, monkeypatch, capsys, scenes):
    def run(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        runpy.run_path(str(ROOT / "examples" / name), run_name="__main__")
        return capsys.readouterr().out

    assert "bat" in run("ask_picture.py", SCENE, "bat, rock")
    assert "scene.png" in run("segment_folder.py", SCENE, tmp_path / "out", "bat, rock")
    assert list((tmp_path / "out").glob("*.overlay.png"))
    truth = scenes / "panoptic.json"
    assert "100.0" in run("score_predictions.py", truth, truth)


def test_types(checks_types):
    checks_types(*(str(ROOT / "examples" / name) for name in EXAMPLES))


def test_the_package_says_that_it_is_typed():
    folder = pathlib.Path(fcclip.__file__).parent
    assert (folder / "py.typed").exists() and (folder / "_core.pyi").read_text().count("class ") > 10


def test_stubs_name_what_is_there():
    """stubtest takes no compiled functions; the names of the stub and of the module are the same."""
    import ast

    from fcclip import _core

    def names_of(body):
        out = {one.target.id for one in body if isinstance(one, ast.AnnAssign)}
        out |= {name.id for one in body if isinstance(one, ast.Assign) for name in one.targets}
        return out | {one.name for one in body if isinstance(one, (ast.FunctionDef, ast.ClassDef))}

    def shown(names):
        return {name for name in names if not name.startswith("_")}

    stub = ast.parse((pathlib.Path(fcclip.__file__).parent / "_core.pyi").read_text())
    assert shown(names_of(stub.body)) == shown(vars(_core))
    for one in stub.body:
        if isinstance(one, ast.ClassDef) and one.name != "Task":
            assert shown(names_of(one.body)) == shown(vars(getattr(_core, one.name))), one.name
