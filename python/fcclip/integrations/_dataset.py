"""Hugging Face's data sets: pictures in, a column of segments out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Union

import numpy as np

from .._core import version
from .._errors import Error, invalid
from .._model import Model
from .._options import AskOptions, core_options
from .._segmentation import Segment
from .._words import Marks, Words
from ._packages import needed

if TYPE_CHECKING:
    from typing_extensions import Unpack

OnFailure = Union[Callable[[int, str], Any], None]


def ask_dataset(model: Model, dataset: Any, words: Words | None = None, *, column: str = "image",
                output: str = "segments", batch: int = 8, things: Marks = None, stuff: Marks = None,
                background: Marks = None, on_failure: OnFailure = None, **options: Unpack[AskOptions]) -> Any:
    """Asks every picture of a data set of the package datasets.

    Args:
        dataset: a Dataset (worked through now, kept in its cache), an IterableDataset (worked through when it is
            iterated over), or a DatasetDict or IterableDatasetDict of them. Nothing else in it is changed.
        words: as Image.ask takes them, without prepared ones; None: the words that the model was trained on.
        column: the pictures: an Image column, or one of file contents, paths or pixels [H, W, 3].
        output: the new column: a list of {"id", "label", "label_id", "score", "is_thing", "area", "bbox" (x, y, width,
            height), "segmentation" (COCO's run lengths, {"size", "counts"})} a picture.
        batch: pictures that are in memory at once, and run through the network together where their sizes allow it.
        on_failure: called with (row, reason) of a picture that cannot be read, whose segments are then None; without,
            the first one ends the work.
        things, stuff, background, **options: as in Image.ask.

    Raises:
        fcclip.InvalidArgument: no such column, or the output's name is taken.
        fcclip.Error: a picture that cannot be read, with its row.
        fcclip.Unsupported: the package datasets is missing.
    """
    needed("datasets", "huggingface")
    asking = _Asking(model, words, (things, stuff, background), options)
    asking.column, asking.output, asking.on_failure = column, output, on_failure
    if isinstance(dataset, dict):
        return type(dataset)({split: _mapped(one, asking, batch) for split, one in dataset.items()})
    return _mapped(dataset, asking, batch)


class _Asking:
    """The function that a data set is mapped with. It can be pickled, since data sets name their caches by that, and
    send it to other processes: the model's file, and what the answer depends on."""

    column = "image"
    output = "segments"
    on_failure: OnFailure = None

    def __init__(self, model: Model, words: Words | None, marks: tuple[Marks, Marks, Marks],
                 options: AskOptions) -> None:
        self.model = model
        self.words = model._vocabulary(words, marks)
        self.options = options
        core_options(options)  # refuses before anything is worked through
        state = os.stat(model.path)
        self.made_by = (version(), state.st_size, state.st_mtime_ns)

    def __call__(self, pictures: Sequence[Any], rows: Sequence[int]) -> dict[str, list[Any]]:
        try:
            images = self.model.encode_batch([_picture_of(one) for one in pictures], batch=len(pictures))
            found = [image.ask(self.words, **self.options) for image in images]
        except Error:
            return {self.output: [self._one(picture, row) for picture, row in zip(pictures, rows)]}
        return {self.output: [[_entry(one) for one in answer] for answer in found]}

    def _one(self, picture: Any, row: int) -> list[dict[str, Any]] | None:
        try:
            return [_entry(one) for one in self.model.encode(_picture_of(picture)).ask(self.words, **self.options)]
        except Error as reason:
            if self.on_failure is None:
                # Of the same class and code, with the row.
                reason.args = (f"row {row}, column {self.column!r}: {reason}",)
                raise
            self.on_failure(row, str(reason))
            return None


def _entry(one: Segment) -> dict[str, Any]:
    return {"id": one.id, "label": one.name, "label_id": one.class_index, "score": one.score,
            "is_thing": one.is_thing, "area": one.area, "bbox": list(one.box), "segmentation": one.rle}


def _mapped(dataset: Any, asking: _Asking, batch: int) -> Any:
    datasets = needed("datasets", "huggingface")
    if not isinstance(dataset, (datasets.Dataset, datasets.IterableDataset)):
        raise invalid(f"{type(dataset).__name__} is no data set; expected a Dataset or IterableDataset of the package "
                      "datasets, or a dict of them")
    _check_columns(dataset.column_names, asking)
    if dataset.features is None:  # of a stream that has not been looked into
        return _map(dataset, asking, batch)
    features = datasets.Features({**dataset.features, asking.output: _feature(datasets)})
    raw = _undecoded(dataset, asking.column, datasets)
    if isinstance(raw, datasets.IterableDataset):
        # What is typed by map() is never decoded again; a later cast is.
        return _map(raw, asking, batch).cast(features)
    typed = datasets.Features({**raw.features, asking.output: features[asking.output]})
    made = _map(raw, asking, batch, features=typed)
    return made if raw is dataset else made.cast_column(asking.column, features[asking.column])


def _map(dataset: Any, asking: _Asking, batch: int, **more: Any) -> Any:
    return dataset.map(asking, with_indices=True, input_columns=[asking.column], batched=True, batch_size=batch, **more)


def _check_columns(columns: list[str] | None, asking: _Asking) -> None:
    if columns is None:
        return
    if asking.column not in columns:
        raise invalid(f"the data set has no column {asking.column!r}; it has {', '.join(columns)}: name the pictures' "
                      "with column=")
    if asking.output in columns:
        raise invalid(f"the data set has a column {asking.output!r} already; name the new one with output=")


def _undecoded(dataset: Any, column: str, datasets: Any) -> Any:
    """With file contents in place of PIL images: the library decodes them faster, and a bad one is told by its row."""
    feature = dataset.features.get(column)
    if not isinstance(feature, datasets.Image) or not feature.decode:
        return dataset
    return dataset.cast_column(column, datasets.Image(mode=feature.mode, decode=False))


def _feature(datasets: Any) -> Any:
    value = datasets.Value
    return [{"id": value("int32"), "label": value("string"), "label_id": value("int32"), "score": value("float32"),
             "is_thing": value("bool"), "area": value("int64"), "bbox": [value("int32")],
             "segmentation": {"size": [value("int32")], "counts": value("string")}}]


def _picture_of(value: Any) -> Any:
    if value is None:
        raise invalid("there is no picture")
    if isinstance(value, Mapping) and {"bytes", "path"} & value.keys():
        return _file_of(value)
    if isinstance(value, list):
        pixels = np.asarray(value)
        fits = pixels.dtype.kind in "iu" and pixels.size > 0 and np.min(pixels) >= 0 and np.max(pixels) <= 255
        return pixels.astype(np.uint8) if fits else pixels
    return value


def _file_of(value: Mapping[str, Any]) -> Any:
    if value.get("bytes") is not None:
        return value["bytes"]
    path = value.get("path")
    if path is None:
        raise invalid("there is no picture: neither bytes nor a path")
    if os.path.exists(path) or "://" not in path:
        return path
    # Inside of an archive, or somewhere else: as datasets itself reads it.
    return needed("datasets", "huggingface").Image().decode_example({"bytes": None, "path": path})
