"""Many pictures: as the program, in order, resumable, stoppable."""

import itertools
import json
import shutil
import threading
import warnings

import pytest

import fcclip
from conftest import SCENE, WORDS

SIZE = dict(short_side=96, max_side=128)
FLAGS = ["--short-side", 96, "--max-side", 128]


@pytest.fixture
def pictures(tmp_path, pixels):
    import PIL.Image

    folder = tmp_path / "pictures"
    (folder / "below").mkdir(parents=True)
    for number in range(6):
        PIL.Image.fromarray(pixels[40 * number:40 * number + 200]).save(folder / f"p{number}.png")
    shutil.copy(SCENE, folder / "below/scene.png")
    return folder


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
            if path.is_file() and not path.name.startswith("run.")}


def test_files_equal_the_program(model, pictures, program, tmp_path):
    for task in ("panoptic", "instance"):
        program("segment", pictures, "-c", WORDS, "--stuff", "grass", "-t", task, "-o", tmp_path / f"program-{task}",
                "--write", "all", "-q", *FLAGS)
        answers = list(model.ask_folder(pictures, WORDS, stuff="grass", task=task, output=tmp_path / f"python-{task}",
                                        write="all", **SIZE))
        assert len(answers) == 7
        mine, theirs = files_of(tmp_path / f"python-{task}"), files_of(tmp_path / f"program-{task}")
        assert mine == {name.replace("program-", "python-"): data for name, data in theirs.items()}
        told = {str(file.relative_to(tmp_path / f"python-{task}")) for one in answers for file in one.files}
        assert told <= set(mine)


def test_answers_equal_single_ones(model, pictures, program):
    answers = list(model.ask_folder(str(pictures), WORDS, **SIZE))
    said = program("segment", pictures, "-c", WORDS, "--write", "none", "--json", *FLAGS).splitlines()
    assert [one.path for one in answers] == [json.loads(line)["image"] for line in said]
    for one in answers:
        alone = model.encode(one.path, **SIZE).ask(WORDS)
        assert (one.ids == alone.ids).all() and one.to_dict() == alone.to_dict()
        assert one.files == [] and one.kept == [] and one.image_name == alone.image_name


def test_input_forms(model, pictures):
    forms = ([pictures / "p0.png", str(pictures / "p1.png")], pictures / "p[01].png",
             [pictures / "p0*", pictures / "p1*"])
    for form in forms:
        assert len(list(model.ask_folder(form, "bat", **SIZE))) == 2


def test_resume_goes_on(model, pictures, program, tmp_path):
    def run():
        return model.ask_folder(pictures, WORDS, output=tmp_path / "out", resume=True, write="segments", **SIZE)

    first = [one.path for one in itertools.islice(run(), 2)]
    rest = [one.path for one in run()]
    assert len(first) == 2 and not set(first) & set(rest)
    finished = json.loads((tmp_path / "out/run.json").read_text())
    assert finished["status"] == "complete"
    assert list(run()) == []
    # The program knows the folder again, and the other way round.
    said = program("segment", pictures, "-c", WORDS, "--write", "segments", "--resume", "-o", tmp_path / "out", *FLAGS)
    assert b"7 already written" in said
    anew = list(model.ask_folder(pictures, "bat", output=tmp_path / "out", resume=True, write="segments", **SIZE))
    assert len(anew) == 7


def test_devices_share_the_pictures(model, pictures, tmp_path):
    def paths(output, **more):
        return [one.path for one in model.ask_folder(pictures, WORDS, output=tmp_path / output, write="coco,csv",
                                                     **more, **SIZE)]

    whole = paths("whole")
    assert paths("two", devices="cpu,cpu") == whole and paths("one", devices=["cpu"]) == whole
    assert files_of(tmp_path / "two") == files_of(tmp_path / "one") == files_of(tmp_path / "whole")
    for bad in ("", []):
        with pytest.raises(fcclip.InvalidArgument, match="devices is .*; expected"):
            paths("bad", devices=bad)
    with pytest.raises(fcclip.InvalidArgument, match="tpu"):
        paths("bad", devices="tpu")
    with pytest.raises(fcclip.InvalidArgument):
        paths("bad", devices=["cpu", "cuda:0"])
    assert not (tmp_path / "bad").exists()


