"""What the tests share. They use the installed package alone, and run wherever it is installed."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pytest

# Before fcclip is imported: words that other runs have cached would hide what is computed.
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="fcclip-test-cache-")
os.environ.pop("FCCLIP_MODEL", None)

import fcclip  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCENE = ROOT / "examples/pictures/scene.png"
WORDS = "bat, rock | stone, grass"


@pytest.fixture(scope="session")
def model():
    return fcclip.load()


@pytest.fixture(scope="session")
def pixels():
    import PIL.Image

    return np.array(PIL.Image.open(SCENE).convert("RGB"))


@pytest.fixture(scope="session")
def image(model):
    return model.encode(SCENE)


@pytest.fixture(scope="session")
def found(image):
    return image.ask(WORDS, stuff="grass")


@pytest.fixture(scope="session")
def program():
    """Runs the package's own program; returns what it printed."""
    import torch

    package = pathlib.Path(fcclip.__file__).parent
    environment = dict(os.environ, LD_LIBRARY_PATH=str(pathlib.Path(torch.__file__).parent / "lib"))

    def run(*arguments, status=0):
        done = subprocess.run([package / "bin/fcclip", *map(str, arguments)], capture_output=True, env=environment)
        assert done.returncode == status, done.stderr.decode()
        return done.stdout

    return run


@pytest.fixture
def python():
    """Runs a script in a process of its own; returns its outputs."""

    def run(script, *arguments, status=0, **environment):
        done = subprocess.run([sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True,
                              env={**os.environ, **environment}, timeout=300)
        assert done.returncode == status, done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def scenes(tmp_path_factory):
    """A COCO panoptic data set of four pictures of 64 x 64: a bright square on dark ground."""
    import PIL.Image

    folder = tmp_path_factory.mktemp("scenes")
    (folder / "images").mkdir()
    (folder / "panoptic").mkdir()
    categories = [{"id": 1, "name": "square", "isthing": 1}, {"id": 2, "name": "ground", "isthing": 0}]
    images, annotations = [], []
    for number in range(4):
        rng = np.random.default_rng(number)
        top, left = (int(at) for at in rng.integers(4, 28, 2))
        ids = np.full((64, 64), 2, np.uint8)
        ids[top:top + 28, left:left + 28] = 1
        colours = np.array([[0, 0, 0], [230, 200, 40], [20, 60, 30]], np.uint8)
        noise = rng.integers(0, 20, (64, 64, 3), np.uint8)
        PIL.Image.fromarray(colours[ids] + noise).save(folder / f"images/{number}.png")
        coded = np.zeros((64, 64, 3), np.uint8)
        coded[..., 0] = ids
        PIL.Image.fromarray(coded).save(folder / f"panoptic/{number}.png")
        images.append({"id": number, "file_name": f"{number}.png", "height": 64, "width": 64})
        segments = [{"id": 1, "category_id": 1, "area": 784, "bbox": [left, top, 28, 28], "iscrowd": 0},
                    {"id": 2, "category_id": 2, "area": 64 * 64 - 784, "bbox": [0, 0, 64, 64], "iscrowd": 0}]
        annotations.append({"image_id": number, "file_name": f"{number}.png", "segments_info": segments})
    (folder / "panoptic.json").write_text(
        json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return folder


@pytest.fixture(scope="session")
def checks_types(tmp_path_factory):
    """mypy --strict of files or packages; torch and NumPy are read once."""
    pytest.importorskip("mypy", reason="needs the package mypy")
    cache = tmp_path_factory.mktemp("mypy")
    # Where the package is not installed but only lies in the path, its own sources are checked too.
    place = pathlib.Path(fcclip.__file__).parents[1]
    environment = dict(os.environ) if place.name == "site-packages" else dict(os.environ, MYPYPATH=str(place))

    def check(*what):
        checked = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"),
                                  "--cache-dir", str(cache), *what], capture_output=True, text=True, cwd="/",
                                 env=environment)
        assert checked.returncode == 0, checked.stdout + checked.stderr

    return check
