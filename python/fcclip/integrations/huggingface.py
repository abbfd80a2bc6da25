"""Answers as Hugging Face's transformers give them, its image-segmentation pipeline, and its data sets.

    segment = pipeline(fcclip.load(), "bat, rock, grass")
    segment("street.jpg")[0]["label"]
    dataset = ask_dataset(fcclip.load(), dataset, "bat, rock, grass")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from .._errors import invalid
from .._segmentation import Segment, Segmentation
from .._words import Vocabulary
from ._dataset import ask_dataset
from ._packages import needed
from ._pipeline import ImageSegmentationPipeline, pipeline

if TYPE_CHECKING:
    import PIL.Image
    import torch

__all__ = ["ImageSegmentationPipeline", "PostProcessed", "SegmentEntry", "SegmentInfo", "ask_dataset", "id2label",
           "pipeline", "to_huggingface", "to_instance_segmentation", "to_panoptic_segmentation"]


class SegmentEntry(TypedDict):
    """One segment as an image-segmentation pipeline has it."""

    score: float
    label: str
    mask: PIL.Image.Image
    """Mode L, as large as the picture: 255 inside, 0 outside."""


class SegmentInfo(TypedDict):
    """One entry of "segments_info"."""

    id: int
    label_id: int
    was_fused: bool
    """Stuff: all its regions are one segment."""
    score: float


class PostProcessed(TypedDict):
    """What post_process_panoptic_segmentation and post_process_instance_segmentation give."""

    segmentation: torch.Tensor
    segments_info: list[SegmentInfo]


def to_huggingface(found: Segmentation) -> list[SegmentEntry]:
    """What an image-segmentation pipeline of transformers returns: {"score", "label", "mask"} a segment.

    Raises:
        fcclip.Unsupported: Pillow is missing.
    """
    pil = needed("PIL.Image", "huggingface", package="pillow")
    return [{"score": one.score, "label": one.name, "mask": pil.fromarray(one.mask.astype(np.uint8) * np.uint8(255))}
            for one in found]


def to_panoptic_segmentation(found: Segmentation) -> PostProcessed:
    """What post_process_panoptic_segmentation of transformers returns for one picture: "segmentation", a torch tensor
    [H, W] int32 of the segments' ids, 0 where there is none, and "segments_info".

    Raises:
        fcclip.InvalidArgument: of instances, which may overlap: see to_instance_segmentation.
    """
    import torch

    if found.task == "instance":
        raise invalid("instances may overlap, so that they have no map of ids; use to_instance_segmentation(), or "
                      "ask with task=\"panoptic\"")
    return {"segmentation": torch.from_numpy(found.ids.copy()), "segments_info": [_info(one, one.id) for one in found]}


def to_instance_segmentation(found: Segmentation) -> PostProcessed:
    """What post_process_instance_segmentation(return_binary_maps=True) of transformers returns for one picture:
    "segmentation", a torch tensor [N, H, W] float32 of 0 and 1, and "segments_info", whose ids count the maps from
    0."""
    import torch

    maps = torch.zeros((len(found), *found.size), dtype=torch.float32)
    for place, one in zip(maps, found):
        place.copy_(torch.from_numpy(one.mask))
    return {"segmentation": maps, "segments_info": [_info(one, index) for index, one in enumerate(found)]}


def id2label(words: Vocabulary) -> dict[int, str]:
    """Names by "label_id", as model.config.id2label of transformers."""
    return dict(enumerate(words.names))


def _info(one: Segment, number: int) -> SegmentInfo:
    return {"id": number, "label_id": one.class_index, "was_fused": not one.is_thing, "score": one.score}
