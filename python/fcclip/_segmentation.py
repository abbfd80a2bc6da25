"""Answers."""

from __future__ import annotations

import json
import os
import pathlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Union

import numpy as np
import numpy.typing as npt

from . import _core
from ._errors import invalid
from ._words import Vocabulary

if TYPE_CHECKING:
    import pandas as pd


class Segment:
    """One region of a picture and what it is called."""

    __slots__ = ("_core_segment", "_answer")

    def __init__(self, segment: _core.Segment, answer: _core.Segmentation) -> None:
        self._core_segment = segment
        self._answer = answer

    @property
    def id(self) -> int:
        """The value of its pixels in Segmentation.ids, from 1."""
        return self._core_segment.id

    @property
    def name(self) -> str:
        """The first synonym of its class."""
        return self._core_segment.name

    @property
    def synonym(self) -> str:
        """The synonym that won."""
        return self._core_segment.synonym

    @property
    def class_index(self) -> int:
        """Position of its class in the words asked for."""
        return self._core_segment.class_index

    @property
    def is_thing(self) -> bool:
        """Counted one by one; else stuff."""
        return self._core_segment.is_thing

    @property
    def score(self) -> float:
        """0 to 1: of the class; of instances times the mask's quality."""
        return self._core_segment.score

    @property
    def in_vocabulary(self) -> float:
        """0 to 1: the score of the classifier that was trained."""
        return self._core_segment.in_vocabulary

    @property
    def out_of_vocabulary(self) -> float:
        """0 to 1: the score of CLIP itself."""
        return self._core_segment.out_of_vocabulary

    @property
    def alternatives(self) -> list[tuple[str, float]]:
        """The next best names and how well they fit, best first."""
        return self._core_segment.alternatives

    @property
    def area(self) -> int:
        """Pixels."""
        return self._core_segment.area

    @property
    def box(self) -> tuple[int, int, int, int]:
        """(x, y, width, height) in pixels, as COCO has it."""
        x, y, width, height = self._core_segment.box
        return x, y, width, height

    @property
    def query(self) -> int:
        """Which of the model's masks made it."""
        return self._core_segment.query

    @property
    def mask(self) -> npt.NDArray[np.bool_]:
        """NumPy [H, W] bool, made anew at every call."""
        return self._answer.mask(self._core_segment)

    @property
    def rle(self) -> dict[str, Any]:
        """COCO's compressed run lengths, ``{"size": [H, W], "counts": "…"}``; pycocotools takes it."""
        return {"size": list(self._answer.size), "counts": self._answer.rle(self._core_segment)}

    def __repr__(self) -> str:
        return f"<fcclip.Segment {self.id}: {self.name}, score {self.score:.3f}, {self.area} px>"


