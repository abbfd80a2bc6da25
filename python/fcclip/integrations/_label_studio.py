"""Label Studio's labelling configurations, regions and brush run lengths, without its packages."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .._errors import invalid
from .._segmentation import Segment
from .._words import Vocabulary
from ._prompts import Point, Prompts
from ._shapes import Ring

# Tags that can be answered, in the order in which a prompt's answer prefers them.
TAGS = ("BrushLabels", "PolygonLabels", "RectangleLabels")

# How many bits a run's length may have, in the order of the code that names the choice.
_LENGTH_BITS = (3, 4, 8, 16)
_CHANNELS = 4


class Control(NamedTuple):
    """A tag whose labels the model is asked for."""

    tag: str
    name: str
    to_name: str
    words: Vocabulary
    labels: dict[str, str]
    """Synonym -> label."""
    min_score: float | None

    @property
    def type(self) -> str:
        """As regions name it: "brushlabels"."""
        return self.tag.lower()


def control_of(tag: str, name: str, to_name: str, attributes: Mapping[str, str],
               label_attributes: Mapping[str, Mapping[str, str]]) -> Control:
    """A tag of the configuration. Of its labels' attributes `predicted_values` are the words to ask for instead of the
    label ("rock, stone"), `kind` is "thing", "stuff" or "background"; the tag's `model_score_threshold` is the least
    score."""
    rows: dict[str, Any] = {}
    labels: dict[str, str] = {}
    for label, own in label_attributes.items():
        synonyms = [word.strip() for word in own.get("predicted_values", "").split(",") if word.strip()] or [label]
        rows[synonyms[0]] = {"synonyms": synonyms[1:], "kind": own.get("kind", "thing")}
        for synonym in synonyms:
            labels.setdefault(synonym, label)
    threshold = attributes.get("model_score_threshold")
    try:
        least = None if threshold is None else float(threshold)
    except ValueError:
        raise invalid(f"{name}: model_score_threshold is {threshold!r}; expected a number of 0 to 1") from None
    return Control(tag, name, to_name, Vocabulary(rows), labels, least)


def regions_of(control: Control, label: str, segment: Segment, rings: Sequence[Ring], size: tuple[int, int]) \
        -> list[dict[str, Any]]:
    """One segment as regions of this tag: a mask, a box, or a polygon a piece."""
    return [{"id": uuid.uuid4().hex[:10], "from_name": control.name, "to_name": control.to_name, "type": control.type,
             "original_width": size[1], "original_height": size[0], "image_rotation": 0, "score": segment.score,
             "value": {**value, control.type: [label]}} for value in _values(control, segment, rings, size)]


def _values(control: Control, segment: Segment, rings: Sequence[Ring], size: tuple[int, int]) -> list[dict[str, Any]]:
    if control.tag == "BrushLabels":
        return [{"format": "rle", "rle": brush_rle(segment.mask)}]
    across, down = 100 / size[1], 100 / size[0]
    if control.tag == "RectangleLabels":
        x, y, width, height = segment.box
        return [{"x": x * across, "y": y * down, "width": width * across, "height": height * down, "rotation": 0}]
    return [{"points": [[x * across, y * down] for x, y in ring], "closed": True} for ring in rings]


def brush_rle(mask: npt.NDArray[np.bool_]) -> list[int]:
    """A mask as the bytes of Label Studio's brush: runs of the four equal channels of a picture of 0 and 255.

    Bits: 32 for the number of values, 5 for the width of a value less one, 4 for each of four widths of lengths less
    one; then a run is 1, 2 bits that choose the width, the length less one, and the value.

    >>> import numpy
    >>> brush_rle(numpy.array([[False, True]]))
    [0, 0, 0, 8, 57, 27, 252, 96, 17, 255, 128]
    """
    flat = np.ravel(mask)
    ends = np.append(np.flatnonzero(flat[1:] != flat[:-1]) + 1, flat.size)
    parts = [f"{flat.size * _CHANNELS:032b}{7:05b}", *(f"{width - 1:04b}" for width in _LENGTH_BITS)]
    lengths = np.diff(ends, prepend=0) * _CHANNELS
    for length, value in zip(lengths.tolist(), flat[ends - 1].tolist()):
        parts.append(_run(length, "11111111" if value else "00000000"))
    bits = "".join(parts)
    bits += "0" * (-len(bits) % 8)
    return list(int(bits, 2).to_bytes(len(bits) // 8, "big"))


def _run(length: int, value: str) -> str:
    longest = 1 << _LENGTH_BITS[-1]
    whole, rest = divmod(length, longest)
    bits = f"111{longest - 1:b}{value}" * whole
    if rest == 0:
        return bits
    choice = next(i for i, width in enumerate(_LENGTH_BITS) if rest <= 1 << width)
    return f"{bits}1{choice:02b}{rest - 1:0{_LENGTH_BITS[choice]}b}{value}"


def prompts_of(results: Sequence[Mapping[str, Any]], size: tuple[int, int]) -> tuple[Prompts, str | None]:
    """What the user of smart tools drew, and the label that was chosen for it."""
    positive: list[Point] = []
    negative: list[Point] = []
    box, label = None, None
    across, down = size[1] / 100, size[0] / 100
    for result in results:
        value = result["value"]
        chosen = value.get(result["type"]) or [None]
        label = label or chosen[0]
        x, y = value["x"] * across, value["y"] * down
        if result["type"].startswith("rectangle"):
            box = (x, y, value["width"] * across, value["height"] * down)
        elif result["type"].startswith("keypoint"):
            (positive if int(result.get("is_positive", 1)) else negative).append((x, y))
    return Prompts(positive, negative, box), label
