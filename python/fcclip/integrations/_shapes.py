"""Segments in the forms that annotation tools share."""

from __future__ import annotations

from .._segmentation import Segmentation

Ring = list[tuple[float, float]]


def rings_of(found: Segmentation, tolerance: float) -> dict[int, list[Ring]]:
    """Segment.id -> its outlines, one closed ring of (x, y) in pixels a piece. Holes are joined to the outline by a
    bridge of no width; tolerance as in Segmentation.to_coco."""
    rings: dict[int, list[Ring]] = {}
    for shape in found.to_labelme(tolerance=tolerance)["shapes"]:
        ring = [(float(x), float(y)) for x, y in shape["points"]]
        rings.setdefault(int(shape["group_id"]), []).append(ring)
    return rings
