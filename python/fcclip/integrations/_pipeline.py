"""transformers' image-segmentation pipeline, with fcclip behind it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Union

from .._errors import error_of, invalid
from .._model import Model, PreparedVocabulary, load
from .._options import AskOptions
from .._words import Marks, Words, vocabulary_of
from ._packages import needed

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .huggingface import SegmentEntry

# The library makes a mask of what is more likely inside than outside, as transformers does where nobody says.
_MASK_THRESHOLD = 0.5
_LINKS = ("http://", "https://", "data:image/")


class ImageSegmentationPipeline:
    """Called as transformers' pipeline("image-segmentation") is, and answers in its form; made by pipeline().

    Attributes:
        model: the fcclip.Model.
        id2label: names by their position in the words.
        batch_size: pictures that run through the network together, at most.
    """

    task = "image-segmentation"

    def __init__(self, model: Model, prepared: PreparedVocabulary, batch_size: int, options: AskOptions) -> None:
        self.model = model
        self.id2label = dict(enumerate(prepared.words.names))
        self.batch_size = batch_size
        self._prepared = prepared
        self._options = options

    def __call__(self, inputs: Any, *, subtask: str | None = None, threshold: float | None = None,
                 mask_threshold: float | None = None, overlap_mask_area_threshold: float | None = None,
                 batch_size: int | None = None, timeout: float | None = None) -> Any:
        """The segments of a picture, or of each of several.

        Args:
            inputs: a path, a link (http, https or data; by transformers), bytes, a PIL image, an array: a list of
                {"score", "label", "mask"}. A list of them: a list of such lists. A generator or a data set of them
                (transformers' KeyDataset): an iterator of such lists, a batch at a time.
            subtask: "panoptic", "instance" or "semantic"; None: as it was made, else panoptic.
            threshold: least score; None: the model's own, not transformers' 0.9: scores of open words are lower.
            mask_threshold: 0.5.
            overlap_mask_area_threshold: least share of a mask that must stay visible.
            batch_size: None: as it was made.
            timeout: seconds that a link may take.

        Raises:
            fcclip.InvalidArgument, fcclip.NotFound, fcclip.BadFile: as Model.encode and Image.ask.
        """
        options = self._asked(subtask, threshold, mask_threshold, overlap_mask_area_threshold)
        together = _positive(self.batch_size if batch_size is None else batch_size)
        if _is_one(inputs):
            return next(self._answers([inputs], options, 1, timeout))
        if isinstance(inputs, (list, tuple)):
            return list(self._answers(inputs, options, together, timeout))
        return self._answers(_each(inputs), options, together, timeout)

    def _asked(self, subtask: str | None, threshold: float | None, mask_threshold: float | None,
               overlap: float | None) -> AskOptions:
        if mask_threshold is not None and mask_threshold != _MASK_THRESHOLD:
            raise invalid(f"mask_threshold is {mask_threshold!r}; expected {_MASK_THRESHOLD}, as masks are cut")
        given = {"task": subtask, "min_score": threshold, "overlap_threshold": overlap}
        options = self._options.copy()
        known = {key: value for key, value in given.items() if value is not None}
        options.update(known)  # type: ignore[typeddict-item]
        return options

    def _answers(self, inputs: Iterable[Any], options: AskOptions, together: int, timeout: float | None) \
            -> Iterator[list[SegmentEntry]]:
        from .huggingface import to_huggingface

        rest = iter(inputs)
        while batch := [_opened(one, timeout) for one in itertools.islice(rest, together)]:
            for image in self.model.encode_batch(batch, batch=together):
                yield to_huggingface(image.ask(self._prepared, **options))

    def __repr__(self) -> str:
        return f"<fcclip image-segmentation pipeline: {self.model!r}, {len(self.id2label)} classes>"


def pipeline(model: Union[Model, str, os.PathLike[str], None], words: Words | None = None, *, things: Marks = None,
             stuff: Marks = None, background: Marks = None, batch_size: int = 1, **options: Unpack[AskOptions]) \
        -> ImageSegmentationPipeline:
    """An image-segmentation pipeline that looks for these words.

    Args:
        model: a Model, or what fcclip.load takes.
        words: as Image.ask takes them; None: the words that the model was trained on.
        things, stuff, background: words of these kinds.
        batch_size: pictures that run through the network together, at most. GPUs gain by it.
        **options: of Image.ask, for all pictures.
    """
    loaded = model if isinstance(model, Model) else load(model)
    if words is not None:
        words = vocabulary_of(words, things=things, stuff=stuff, background=background)
        things = stuff = background = None
    prepared = loaded.prepare(words, things=things, stuff=stuff, background=background)
    return ImageSegmentationPipeline(loaded, prepared, _positive(batch_size), options)


def _is_one(inputs: Any) -> bool:
    # Strings and arrays can be iterated over too.
    single = (str, os.PathLike, bytes, bytearray, memoryview)
    return isinstance(inputs, single) or hasattr(inputs, "__array_interface__") or hasattr(inputs, "__dlpack__")


def _each(inputs: Any) -> Iterator[Any]:
    if hasattr(inputs, "__iter__"):
        return iter(inputs)
    if hasattr(inputs, "__getitem__") and hasattr(inputs, "__len__"):
        return (inputs[index] for index in range(len(inputs)))
    raise invalid(f"{type(inputs).__name__} is no picture; expected a path, a link, bytes, a PIL image, pixels, or "
                  "several of them")


def _opened(one: Any, timeout: float | None) -> Any:
    if not (isinstance(one, str) and one.startswith(_LINKS)):
        return one
    utilities = needed("transformers.image_utils", "huggingface")
    try:
        return utilities.load_image(one, timeout=timeout)
    except Exception as reason:  # of whatever transformers loads links with
        raise error_of("io_failure", f"{one[:80]}: {reason}") from reason


def _positive(batch_size: int) -> int:
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise invalid(f"batch_size is {batch_size!r}; expected a whole number from 1")
    return batch_size
