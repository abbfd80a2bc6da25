"""A picture that the network has seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from . import _core
from ._errors import invalid
from ._options import AskOptions, core_options
from ._segmentation import Segmentation
from ._words import Marks, Vocabulary, Words

if TYPE_CHECKING:
    from typing_extensions import Unpack

    import torch

    from ._model import Model, PreparedVocabulary


class ImageTensors(NamedTuple):
    """What the network left, on the model's device and without a copy. Read only: answers are made of it."""

    mask_logits: torch.Tensor
    """[Q, H/4, W/4] float32, of the padded input."""
    class_embed: torch.Tensor
    """[Q, D] in-vocabulary."""
    clip_embed: torch.Tensor
    """[Q, D] out-of-vocabulary."""


def tensor_of(capsule: object) -> torch.Tensor:
    """The torch tensor that a DLPack capsule of the library is, on its device."""
    import torch.utils.dlpack

    tensor: torch.Tensor = torch.utils.dlpack.from_dlpack(capsule)  # type: ignore[no-untyped-call,unused-ignore]
    return tensor


class Image:
    """An encoded picture: ask it any words, any number of times; an answer takes milliseconds.

    Made by Model.encode. It keeps the picture that was passed, not a copy: pixels that you change later are changed
    in overlays too (not in answers).
    """

    __slots__ = ("_core_image", "model", "name", "_picture")

    def __init__(self, model: Model, image: _core.Image, picture: _core.Picture, name: str) -> None:
        self.model = model
        self.name = name
        self._core_image = image
        self._picture = picture

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self._core_image.size

    @property
    def nbytes(self) -> int:
        """Memory that the encoded picture holds, without its pixels."""
        return self._core_image.nbytes

    @property
    def pixels(self) -> npt.NDArray[np.uint8]:
        """NumPy [H, W, 3] uint8: what was encoded; read only, no copy where it is RGB."""
        return self._picture.rgb()

    def tensors(self) -> ImageTensors:
        """The network's outputs as torch tensors, by DLPack, also on a GPU.

        >>> import fcclip
        >>> image = fcclip.load().encode(picture)
        >>> image.tensors().class_embed.dtype
        torch.float32
        """
        masks, classes, clip = self._core_image.tensors()
        return ImageTensors(tensor_of(masks), tensor_of(classes), tensor_of(clip))

    def ask(self, words: Words | PreparedVocabulary | None = None, *, things: Marks = None, stuff: Marks = None,
            background: Marks = None, templates: Sequence[str] = (), **options: Unpack[AskOptions]) -> Segmentation:
        """Names the picture's masks with these words.

        Args:
            words: as fcclip.Vocabulary takes them, or what Model.prepare made; None: the words that the model was
                trained on.
            things, stuff, background: words of these kinds; see fcclip.Vocabulary.
            templates: sentences with {} where the name goes; none: the model's own.
            **options: task ("panoptic", "instance", "semantic"), alpha, beta, clip_trust, object_mask_threshold,
                overlap_threshold, top_k, things_only, next_best, min_score: see fcclip.AskOptions.

        Raises:
            fcclip.InvalidArgument: no words, an option out of range or unknown, words prepared by another model.

        >>> import fcclip
        >>> found = fcclip.load().encode(picture).ask("bat, rock | stone", min_score=0.1)
        >>> found.task, found.ids.shape == found.size
        ('panoptic', True)
        """
        core = core_options(options)
        prepared = self.model._prepared(words, (things, stuff, background), templates)
        answer = self.model._core_model.ask(self._core_image, prepared, core)
        return Segmentation(answer, self._picture, prepared.words, self.name)

    def at(self, words: Words | PreparedVocabulary | None = None, *, points: Iterable[Sequence[float]] | None = None,
           box: Sequence[float] | None = None, things: Marks = None, stuff: Marks = None, background: Marks = None,
           templates: Sequence[str] = (), **options: Unpack[AskOptions]) -> Segmentation:
        """What is there? The masks at a place, best first, each with its best name: 5 at most, or top_k.

        Args:
            words: as in ask.
            points: (x, y) in pixels, all inside of the mask; one pair alone may stand by itself.
            box: (x, y, width, height) in pixels: the mask's box is near this one.

        Raises:
            fcclip.InvalidArgument: neither points nor box, or a place outside of the picture; and as ask.

        >>> import fcclip
        >>> found = fcclip.load().encode(picture).at("bat, rock", points=(20, 20), top_k=1)
        >>> len(found) <= 1
        True
        """
        options.setdefault("top_k", 5)
        options["task"] = "instance"
        options.setdefault("min_score", 0.0)
        core = core_options(options)
        prepared = self.model._prepared(words, (things, stuff, background), templates)
        place = _core.Place(_points_of(points), _box_of(box))
        answer = self.model._core_model.at(self._core_image, prepared, place, core)
        return Segmentation(answer, self._picture, prepared.words, self.name)

    def best_words(self, words: Words | PreparedVocabulary | None = None, *, count: int = 20, things: Marks = None,
                   stuff: Marks = None, background: Marks = None, templates: Sequence[str] = (),
                   **options: Unpack[AskOptions]) -> Segmentation:
        """What is here? The words that fit anything in the picture best, best first, each once.

        Args:
            words: as in ask; None: those of all built-in vocabularies together ("everything").
            count: so many words at most.
            **options: alpha, beta, clip_trust, next_best, min_score, as in ask.

        Returns:
            Instances: each word with the mask that it fits best, whether or not it would win a segment of ask. Ids
            are ranks from 1; several words may share a mask.

        Raises:
            fcclip.InvalidArgument: a count below 1; and as ask.

        >>> import fcclip
        >>> found = fcclip.load().encode(picture).best_words(count=5)
        >>> len(found), found[0].score >= found[4].score
        (5, True)
        """
        if isinstance(count, bool) or not isinstance(count, int):
            raise invalid(f"count is {count!r}; expected a whole number of words")
        options["task"] = "instance"
        options.setdefault("min_score", 0.0)
        core = core_options(options)
        asked = Vocabulary.load("everything") if words is None else words
        prepared = self.model._prepared(asked, (things, stuff, background), templates)
        answer = self.model._core_model.best_words(self._core_image, prepared, count, core)
        return Segmentation(answer, self._picture, prepared.words, self.name)

    def __repr__(self) -> str:
        height, width = self.size
        return f"<fcclip.Image {self.name!r}, {width} x {height} pixels>"


def _numbers(values: Any, count: int, what: str) -> list[float]:
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != count:
        raise invalid(f"{what} is {values!r}; expected {count} numbers")
    return numbers


def _points_of(points: Any) -> list[list[float]]:
    if points is None:
        return []
    listed = list(points)
    if len(listed) == 2 and all(np.isscalar(one) for one in listed):
        listed = [listed]
    return [_numbers(one, 2, "a point") for one in listed]


def _box_of(box: Any) -> list[float] | None:
    return None if box is None else _numbers(box, 4, "box")