def test_shards_share_the_pictures(model, pictures, tmp_path):
    def paths(output, **more):
        return [one.path for one in model.ask_folder(pictures, WORDS, output=tmp_path / output, write="coco,csv",
                                                     **more, **SIZE)]

    whole = paths("whole")
    assert paths("parts", shard=(2, 3)) == whole[1::3] and paths("parts", shard="1/3") == whole[::3]
    assert not (tmp_path / "parts/segments.csv").exists()
    assert paths("parts", shard="3/3", resume=True) == whole[2::3]
    assert files_of(tmp_path / "parts") == files_of(tmp_path / "whole")
    assert paths("parts", shard="2/2", resume=True) == []
    for bad in ("0/3", "4/3", "3", (0, 3), (4, 3)):
        with pytest.raises(fcclip.InvalidArgument, match="expected K/N, shard K of N counted from 1"):
            paths("parts", shard=bad)
    for bad in ("", (1, 2, 3), 3, (1.0, 2), [1, 2]):
        with pytest.raises(fcclip.InvalidArgument, match="shard is .*; expected"):
            paths("parts", shard=bad)


def test_leaving_the_loop_stops_the_work(model, pictures):
    before = threading.active_count()
    for _ in range(5):
        for _answer in model.ask_folder(pictures, "bat", **SIZE):
            break
    generator = model.ask_folder(pictures, "bat", **SIZE)
    next(generator)
    generator.close()
    with pytest.raises(StopIteration):
        next(generator)
    assert threading.active_count() == before


def test_failures(model, pictures):
    (pictures / "p2.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    answers = []
    with pytest.raises(fcclip.PartialFailure) as failed:
        for one in model.ask_folder(pictures, "bat", **SIZE):
            answers.append(one)
    assert len(answers) == 6 and failed.value.code == "partial_failure"
    [(path, reason)] = failed.value.failures
    assert path.endswith("p2.png") and "p2.png" in reason
    told = []
    assert len(list(model.ask_folder(pictures, "bat", on_failure=lambda *what: told.append(what), **SIZE))) == 6
    assert [path for path, _ in told] == [str(pictures / "p2.png")]


def test_refused_at_once(model, pictures, tmp_path):
    with pytest.raises(FileNotFoundError):
        list(model.ask_folder(tmp_path / "nothing*.png", "bat"))
    with pytest.raises(fcclip.InvalidArgument, match="output is needed"):
        list(model.ask_folder(pictures, "bat", write="overlay"))
    with pytest.raises(fcclip.InvalidArgument, match="takes no 'ouput'"):
        model.ask_folder(pictures, "bat", ouput="x")
    with pytest.raises(fcclip.InvalidArgument):
        list(model.ask_folder(pictures, "bat", output=tmp_path / "o", write="overlya"))
    with pytest.raises(fcclip.InvalidArgument, match="standard input"):
        model.ask_folder(["-"], "bat")
    with pytest.raises(fcclip.InvalidArgument):
        model.ask_folder(pictures, "")


def test_files_of_others_stay(model, pictures, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "p0.segments.json").write_text("mine")
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        answers = list(model.ask_folder(pictures / "p0.png", "bat", output=out, write="segments", **SIZE))
    assert answers[0].kept == [out / "p0.segments.json"] and (out / "p0.segments.json").read_text() == "mine"
    assert any(issubclass(note.category, fcclip.Note) and "overwrite=True" in str(note.message) for note in notes)
    list(model.ask_folder(pictures / "p0.png", "bat", output=out, write="segments", overwrite=True, **SIZE))
    assert json.loads((out / "p0.segments.json").read_text())["task"] == "panoptic"


INTERRUPTED = """
import os, signal, sys, fcclip
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may ignore it
model = fcclip.load()
done = 0
try:
    for answer in model.ask_folder(sys.argv[1], "bat", output=sys.argv[2], write="segments", resume=True,
                                   short_side=96, max_side=128):
        done += 1
        if done == 2 and len(sys.argv) == 3:
            os.kill(os.getpid(), signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted", done)
else:
    print("finished", done)
"""


def test_ctrl_c_stops_between_pictures(python, pictures, tmp_path):
    done = python(INTERRUPTED, pictures, tmp_path / "out")
    assert done.stdout == "interrupted 2\n" and "nanobind" not in done.stderr
    assert json.loads((tmp_path / "out/run.json").read_text())["status"] == "interrupted"
    word, count = python(INTERRUPTED, pictures, tmp_path / "out", "through").stdout.split()
    assert word == "finished" and 1 <= int(count) <= 5
    assert len(list((tmp_path / "out").rglob("*.segments.json"))) == 7
