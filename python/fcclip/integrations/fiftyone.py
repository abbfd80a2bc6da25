"""A model for FiftyOne's datasets.

    import fcclip.integrations.fiftyone as bridge
    model = bridge.FcclipModel("bat, rock | stone, grass", stuff="grass")
    dataset.apply_model(model, label_field="fcclip", batch_size=4)
    model.name_masks(dataset, "fcclip")
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Union

import numpy as np
import numpy.typing as npt

from .._errors import invalid
from .._model import Model, PreparedVocabulary, load
from .._options import AskOptions, core_options
from .._segmentation import Segment, Segmentation
from .._words import Marks, Vocabulary, Words
from ._packages import missing

if TYPE_CHECKING:
    from typing_extensions import Unpack

try:
    import fiftyone as fo
    import fiftyone.core.models as fom
except ImportError as reason:
    raise missing("fiftyone", "fiftyone", reason) from reason

OUTPUTS = ("segmentation", "detections", "both")


@dataclasses.dataclass
class Filters:
    """What apply_model sets for a run: its confidence_thresh and classes reach masks too, not detections alone."""

    confidence_thresh: float | None = None
    filter_classes: Collection[str] | None = None


# SamplesMixin: without it FiftyOne looks into torchvision before it works on the frames of a video.
class FcclipModel(fom.SamplesMixin, fom.Model):
    """fiftyone.core.models.Model for `dataset.apply_model(model, label_field=…)`, with or without `batch_size`.

    Args:
        words: as fcclip.Image.ask takes them.
        model: a loaded model or a path; None: as fcclip.load.
        output: "segmentation": fo.Segmentation, whose mask has for each pixel the position of its class in the words,
            from 1 (see mask_targets), 0 where nothing is; "detections": fo.Detections with a box and a mask a segment;
            "both": a dict of both, which FiftyOne stores in fields `<label_field>_segmentation` and
            `<label_field>_detections`.
        things, stuff, background: words of these kinds; see fcclip.Vocabulary.
        device: where a path is loaded to.
        short_side: how large the network sees pictures, in pixels; 0: the model's own.
        **options: as of fcclip.Image.ask: task ("panoptic", "instance", "semantic"), min_score …

    Raises:
        fcclip.InvalidArgument: an unknown output or option, or a segmentation of instances, which overlap.
    """

    def __init__(self, words: Union[Words, PreparedVocabulary, None] = None, *,
                 model: Union[str, os.PathLike[str], Model, None] = None, output: str = "segmentation",
                 things: Marks = None, stuff: Marks = None, background: Marks = None, device: str = "cpu",
                 short_side: int = 0, **options: Unpack[AskOptions]) -> None:
        if output not in OUTPUTS:
            raise invalid(f"output is {output!r}; expected 'segmentation', 'detections' or 'both'")
        core_options(options)  # refuses unknown ones before a data set is walked through
        if options.get("task") == "instance" and output != "detections":
            raise invalid(f"instances may overlap and have no map: output is {output!r}; pass output='detections'")
        fom.SamplesMixin.__init__(self)
        self.config = Filters()
        self._model = model if isinstance(model, Model) else load(model, device=device)
        self._prepared = words if isinstance(words, PreparedVocabulary) else self._model.prepare(
            words, things=things, stuff=stuff, background=background)
        self._output = output
        self._short_side = short_side
        self._options = options

    @property
    def words(self) -> Vocabulary:
        """The classes."""
        return self._prepared.words

    @property
    def mask_targets(self) -> dict[int, str]:
        """Value of a pixel -> name, as FiftyOne's mask targets."""
        return {number: one.name for number, one in enumerate(self.words, 1) if one.kind != "background"}

    def name_masks(self, dataset: Any, label_field: str) -> None:
        """Stores mask_targets in a fo.Dataset for the field with the segmentations, so that the App shows names."""
        field = f"{label_field}_segmentation" if self._output == "both" else label_field
        dataset.mask_targets = {**dataset.mask_targets, field: self.mask_targets}
        dataset.save()

    @property
    def media_type(self) -> str:
        """Pictures; FiftyOne applies it to the frames of videos too."""
        return "image"

    @property
    def ragged_batches(self) -> bool:
        """Pictures of a batch may have any sizes."""
        return False

    @property
    def transforms(self) -> None:
        """None: the library resizes."""
        return None

    @property
    def preprocess(self) -> bool:
        """Nothing is left to the caller."""
        return False

    @preprocess.setter
    def preprocess(self, value: bool) -> None:
        pass

    def predict(self, arg: Any, sample: Any = None) -> Any:
        """Labels of one picture, [H, W, 3] uint8 RGB or whatever fcclip.Model.encode takes."""
        return self.predict_all([arg])[0]

    def predict_all(self, args: Iterable[Any], samples: Any = None) -> list[Any]:
        """The same for several, of any sizes: neighbours of one size go through the network together."""
        images = self._model.encode_batch(list(args), short_side=self._short_side)
        options = self._options.copy()
        if self.config.confidence_thresh is not None:
            options["min_score"] = self.config.confidence_thresh
        return [self._labels(image.ask(self._prepared, **options)) for image in images]

    def _labels(self, found: Segmentation) -> Any:
        # Of semantic answers the library leaves nothing out.
        least = self.config.confidence_thresh or 0.0
        kept = [one for one in found if one.score >= least
                and (self.config.filter_classes is None or one.name in self.config.filter_classes)]
        if self._output == "segmentation":
            return segmentation(found, kept)
        if self._output == "detections":
            return detections(found, kept)
        return {"segmentation": segmentation(found, kept), "detections": detections(found, kept)}


def segmentation(found: Segmentation, segments: Sequence[Segment] | None = None) -> fo.Segmentation:
    """An answer as fo.Segmentation: the mask's values are positions of classes in found.words, from 1.

    Args:
        segments: those of the answer that are wanted; None: all.

    Raises:
        fcclip.InvalidArgument: instances; see detections.
    """
    kept = list(found) if segments is None else segments
    ids = found.ids
    classes = np.zeros(1 + max([int(np.max(ids, initial=0)), *(one.id for one in kept)]), _type_for(len(found.words)))
    for one in kept:
        classes[one.id] = one.class_index + 1
    return fo.Segmentation(mask=classes[ids])


def detections(found: Segmentation, segments: Sequence[Segment] | None = None) -> fo.Detections:
    """An answer as fo.Detections: label, confidence, box relative to the picture, and the mask inside of the box. Each
    also has the attributes `synonym` and `is_thing`."""
    kept = list(found) if segments is None else segments
    return fo.Detections(detections=[_detection(one, found.size) for one in kept if one.area > 0])


def _detection(segment: Segment, size: tuple[int, int]) -> fo.Detection:
    x, y, width, height = segment.box
    left, across = _relative(x, width, size[1])
    top, down = _relative(y, height, size[0])
    return fo.Detection(
        label=segment.name, confidence=segment.score, bounding_box=[left, top, across, down],
        mask=segment.mask[y:y + height, x:x + width], synonym=segment.synonym, is_thing=segment.is_thing)


def _relative(start: int, length: int, whole: int) -> tuple[float, float]:
    """FiftyOne cuts what it multiplies back to a whole number: (101 / 640 + 97 / 640) * 640 would become 197, and the
    mask be squeezed into that. A millionth of a pixel keeps it above."""
    first = (start + 1e-6) / whole
    return first, min(length / whole, 1 - first)


def _type_for(classes: int) -> npt.DTypeLike:
    return np.uint8 if classes < 256 else np.uint16
