"""Shards as Slurm and torchrun start them: examples/slurm_array.sh, and the line of docs/scale.md."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT, SCENE

FLAGS = ["--short-side", "64", "--max-side", "96", "--write", "segments,jsonl"]
WORDS = "bat, rock | stone"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pictures").mkdir()
    for number in range(5):
        shutil.copy(SCENE, tmp_path / f"pictures/p{number}.png")
    return tmp_path


@pytest.fixture
def environment():
    """fcclip and torchrun are those of this Python; Slurm's variables only where a test sets them."""
    kept = {key: value for key, value in os.environ.items() if not re.match("SLURM_|RANK$|WORLD_SIZE$", key)}
    return {**kept, "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"}


def answered(folder, count):
    """Of each shard, how many pictures it answered."""
    records = [json.loads((folder / f"out/run.{number}-of-{count}.json").read_text())
               for number in range(1, count + 1)]
    assert all(record["status"] == "complete" for record in records)
    return [record["images"]["answered"] for record in records]


def array_task(folder, environment, task, tasks=3, first=1, *more):
    variables = {"SLURM_ARRAY_TASK_ID": task, "SLURM_ARRAY_TASK_COUNT": tasks, "SLURM_ARRAY_TASK_MIN": first,
                 "SLURM_ARRAY_TASK_MAX": first + tasks - 1, "SLURM_CPUS_PER_TASK": 1}
    return subprocess.run([ROOT / "examples/slurm_array.sh", "pictures", "out", WORDS, *FLAGS, *more], cwd=folder,
                          env={**environment, **{key: str(value) for key, value in variables.items()}},
                          capture_output=True, text=True)


def test_slurm_array(folder, environment):
    for task in (1, 2, 3):
        done = array_task(folder, environment, task)
        assert done.returncode == 0, done.stderr
    assert answered(folder, 3) == [2, 2, 1]
    lines = [json.loads(line)["image"] for line in (folder / "out/results.jsonl").read_text().splitlines()]
    assert lines == [f"pictures/p{number}.png" for number in range(5)]
    again = array_task(folder, environment, 2)
    assert again.returncode == 0 and answered(folder, 3) == [2, 0, 1]


def test_slurm_array_with_gaps_is_refused(folder, environment):
    done = array_task(folder, environment, 3, 2, 3)
    assert done.returncode == 2 and "--array=1-N" in done.stderr
    alone = subprocess.run([ROOT / "examples/slurm_array.sh", "pictures", "out", WORDS], cwd=folder, env=environment,
                           capture_output=True, text=True)
    assert alone.returncode == 2 and "--array=1-N" in alone.stderr
    assert not (folder / "out").exists()


def torchrun_line():
    """As docs/scale.md prints it."""
    page = (ROOT / "docs/scale.md").read_text().replace("\\\n", " ")
    [line] = re.findall(r"(?m)^    (torchrun .*)$", page)
    return line


def test_torchrun(folder, environment):
    line = torchrun_line().replace("--threads", " ".join(FLAGS) + " --threads")
    if shutil.which("torchrun", path=environment["PATH"]) is None:  # torch without its scripts
        line = line.replace("torchrun", f"{sys.executable} -m torch.distributed.run", 1)
    done = subprocess.run(["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert answered(folder, 2) == [3, 2]
    assert len((folder / "out/results.jsonl").read_text().splitlines()) == 5
