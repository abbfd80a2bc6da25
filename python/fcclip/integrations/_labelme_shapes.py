"""labelme's shapes as pixels, by the rule of its own shape_to_mask."""

from __future__ import annotations

import base64
import io
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ._packages import needed

_LINE_WIDTH = 10
_POINT_RADIUS = 5


def mask_of(shape: dict[str, Any], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """[H, W]. ValueError for a shape that is none."""
    points = [(float(x), float(y)) for x, y in shape["points"]]
    kind = shape.get("shape_type") or "polygon"
    if not points or not all(math.isfinite(value) for point in points for value in point):
        raise ValueError(f"a {kind} with the points {points}")
    if kind == "mask":
        return _pasted(shape["mask"], points, size)
    pil = needed("PIL.ImageDraw", "pillow", package="pillow")
    canvas = needed("PIL.Image", "pillow", package="pillow").new("L", (size[1], size[0]))
    _draw(pil.Draw(canvas), kind, points)
    return np.array(canvas, bool)


def _draw(draw: Any, kind: str, points: list[tuple[float, float]]) -> None:
    if kind in ("polygon", "oriented_rectangle") and len(points) > 2:
        draw.polygon(points, outline=1, fill=1)
    elif kind == "rectangle" and len(points) == 2:
        (left, right), (top, bottom) = (sorted(values) for values in zip(*points))
        draw.rectangle((left, top, right, bottom), outline=1, fill=1)
    elif kind == "circle" and len(points) == 2:
        draw.ellipse(_around(points[0], math.dist(*points)), outline=1, fill=1)
    elif kind in ("line", "linestrip"):
        draw.line(points, fill=1, width=_LINE_WIDTH)
    elif kind == "point" and len(points) == 1:
        draw.ellipse(_around(points[0], _POINT_RADIUS), outline=1, fill=1)
    else:
        raise ValueError(f"a {kind} of {len(points)} points; expected a polygon, rectangle, oriented_rectangle, "
                         "circle, line, linestrip, point or mask")


def _around(centre: tuple[float, float], radius: float) -> tuple[float, float, float, float]:
    x, y = centre
    return x - radius, y - radius, x + radius, y + radius


def _pasted(data: str, points: list[tuple[float, float]], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """The part of the mask's box that lies in the picture."""
    with needed("PIL.Image", "pillow", package="pillow").open(io.BytesIO(base64.b64decode(data))) as opened:
        part = np.array(opened.convert("L")) > 0
    left, top = int(points[0][0]), int(points[0][1])
    out = np.zeros(size, bool)
    y, x = max(top, 0), max(left, 0)
    inside = part[y - top:max(size[0] - top, 0), x - left:max(size[1] - left, 0)]
    out[y:y + inside.shape[0], x:x + inside.shape[1]] = inside
    return out
