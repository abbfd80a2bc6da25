"""examples/ray_folder.py on a Ray cluster of two actors: equal to one process, also when an actor is killed."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from conftest import ROOT, SCENE

pytest.importorskip("ray.data", reason="Ray is not installed: pip install -r tests/python/scale/requirements.txt")

import PIL.Image  # noqa: E402
import pyarrow  # noqa: E402
import pyarrow.parquet  # noqa: E402

import fcclip  # noqa: E402

WORDS = "bat, rock | stone, wood"
BROKEN = "p07.png"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder of 60 picture files, one of them broken, and one of the same in Parquet."""
    folder = tmp_path_factory.mktemp("pictures")
    scene = PIL.Image.open(SCENE).convert("RGB")
    (folder / "files").mkdir()
    for number in range(60):
        scene.crop((3 * number, 0, 3 * number + 320, 240)).save(folder / f"files/p{number:02}.png")
    (folder / "files" / BROKEN).write_bytes(b"\x89PNG\r\n\x1a\n broken")
    files = sorted((folder / "files").iterdir())
    (folder / "parquet").mkdir()
    table = pyarrow.table({"path": [str(one) for one in files], "bytes": [one.read_bytes() for one in files]})
    pyarrow.parquet.write_table(table, folder / "parquet/part.parquet", row_group_size=6)
    return folder


@pytest.fixture(scope="module")
def expected(pictures):
    """The rows of one process without Ray, by path."""
    model = fcclip.load(threads=1)
    rows = {}
    for path in (pictures / "files").iterdir():
        if path.name != BROKEN:
            found = model.encode(path).ask(WORDS)
            rows[str(path)] = {"width": 320, "height": 240, "names": [one.name for one in found],
                               "scores": [one.score for one in found], "boxes": [list(one.box) for one in found],
                               "counts": [one.rle["counts"] for one in found], "error": None}
    assert sum(len(row["names"]) for row in rows.values()) > 30
    return rows


def rows_of(output):
    """What was written, by path. Every picture once."""
    rows = pyarrow.parquet.read_table(output).to_pylist()
    by_path = {row.pop("path"): row for row in rows}
    assert len(by_path) == len(rows)
    return by_path


def check(rows, expected):
    [broken] = [path for path in rows if path.endswith(BROKEN)]
    refused = rows.pop(broken)
    assert "PNG" in refused["error"] and refused["names"] is None
    assert rows == expected


def start(pictures, output, *more):
    """The example as a user starts it; it brings up a cluster of its own, on which two actors have a thread each."""
    environment = {**os.environ, "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
    environment.pop("RAY_ADDRESS", None)
    return subprocess.Popen([sys.executable, ROOT / "examples/ray_folder.py", pictures, output, WORDS, "--actors", "2",
                             "--batch", "2", *more], env=environment, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, start_new_session=True)


def finish(running):
    said, _ = running.communicate(timeout=300)
    assert running.returncode == 0, said


def actors_of(running):
    """Process ids of the job's living actors: Ray names its workers for what they run."""
    found = []
    for place in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if b"ray::MapWorker" in (place / "cmdline").read_bytes() and os.getsid(int(place.name)) == running.pid:
                found.append(int(place.name))
        except OSError:  # gone meanwhile
            continue
    return found


@pytest.mark.parametrize("form", ["files", "parquet"])
def test_equals_one_process(pictures, expected, tmp_path, form):
    finish(start(pictures / form, tmp_path / "out"))
    check(rows_of(tmp_path / "out"), expected)


def test_a_killed_actor_costs_only_time(pictures, expected, tmp_path):
    running = start(pictures / "files", tmp_path / "out")
    while not list(tmp_path.glob("out/*.parquet")):  # until something is written
        assert running.poll() is None, running.communicate()[0]
        time.sleep(0.01)
    first = actors_of(running)
    assert len(first) == 2
    os.kill(first[0], signal.SIGKILL)
    replaced = False
    while running.poll() is None:
        replaced = replaced or len(set(actors_of(running)) - set(first)) > 0
        time.sleep(0.02)
    finish(running)
    assert replaced
    check(rows_of(tmp_path / "out"), expected)


def test_a_killed_job_goes_on(pictures, expected, tmp_path):
    flags = ["--checkpoint", tmp_path / "checkpoint"]
    running = start(pictures / "files", tmp_path / "out", *flags)
    while not list(tmp_path.glob("checkpoint/**/*.parquet")):
        assert running.poll() is None, running.communicate()[0]
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate()
    finish(start(pictures / "files", tmp_path / "out", *flags))
    check(rows_of(tmp_path / "out"), expected)
    before = sorted(tmp_path.glob("out/*"))
    finish(start(pictures / "files", tmp_path / "out", *flags))  # nothing is left to do
    assert sorted(tmp_path.glob("out/*")) == before


def test_the_example_is_typed():
    pytest.importorskip("mypy")
    checked = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--config-file", ROOT / "pyproject.toml",
                              "--cache-dir", "/dev/null", ROOT / "examples/ray_folder.py"],
                             capture_output=True, text=True, cwd="/")
    assert checked.returncode == 0, checked.stdout
