"""Many pictures."""

from __future__ import annotations

import os
import pathlib
import warnings
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Union

from . import _core
from ._errors import Note, PartialFailure, error_of, invalid
from ._files import package_folder
from ._options import AskOptions, core_options
from ._segmentation import Segmentation
from ._words import Marks, Words

if TYPE_CHECKING:
    from ._model import Model

# Ctrl-C is noticed between two waits.
_WAIT_S = 0.05
_ANSWER, _FAILURE = 0, 1


class FolderOptions(AskOptions, total=False):
    """Keyword arguments of Model.ask_folder."""

    things: Marks
    stuff: Marks
    background: Marks
    templates: Sequence[str]
    output: Union[str, os.PathLike[str], None]
    write: Union[str, Iterable[str], None]
    shard: Union[str, tuple[int, int], None]
    devices: Union[str, Iterable[object], None]
    resume: bool
    overwrite: bool
    tolerance: float
    short_side: int
    max_side: int
    on_failure: Union[Callable[[str, str], Any], None]


class FolderAnswer(Segmentation):
    """The answer to one of many pictures.

    Attributes:
        path: the picture's file.
        files: what was written.
        kept: files that stayed, since fcclip did not write them.
    """

    __slots__ = ("path", "files", "kept")

    path: str
    files: list[pathlib.Path]
    kept: list[pathlib.Path]


def run_folder(model: Model, pictures: Any, words: Words | None, options: FolderOptions) \
        -> Generator[FolderAnswer, None, None]:
    """Checks everything at once, and works when it is iterated over."""
    on_failure = options.get("on_failure")
    plan = _plan_of(model, pictures, words, options)
    return _answers(model, plan, on_failure)


def _answers(model: Model, plan: _core.FolderPlan, on_failure: Callable[[str, str], Any] | None) \
        -> Generator[FolderAnswer, None, None]:
    run = _core.FolderRun.start(model._core_model, plan)
    failures: list[tuple[str, str]] = []
    try:
        while True:
            event = run.next(_WAIT_S)
            if event is None:
                if run.ended:
                    break
                continue
            path = os.fsdecode(event.path)
            if event.kind == _ANSWER:
                yield _answer_of(event, path, plan.words)
            elif event.kind != _FAILURE:
                warnings.warn(event.text.decode("utf-8", "replace"), Note, stacklevel=2)
            else:
                reason = event.text.decode("utf-8", "replace")
                if on_failure is not None:
                    on_failure(path, reason)
                else:
                    failures.append((path, reason))
        total = run.count[0]
    finally:
        run.close()
    if failures:
        raise _partial_failure(failures, total)


def _answer_of(event: _core.FolderEvent, path: str, words: _core.Words) -> FolderAnswer:
    picture = event.take_picture()
    answer = FolderAnswer(event.take_answer(), picture, words, os.path.basename(path))
    answer.path = path
    answer.files = [pathlib.Path(os.fsdecode(one)) for one in event.files]
    answer.kept = [pathlib.Path(os.fsdecode(one)) for one in event.kept]
    return answer


def _partial_failure(failures: list[tuple[str, str]], total: int) -> PartialFailure:
    shown = failures[0][1] + (f"; and {len(failures) - 1} more" if len(failures) > 1 else "")
    error = error_of("partial_failure", f"{len(failures)} of {total} pictures failed: {shown}")
    assert isinstance(error, PartialFailure)
    error.failures = failures
    return error


def _plan_of(model: Model, pictures: Any, words: Words | None, options: FolderOptions) -> _core.FolderPlan:
    known = FolderOptions.__annotations__
    asked = {key: value for key, value in options.items() if key in AskOptions.__annotations__}
    for key in options:
        if key not in known and key not in AskOptions.__annotations__:
            raise invalid(f"ask_folder() takes no {key!r}; there are words, "
                          + ", ".join([*known, *AskOptions.__annotations__]))
    plan = _core.FolderPlan()
    output = options.get("output")
    plan.set_inputs([os.fsencode(one) for one in _inputs_of(pictures)])
    plan.set_places(os.fsencode(output) if output is not None else b"", os.fsencode(model.path),
                    os.fsencode(package_folder() / "share/fcclip/fonts"))
    plan.write = _write_of(options.get("write"), output is not None)
    plan.shard = _shard_of(options.get("shard"))
    plan.devices = _devices_of(options.get("devices"))
    plan.resume = options.get("resume", False)
    plan.overwrite = options.get("overwrite", False)
    plan.tolerance = options.get("tolerance", 1.0)
    plan.short_side = options.get("short_side", 0)
    plan.max_side = options.get("max_side", 0)
    plan.min_score = options.get("min_score")
    plan.ask = core_options(asked)  # type: ignore[arg-type]
    plan.templates = list(options.get("templates", ()))
    marks = (options.get("things"), options.get("stuff"), options.get("background"))
    plan.words = model._vocabulary(words, marks)._core_words
    return plan


def _inputs_of(pictures: Any) -> list[str]:
    if isinstance(pictures, (str, os.PathLike)):
        return [os.fspath(pictures)]
    listed = [os.fspath(one) for one in pictures]
    if "-" in listed:
        raise invalid("\"-\" is no picture here: standard input belongs to your program")
    return listed


def _shard_of(shard: Union[str, tuple[int, int], None]) -> str:
    if shard is None:
        return ""
    if isinstance(shard, str) and shard:
        return shard
    if isinstance(shard, tuple) and len(shard) == 2 and all(type(one) is int for one in shard):
        return f"{shard[0]}/{shard[1]}"
    raise invalid(f"shard is {shard!r}; expected \"K/N\" or (K, N), shard K of N counted from 1")


def _devices_of(devices: Union[str, Iterable[object], None]) -> str:
    if devices is None:
        return ""
    named = devices if isinstance(devices, str) else ",".join(map(str, devices))
    if not named:
        raise invalid(f"devices is {devices!r}; expected \"all\", \"cuda:0,cuda:1\" or a list of names")
    return named


def _write_of(write: Union[str, Iterable[str], None], has_output: bool) -> str:
    if write is None:
        return "" if has_output else "none"
    return write if isinstance(write, str) else ",".join(write)
