"""Answers as supervision's Detections, for its annotators, trackers, zones and metrics.

    detections = found.to_supervision()
    scene = supervision.MaskAnnotator().annotate(scene, detections)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._errors import error_of
from .._segmentation import Segmentation
from ._packages import needed

if TYPE_CHECKING:
    import supervision

__all__ = ["to_supervision"]


def to_supervision(found: Segmentation, *, compact_masks: bool | None = None) -> supervision.Detections:
    """A detection a segment, in the answer's order.

    Args:
        compact_masks: masks as supervision.CompactMask (run lengths of each box) in place of a [N, H, W] array; None:
            where the installed supervision has them (0.30 and newer).

    Returns:
        Detections: `xyxy` [N, 4] float32, first and last pixel of each mask as supervision's mask_to_xyxy has it,
        `mask`, `class_id` (position in the words), `confidence`, and in `data`: class_name, synonym, in_vocabulary,
        out_of_vocabulary, is_thing and segment_id.

    Raises:
        fcclip.Unsupported: supervision is missing, or too old for compact masks.
    """
    sv = needed("supervision", "supervision")
    segments = list(found)
    has_compact = hasattr(getattr(sv, "CompactMask", None), "from_coco_rle")
    if compact_masks and not has_compact:
        raise error_of("unsupported", f"supervision {sv.__version__} has no CompactMask of run lengths; expected 0.30 or "
                       "newer: pip install -U supervision")
    xyxy = _first_and_last_pixels([one.box for one in segments])
    mask: Any
    if has_compact and compact_masks is not False:
        mask = sv.CompactMask.from_coco_rle([one.rle for one in segments], xyxy, found.size)
    else:
        mask = _dense([one.mask for one in segments], found.size)
    made: supervision.Detections = sv.Detections(
        xyxy=xyxy, mask=mask,
        confidence=np.array([one.score for one in segments], np.float32),
        class_id=np.array([one.class_index for one in segments], int),
        data={
            "class_name": np.array([one.name for one in segments], np.str_),
            "synonym": np.array([one.synonym for one in segments], np.str_),
            "in_vocabulary": np.array([one.in_vocabulary for one in segments], np.float32),
            "out_of_vocabulary": np.array([one.out_of_vocabulary for one in segments], np.float32),
            "is_thing": np.array([one.is_thing for one in segments], bool),
            "segment_id": np.array([one.id for one in segments], int),
        })
    return made


def _first_and_last_pixels(boxes: list[tuple[int, int, int, int]]) -> npt.NDArray[np.float32]:
    out = np.array(boxes, np.float32).reshape(-1, 4)
    # A mask without a pixel has no box; supervision's own is [0, 0, 0, 0] there.
    out[:, 2:] = np.maximum(out[:, :2] + out[:, 2:] - 1, 0)
    return out


def _dense(masks: list[npt.NDArray[np.bool_]], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    return np.stack(masks) if masks else np.empty((0, *size), bool)