class Segmentation(Sequence[Segment]):
    """What was found in one picture: a sequence of its segments, and their map.

    >>> import fcclip
    >>> found = fcclip.load().encode(picture).ask("bat, rock, grass", stuff="grass")
    >>> all((found.ids == one.id).sum() == one.area for one in found)
    True
    """

    __slots__ = ("_core_answer", "_picture", "_core_words", "image_name")

    def __init__(self, answer: _core.Segmentation, picture: _core.Picture, words: _core.Words,
                 image_name: str) -> None:
        self._core_answer = answer
        self._picture = picture
        self._core_words = words
        self.image_name = image_name

    @property
    def task(self) -> str:
        """"panoptic", "instance" or "semantic"."""
        return self._core_answer.task.name

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self._core_answer.size

    @property
    def words(self) -> Vocabulary:
        """The words that were asked for."""
        return Vocabulary._of(self._core_words)

    @property
    def ids(self) -> npt.NDArray[np.int32]:
        """NumPy [H, W] int32: Segment.id of each pixel, 0 where there is none. The answer's own memory, no copy: what
        you change in it, files and overlays show.

        Raises:
            fcclip.InvalidArgument: of instances, which may overlap: see Segment.mask.
        """
        return self._core_answer.ids()

    @property
    def min_score(self) -> float:
        """The least score that was reported."""
        return self._core_answer.min_score

    @property
    def below_min_score(self) -> int:
        """How many segments were left out for a smaller one."""
        return self._core_answer.below_min_score

    def __len__(self) -> int:
        return len(self._core_answer)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(f"segment {index} of {len(self)}")
        return Segment(self._core_answer.segment(position), self._core_answer)

    def __iter__(self) -> Iterator[Segment]:
        return (self[i] for i in range(len(self)))

    def to_dict(self, *, masks: bool = False) -> dict[str, Any]:
        """Everything known about the answer, as `fcclip segment --json` prints it; masks: with COCO's run lengths."""
        made: dict[str, Any] = json.loads(self._core_answer.json(_utf8(self.image_name), masks))
        return made

    def to_coco(self, *, tolerance: float = 1) -> dict[str, Any]:
        """A COCO data set of one picture: "images", "categories" and "annotations" with polygons (what
        ``save(write="coco")`` writes). tolerance: how far outlines may leave the pixels' edges; 0 keeps every corner.
        For run lengths, see Segment.rle."""
        return self._rendered_json("coco", tolerance)

    def to_labelme(self, *, tolerance: float = 1) -> dict[str, Any]:
        """labelme's file, polygons."""
        return self._rendered_json("labelme", tolerance)

    def to_pandas(self) -> pd.DataFrame:
        """A row a segment: id, name, synonym, is_thing, score, in_vocabulary, out_of_vocabulary, area, x, y, width,
        height. Needs pandas."""
        import pandas as pd

        rows = [(one.id, one.name, one.synonym, one.is_thing, one.score, one.in_vocabulary, one.out_of_vocabulary,
                 one.area, *one.box) for one in self]
        return pd.DataFrame(rows, columns=["id", "name", "synonym", "is_thing", "score", "in_vocabulary",
                                           "out_of_vocabulary", "area", "x", "y", "width", "height"])

    def to_supervision(self) -> Any:
        """supervision's Detections; needs the package supervision."""
        return _integration("supervision").to_supervision(self)

    def to_huggingface(self) -> Any:
        """What an image-segmentation pipeline of transformers returns."""
        return _integration("huggingface").to_huggingface(self)

    def overlay(self, *, opacity: float = 0.45, labels: bool = True, scores: bool = True, outlines: bool = True,
                boxes: bool = True, palette: str = "") -> npt.NDArray[np.uint8]:
        """The picture with its segments drawn over it, NumPy [h, w, 3] uint8; small pictures are enlarged.

        palette: a data set whose colours words get that it knows ("cityscapes", "ade20k", …); "spread": of none;
        "": the vocabulary's own.
        """
        return self._drawn(opacity, labels, scores, outlines, boxes, palette).rgb()

    def _drawn(self, opacity: float = 0.45, labels: bool = True, scores: bool = True, outlines: bool = True,
               boxes: bool = True, palette: str = "") -> _core.Picture:
        options = _core.OverlayOptions()
        options.fill_opacity = opacity
        options.labels, options.scores = labels, scores
        options.outlines, options.boxes = outlines, boxes
        options.palette = palette
        return self._core_answer.overlay(self._picture, self._core_words, options)

    def save(self, stem: str | os.PathLike[str], write: Union[str, Iterable[str], None] = None, *,
             tolerance: float = 1, palette: str = "") -> list[pathlib.Path]:
        """Writes files, each whole or not at all.

        Args:
            stem: folder and name without an ending: "out/street" makes out/street.overlay.png and others.
            write: kinds of output ("overlay,coco" or a list; fcclip.output_kinds() names them); None: overlay,
                segments and the task's own format.
            tolerance: as in to_coco.
            palette: as in overlay.

        Returns:
            The files written.

        Raises:
            fcclip.InvalidArgument: an unknown kind, or one that shows another task than this answer's.
            OSError: a file cannot be written.
        """
        folder, name = os.path.split(os.fspath(stem))
        if not name:
            raise invalid(f"stem is {os.fspath(stem)!r}; expected a folder and a name without an ending: out/street")
        rendered = [file for kind in self._kinds(write) for file in self._rendered(kind, name, tolerance, palette)]
        return [_write(pathlib.Path(folder) / os.fsdecode(file), data) for file, data in rendered]

    def _kinds(self, write: Union[str, Iterable[str], None]) -> list[str]:
        if write is None:
            return _core.default_output_kinds(self._core_answer.task)
        listed = write.split(",") if isinstance(write, str) else list(write)
        kinds = [kind.strip() for kind in listed if kind.strip()]
        if not kinds:
            raise invalid("write names no kind of output; there are " + ", ".join(_core.output_kinds()))
        for kind in kinds:
            _core.task_of_kind(kind)  # refuses unknown ones before anything is written
        return kinds

    def _rendered(self, kind: str, stem: str, tolerance: float, palette: str = "") -> list[tuple[bytes, bytes]]:
        source = _core.Source(os.fsencode(self.image_name), os.fsencode(stem), tolerance, palette)
        return self._core_answer.render(kind, self._picture, self._core_words, source)

    def _rendered_json(self, kind: str, tolerance: float) -> dict[str, Any]:
        made: dict[str, Any] = json.loads(self._rendered(kind, "picture", tolerance)[0][1])
        return made

    def _repr_html_(self) -> str:
        from ._notebook import html_of

        return html_of(self)

    def __repr__(self) -> str:
        height, width = self.size
        shown = ", ".join(f"{one.name} {one.score:.2f}" for one in self[:6])
        more = ", …" if len(self) > 6 else ""
        count = f"{len(self)} segment{'' if len(self) == 1 else 's'}"
        return f"<fcclip.Segmentation of {self.image_name!r}, {width} x {height}, {self.task}, {count}: {shown}{more}>"


def _utf8(name: str) -> str:
    """File names need not be UTF-8: their odd bytes become U+FFFD, as in the program's texts."""
    return os.fsencode(name).decode("utf-8", "replace")


def _integration(name: str) -> Any:
    import importlib

    return importlib.import_module(f"fcclip.integrations.{name}")


def _write(path: pathlib.Path, data: bytes) -> pathlib.Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return path
