"""Scores of saved predictions of any system, without a model: COCO's numbers, computed by all cores.

Each returns what the program prints with --json, as a dict; the numbers are the fractions or percents of that form.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Union

from . import _core
from ._errors import Note, invalid
from ._words import Vocabulary

Path = Union[str, "os.PathLike[str]"]
Progress = Union[Callable[[int, int], Any], None]

__all__ = ["instances", "panoptic", "semantic"]


def panoptic(truth: Path, predictions: Path, *, truth_pngs: Path | None = None, prediction_pngs: Path | None = None,
             progress: Progress = None) -> dict[str, Any]:
    """Panoptic quality of COCO panoptic files.

    Args:
        truth, predictions: JSON files.
        truth_pngs, prediction_pngs: folders of their PNGs; None: named as the JSON.
        progress: called with (pictures done, pictures); returning False stops.

    Returns:
        {"All", "Things", "Stuff": {"pq", "sq", "rq", "n"}, "per_class", "counts"}; fractions.

    Raises:
        fcclip.NotFound, fcclip.BadFile: naming the file and what is wrong in it.
    """
    paths = [os.fsencode(truth), os.fsencode(predictions), os.fsencode(truth_pngs or ""),
             os.fsencode(prediction_pngs or "")]
    return _scored(_core.score_panoptic(paths, progress))


def instances(truth: Path, predictions: Path, *, progress: Progress = None) -> dict[str, Any]:
    """Average precision as pycocotools has it, of a COCO instances file and a results file.

    Returns:
        {"bbox": {"stats12", …}, "segm": {…}, or None where the truth has no masks}; fractions, -1 where nothing is.

    Raises:
        fcclip.NotFound, fcclip.BadFile: naming the file and what is wrong in it.
    """
    return _scored(_core.score_instances(os.fsencode(truth), os.fsencode(predictions), progress))


def semantic(truth: Path, predictions: Path, classes: int | Vocabulary | Sequence[str], *, ignore: int = 255,
             progress: Progress = None) -> dict[str, Any]:
    """Mean IoU and what belongs to it, of folders of label PNGs with equal names.

    Args:
        classes: how many, or their names.
        ignore: the label that is not scored.

    Returns:
        {"class_names", "ignore_label", "metrics", "confusion…"}; percent, None where a class never occurs.

    Raises:
        fcclip.NotFound, fcclip.BadFile: naming the file and what is wrong in it.
        fcclip.InvalidArgument: not 1 to 65535 classes.
    """
    names: list[str] = []
    if isinstance(classes, Vocabulary):
        names = classes.names
    elif isinstance(classes, Sequence):
        names = [str(name) for name in classes]
    count = len(names) if names else classes
    if not isinstance(count, int):
        raise invalid(f"classes is {classes!r}; expected a number or names")
    paths = [os.fsencode(truth), os.fsencode(predictions)]
    return _scored(_core.score_semantic(paths, count, ignore, names, progress))


def _scored(result: tuple[str, list[bytes]]) -> dict[str, Any]:
    text, remarks = result
    for remark in remarks:
        warnings.warn(remark.decode("utf-8", "replace"), Note, stacklevel=3)
    scores: dict[str, Any] = json.loads(text)
    return scores
