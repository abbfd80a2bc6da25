"""Automatic annotation in CVAT, by `cvat-cli` or cvat_sdk's annotate_task.

    cvat-cli task auto-annotate 137 --function-module fcclip.integrations.cvat \\
        -p "words=str:bat, rock | stone, grass" -p stuff=str:grass --conf-threshold 0.3

With `-p interactive=bool:true` it is an interactor for CVAT's agents: the mask at the user's clicks or box.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Union

from .._errors import invalid
from .._image import Image
from .._model import Model, load
from .._options import AskOptions, Task, task_named
from .._segmentation import Segment
from .._words import Vocabulary, vocabulary_of
from ._packages import missing
from ._prompts import Prompts, segment_at
from ._shapes import Ring, rings_of

if TYPE_CHECKING:
    import PIL.Image

try:
    import cvat_sdk.auto_annotation as cvataa
    from cvat_sdk import models
    from cvat_sdk.masks import encode_mask
except ImportError as reason:
    raise missing("cvat-sdk", "cvat", reason) from reason

SHAPES = ("mask", "polygon", "rectangle")


class Detector:
    """Annotates pictures by words: cvat_sdk's DetectionFunction."""

    def __init__(self, model: Model, words: Vocabulary, *, shape: str = "mask", tolerance: float = 1,
                 short_side: int = 0, options: AskOptions | None = None) -> None:
        if shape not in SHAPES:
            raise invalid(f"shape is {shape!r}; expected 'mask', 'polygon' or 'rectangle'")
        self._model = model
        self._prepared = model.prepare(words)
        self._shape = shape
        self._tolerance = tolerance
        self._short_side = short_side
        self._options: AskOptions = {} if options is None else options
        self._groups = itertools.count(1)
        self._labels = {one.name: number for number, one in enumerate(words) if one.kind != "background"}
        self.spec = cvataa.DetectionFunctionSpec(
            labels=[cvataa.label_spec(name, number, type=shape) for name, number in self._labels.items()])

    def detect(self, context: cvataa.DetectionFunctionContext, image: PIL.Image.Image) \
            -> list[models.LabeledShapeRequest]:
        """The shapes of one picture, the best first; context.conf_threshold stands above min_score."""
        options = self._options.copy()
        if context.conf_threshold is not None:
            options["min_score"] = context.conf_threshold
        found = self._model.encode(image, short_side=self._short_side).ask(self._prepared, **options)
        shape = "polygon" if self._shape == "mask" and context.conv_mask_to_poly else self._shape
        rings = rings_of(found, self._tolerance) if shape == "polygon" else {}
        # Of semantic answers the library leaves nothing out.
        kept = (one for one in found if one.area > 0 and one.score >= options.get("min_score", 0.0))
        ordered = sorted(kept, key=lambda one: one.score, reverse=True)
        return [made for one in ordered for made in self._shapes(one, shape, rings.get(one.id, []))]

    def _shapes(self, segment: Segment, shape: str, rings: Sequence[Ring]) -> list[models.LabeledShapeRequest]:
        label = self._labels[segment.name]
        if shape == "mask":
            return [cvataa.mask(label, _points_of(segment), score=segment.score)]
        if shape == "rectangle":
            x, y, width, height = map(float, segment.box)
            return [cvataa.rectangle(label, [x, y, x + width, y + height], score=segment.score)]
        # A group keeps the pieces of one segment together. CVAT counts groups over all frames.
        group = {"group": next(self._groups)} if len(rings) > 1 else {}
        return [cvataa.polygon(label, [part for point in ring for part in point], score=segment.score, **group)
                for ring in rings]


class Interactor:
    """The mask at clicks or a box: cvat_sdk's InteractionFunction. The network runs once a picture."""

    spec = cvataa.InteractionFunctionSpec(min_pos_points=0, min_neg_points=0, min_bounding_boxes=0)

    def __init__(self, model: Model, words: Vocabulary, *, short_side: int = 0) -> None:
        self._model = model
        self._prepared = model.prepare(words)
        self._short_side = short_side

    def preprocess_image(self, context: cvataa.InteractionFunctionContext, image: PIL.Image.Image) -> Image:
        """Runs the network."""
        return self._model.encode(image, short_side=self._short_side)

    def detect(self, context: cvataa.InteractionFunctionContext, pp_image: Image,
               prompts: cvataa.InteractionPrompts) -> list[cvataa.InteractionResultShape]:
        """The best mask with all positive points and none of the negative ones; nothing where there is none."""
        box = None
        if prompts.bounding_box is not None:
            (left, top), (right, bottom) = prompts.bounding_box
            box = (left, top, right - left, bottom - top)
        answer = segment_at(pp_image, self._prepared, Prompts(prompts.pos_points, prompts.neg_points, box))
        if answer is None:
            return []
        best = answer[1]
        confidence = models.AttributeValRequest(
            spec_id=int(cvataa.InteractionResultAttributes.CONFIDENCE), value=str(best.score))
        return [cvataa.InteractionResultShape(type="mask", points=_points_of(best), attributes=[confidence])]


def create(words: str = "", *, vocabulary: str | None = None, things: str | None = None, stuff: str | None = None,
           background: str | None = None, task: Task = "panoptic", shape: str = "mask", min_score: float | None = None,
           tolerance: float = 1, model: Union[str, os.PathLike[str], Model, None] = None, device: str = "cpu",
           short_side: int = 0, interactive: bool = False) -> Detector | Interactor:
    """What cvat-cli calls with the values of its option -p.

    Args:
        words, things, stuff, background: as fcclip.Vocabulary takes them. Neither these nor a vocabulary: the words that
            the model was trained on. The first synonym of each is the label's name in CVAT.
        vocabulary: a built-in name ("coco") or a file; `words` are added to it.
        task: "panoptic", "instance" or "semantic".
        shape: "mask", "polygon" or "rectangle": the type of the labels.
        min_score: least score where CVAT names no threshold.
        tolerance: of polygons, as in Segmentation.to_coco.
        model: a path or a loaded model; None: as fcclip.load.
        device, short_side: as fcclip.load and Model.encode take them.
        interactive: an Interactor rather than a Detector.

    Raises:
        fcclip.Error: as load and prepare.
    """
    task_named(task)
    opened = model if isinstance(model, Model) else load(model, device=device)
    asked = _asked(opened, words, vocabulary, (things, stuff, background))
    if interactive:
        return Interactor(opened, asked, short_side=short_side)
    options: AskOptions = {"task": task}
    if min_score is not None:
        options["min_score"] = min_score
    return Detector(opened, asked, shape=shape, tolerance=tolerance, short_side=short_side, options=options)


def _asked(model: Model, words: str, vocabulary: str | None, marks: tuple[Any, Any, Any]) -> Vocabulary:
    things, stuff, background = marks
    named: Any = words
    if vocabulary is not None:
        loaded = Vocabulary.load(vocabulary)
        named = loaded + words if words.strip() else loaded
    elif not words.strip() and all(mark is None for mark in marks):
        named = model.training_words
    return vocabulary_of(named, things=things, stuff=stuff, background=background)


def _points_of(segment: Segment) -> list[float]:
    points: list[float] = encode_mask(segment.mask)
    return points
