"""docs/integrations.md runs, section by section; the pinned packages are those that are asked for."""

import pathlib
import re

import pytest

import fcclip
from conftest import ROOT

PAGE = (ROOT / "docs/integrations.md").read_text()
PACKAGES = {"supervision": ["supervision"], "Hugging Face": ["datasets", "PIL", "transformers"], "labelme": ["PIL"],
            "Notebook": []}


def blocks_of(text):
    return re.findall(r"```python\n(.*?)```", text, re.S)


FIRST, *SECTIONS = re.split(r"^## ", PAGE, flags=re.M)
MINE = {section.split("\n")[0]: section for section in SECTIONS if section.split("\n")[0] in PACKAGES}


@pytest.mark.parametrize("title", PACKAGES)
def test_section(title, tmp_path, monkeypatch):
    for package in PACKAGES[title]:
        pytest.importorskip(package, reason=f"needs the package {package}")
    blocks = blocks_of(MINE[title])
    assert blocks
    monkeypatch.chdir(tmp_path)
    (tmp_path / "street.jpg").write_bytes((ROOT / "examples/pictures/rocket.jpg").read_bytes())
    known = {"__name__": "page"}
    for block in blocks_of(FIRST) + blocks:
        exec(compile(block, "docs/integrations.md", "exec"), known)
    assert isinstance(known["found"], fcclip.Segmentation) and len(known["found"]) > 0


def names_of(lines):
    return {re.split(r"[\[=<>;~! ]", line.strip())[0].lower() for line in lines if line.strip()}


def test_what_the_tests_need_is_pinned():
    tomllib = pytest.importorskip("tomllib", reason="needs Python 3.11")
    pinned = (pathlib.Path(__file__).parent / "requirements.txt").read_text().splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9_.\[\]-]+==[\w.]+", line) for line in pinned) and pinned == sorted(pinned)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    wanted = names_of(extras["integrations-test"] + extras["huggingface"] + extras["notebook"] + extras["supervision"])
    assert wanted - {"fcclip"} <= names_of(pinned)


def test_types(checks_types):
    """The integrations are checked with the package (docs_test.py checks its users)."""
    checks_types("-p", "fcclip.integrations")
