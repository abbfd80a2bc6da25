"""The program's own loop, seen from Python."""

import pytest

import fcclip

STEPS = 6


@pytest.fixture
def settings(scenes):
    return {
        "model": {"init": fcclip.bundled_model()},
        "data": {"kind": "panoptic", "images": scenes / "images", "panoptic_json": scenes / "panoptic.json",
                 "panoptic_pngs": scenes / "panoptic", "vocabulary": "", "workers": 1, "ahead": 2},
        "augment": {"crop_size": 64, "min_scale": 1.0, "max_scale": 1.0},
        "run": {"batch": 2, "log_every": 2, "seed": 3},
        "schedule.steps": STEPS,
        "loss.points": 100,
    }


def flags(settings, before=""):
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from flags(value, f"{before}{key}.")
        else:
            text = f'"{value}"' if not isinstance(value, (int, float)) else value
            yield from ("--set", f"{before}{key}={text}")


def test_equals_the_program(settings, program, tmp_path):
    lines = []
    end = fcclip.train(output=tmp_path / "python", set=settings, on_log=lines.append)
    assert end.finished and end.steps_done == end.total_steps == STEPS
    assert [one.step for one in lines if one.kind == "line"][-1] == STEPS
    assert all(one.numbers["loss"] > 0 and one.total_steps == STEPS for one in lines if one.kind == "line")
    program("train", *flags(settings), "-o", tmp_path / "program")
    theirs = fcclip.load(tmp_path / "program/model.safetensors")
    assert end.model.read_bytes() == (tmp_path / "program/model.safetensors").read_bytes()
    assert fcclip.load(end.model).name == theirs.name


def test_stops_and_goes_on(settings, tmp_path):
    first = fcclip.train(output=tmp_path / "a", set=settings, stop_after=2)
    assert not first.finished and first.steps_done == 2
    with pytest.raises(fcclip.InvalidArgument, match="resume"):
        fcclip.train(output=tmp_path / "a", set=settings)
    rest = fcclip.train(output=tmp_path / "a", set=settings, resume=True)
    whole = fcclip.train(output=tmp_path / "b", set=settings)
    assert rest.finished and rest.model.read_bytes() == whole.model.read_bytes()


def test_expected_figures(settings, scenes, tmp_path):
    truth = {"kind": "panoptic", "images": scenes / "images", "panoptic_json": scenes / "panoptic.json",
             "panoptic_pngs": scenes / "panoptic", "vocabulary": ""}
    expecting = settings | {"evaluation": truth, "run": settings["run"] | {"expect": "PQ>=100.5,SQ>=0", "evaluate_every": STEPS}}
    end = fcclip.train(output=tmp_path, set=expecting)
    assert end.finished and len(end.missed) == 1 and "expected >=100.5" in end.missed[0]
    # Asked again there is nothing to train, only to evaluate.
    again = fcclip.train(output=tmp_path, set=expecting, resume=True)
    assert again.missed == end.missed


def test_an_exception_of_on_log_ends_it_with_a_checkpoint(settings, tmp_path):
    class Enough(Exception):
        pass

    def stop(line):
        raise Enough

    with pytest.raises(Enough):
        fcclip.train(output=tmp_path / "a", set=settings, on_log=stop)
    assert (tmp_path / "a/model.safetensors").exists()
    assert fcclip.train(output=tmp_path / "a", set=settings, resume=True).finished


def test_settings_files_and_refusals(settings, tmp_path):
    (tmp_path / "settings.toml").write_text(fcclip.training_settings())
    end = fcclip.train(tmp_path / "settings.toml", output=tmp_path / "a", set=settings, stop_after=1)
    assert end.steps_done == 1 and not end.finished
    with pytest.raises(fcclip.InvalidArgument, match="schedule.stepz"):
        fcclip.train(output=tmp_path / "b", set={"schedule.stepz": 3})
    with pytest.raises(fcclip.InvalidArgument):
        fcclip.train(output=tmp_path / "b", set={"schedule.steps": "many"})
    with pytest.raises(fcclip.InvalidArgument, match="expected a number"):
        fcclip.train(output=tmp_path / "b", set={"schedule.steps": None})
    with pytest.raises(FileNotFoundError):
        fcclip.train(tmp_path / "none.toml", output=tmp_path / "b")


def test_learns_inside_of_no_grad(settings, tmp_path):
    import torch

    with torch.no_grad():
        assert fcclip.train(output=tmp_path / "a", set=settings, stop_after=1).steps_done == 1
    assert torch.is_grad_enabled()
