"""Keyword arguments of questions as the library's options."""

from __future__ import annotations

from typing import Literal, TypedDict

from . import _core
from ._errors import invalid

Task = Literal["panoptic", "instance", "semantic"]

_TASKS: dict[str, _core.Task] = {
    "panoptic": _core.Task.panoptic, "instance": _core.Task.instance, "semantic": _core.Task.semantic}


class AskOptions(TypedDict, total=False):
    """What every question takes, beside its words. What is left out is as the model's file has it."""

    task: Task
    alpha: float
    """0 to 1: weight of CLIP's own answer for classes seen in training."""
    beta: float
    """0 to 1: the same for classes not seen."""
    clip_trust: float
    """0 to 1: how much CLIP's own answer lowers the probability of "none of these"; 0 in FC-CLIP, 0.5 in COAT."""
    object_mask_threshold: float
    """0 to 1, panoptic: least class score of a mask."""
    overlap_threshold: float
    """0 to 1, panoptic: least share of a mask that must stay visible."""
    top_k: int
    """Instances at most."""
    things_only: bool
    """Instances of things alone."""
    next_best: int
    """Alternatives of each segment; 3."""
    min_score: float
    """0 to 1: segments below are left out; 0.3 for instances, else 0."""


def task_named(name: str) -> _core.Task:
    """The library's task; raises InvalidArgument naming the three."""
    task = _TASKS.get(name)
    if task is None:
        raise invalid(f"task is {name!r}; expected 'panoptic', 'instance' or 'semantic'")
    return task


def core_options(given: AskOptions) -> _core.AskOptions:
    """The library's options; raises InvalidArgument for a name that is none."""
    options = _core.AskOptions()
    for key, value in given.items():
        if key not in AskOptions.__annotations__:
            raise invalid(f"ask() takes no {key!r}; there are words, things, stuff, background, templates, "
                          + ", ".join(AskOptions.__annotations__))
        if key == "task":
            options.task = task_named(str(value))
        elif value is not None:
            try:
                setattr(options, key, value)
            except TypeError:
                raise invalid(f"{key} is {value!r}; expected a number") from None
    if given.get("min_score") is None and options.task == _core.Task.instance:
        options.min_score = _core.USUAL_INSTANCE_SCORE
    return options
