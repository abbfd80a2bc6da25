"""Training: the program's own loop."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Union

from . import _core
from ._errors import invalid

Path = Union[str, "os.PathLike[str]"]


class TrainingLine(NamedTuple):
    """A line of the log."""

    kind: str
    """"line", "evaluation", or "message", which has a text alone."""
    step: int
    total_steps: int
    steps_per_s: float
    numbers: dict[str, float]
    """Means since the last line ("loss", "learning_rate" …); of an evaluation its scores ("PQ" …)."""
    text: str


class TrainingEnd(NamedTuple):
    """How a training ended."""

    model: pathlib.Path
    """The model as it is now."""
    steps_done: int
    total_steps: int
    finished: bool
    """False: to be gone on with by resume=True."""
    missed: tuple[str, ...] = ()
    """Figures of the setting run.expect that the last evaluation did not reach ("PQ is 18.2, expected >=20"); the program
    ends with status 1 there."""


def train(settings: Path | None = None, *, output: Path, set: Mapping[str, Any] | None = None, resume: bool = False,
          stop_after: int = 0, stop_after_s: float = 0, on_log: Callable[[TrainingLine], Any] | None = None) \
        -> TrainingEnd:
    """Trains a mask generator on a frozen CLIP, by the same loop as `fcclip train`. Ctrl-C, or an exception of on_log,
    ends it after a step, with a checkpoint.

    Args:
        settings: a TOML file; fcclip.training_settings() shows what it may hold.
        output: folder of checkpoints, logs and model.safetensors.
        set: values over the file's, {"schedule.steps": 100} or {"schedule": {"steps": 100}}.
        resume: go on from the folder's newest checkpoint.
        stop_after, stop_after_s: stop after so many steps or seconds, to be resumed; 0: never.
        on_log: called with a TrainingLine for each line of the log.

    Raises:
        fcclip.InvalidArgument: a setting that does not exist or has a wrong type; a folder with another run.
        fcclip.NotFound, fcclip.BadFile: settings, CLIP or data.
        fcclip.Error: code "diverged", when the numbers are no longer finite.
    """
    request = _core.TrainRequest()
    request.set_paths(os.fsencode(settings) if settings is not None else b"", os.fsencode(output))
    request.assignments = [f"{key}={_toml(value, key)}" for key, value in _flat(set or {}, "")]
    request.resume = resume
    request.stop_after = stop_after
    request.stop_after_s = stop_after_s
    request.record = f"# fcclip {_core.version()}\n# fcclip.train in Python\n"
    end = _core.train(request, None if on_log is None else lambda line: on_log(_line_of(line)))
    return TrainingEnd(pathlib.Path(os.fsdecode(end.model)), end.steps_done, end.total_steps, end.finished,
                       tuple(end.missed))


def training_settings() -> str:
    """All settings with their defaults and explanations, as TOML.

    >>> import fcclip
    >>> "[schedule]" in fcclip.training_settings()
    True
    """
    return _core.training_settings()


def _line_of(line: _core.TrainLine) -> TrainingLine:
    return TrainingLine(line.kind, line.step, line.total_steps, line.steps_per_s, dict(line.numbers),
                        line.text.decode("utf-8", "replace"))


def _flat(values: Mapping[str, Any], before: str) -> list[tuple[str, Any]]:
    out: list[tuple[str, Any]] = []
    for key, value in values.items():
        out += _flat(value, f"{before}{key}.") if isinstance(value, Mapping) else [(before + key, value)]
    return out


def _toml(value: object, key: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (str, os.PathLike)):
        return json.dumps(os.fspath(value), ensure_ascii=False)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(one, key) for one in value) + "]"
    raise invalid(f"{key} is {value!r}; expected a number, a text, true or false, or a list")
