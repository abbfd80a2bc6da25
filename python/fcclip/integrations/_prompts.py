"""Clicks and boxes of people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Union

from .._image import Image
from .._model import PreparedVocabulary
from .._segmentation import Segment, Segmentation

Point = tuple[float, float]

# The model's masks at a place are looked through, best first, for one without the negative points.
_CANDIDATES = 20


class Prompts(NamedTuple):
    """What a person pointed at, in pixels."""

    positive: Sequence[Point] = ()
    """(x, y) inside of the object."""
    negative: Sequence[Point] = ()
    """(x, y) outside of it."""
    box: Union[tuple[float, float, float, float], None] = None
    """(x, y, width, height) around it."""


def segment_at(image: Image, words: PreparedVocabulary, prompts: Prompts) -> tuple[Segmentation, Segment] | None:
    """The best mask with all positive points and none of the negative ones, and the answer that it is of; None where
    there is none, or no prompt."""
    positive = [_inside(point, image) for point in prompts.positive]
    negative = [_inside(point, image) for point in prompts.negative]
    if not positive and prompts.box is None:
        return None
    box = None if prompts.box is None else _clipped(prompts.box, image)
    found = image.at(words, points=positive or None, box=box, top_k=_CANDIDATES)
    for one in found:
        if one.area > 0 and not _touches(one, negative):
            return found, one
    return None


def _touches(segment: Segment, points: Sequence[Point]) -> bool:
    if not points:
        return False
    mask = segment.mask
    return any(mask[int(y), int(x)] for x, y in points)


def _inside(point: Sequence[float], image: Image) -> Point:
    """Clicks on the picture's right and lower edges are at its width and height."""
    height, width = image.size
    return min(max(float(point[0]), 0.0), width - 1.0), min(max(float(point[1]), 0.0), height - 1.0)


def _clipped(box: tuple[float, float, float, float], image: Image) -> tuple[float, float, float, float]:
    """People drag boxes over the picture's edge, and in any direction."""
    x, y, width, height = box
    left, right = sorted((x, x + width))
    top, bottom = sorted((y, y + height))
    left, top = _inside((left, top), image)
    right, bottom = min(right, image.size[1]), min(bottom, image.size[0])
    return left, top, max(right - left, 1.0), max(bottom - top, 1.0)
