"""labelme's files: answers to correct by hand, and what a person made of them.

    for found in model.ask_folder("pictures/", "bat, rock"):
        labelme.write(found, found.path, "pictures/")     # then: labelme pictures/
    for labelled in labelme.read("pictures/"):
        labelled.picture, [(one.label, one.mask.sum()) for one in labelled.objects]
"""

from __future__ import annotations

import base64
import io
import json
import os
import pathlib
from collections.abc import Iterator
from typing import Any, NamedTuple, Union

import numpy as np
import numpy.typing as npt

from .._errors import error_of, invalid
from .._segmentation import Segmentation, _write
from ._labelme_shapes import mask_of
from ._packages import needed

Path = Union[str, "os.PathLike[str]"]

__all__ = ["LabelledObject", "LabelledPicture", "read", "write"]

# What labelme itself keeps as it is when it puts a picture into a file.
_EMBEDDED_AS_IS = ("JPEG", "PNG")
_ORIENTATION = 0x0112
_MOST_PIXELS = 1 << 30


class LabelledObject(NamedTuple):
    """One object of a labelme file: a shape, or the shapes of one label and group."""

    label: str
    mask: npt.NDArray[np.bool_]
    """[H, W]."""
    group_id: int | None
    """Of what write() wrote: Segment.id."""
    description: str
    flags: dict[str, bool]


class LabelledPicture(NamedTuple):
    """One labelme file."""

    file: pathlib.Path
    picture: pathlib.Path
    """Where the file says that its picture is."""
    size: tuple[int, int]
    """(height, width) in pixels."""
    flags: dict[str, bool]
    objects: list[LabelledObject]


def write(found: Segmentation, picture: Path, folder: Path, *, tolerance: float = 1, embed: bool = False,
          overwrite: bool = False) -> pathlib.Path:
    """Writes folder/NAME.json of a picture NAME.jpg for labelme, which finds the picture by its relative path.

    Args:
        picture: the file that was asked.
        tolerance: as in Segmentation.to_coco.
        embed: put the picture into the file, so that it can be sent alone.
        overwrite: replace a file that is there, which may be somebody's work.

    Returns:
        The file.

    Raises:
        fcclip.InvalidArgument: a file is there already, or the picture has another size than the answer.
        OSError: the picture cannot be read, or the file not be written.
    """
    source, target = pathlib.Path(picture), pathlib.Path(folder) / f"{pathlib.Path(picture).stem}.json"
    if target.exists() and not overwrite:
        raise invalid(f"{target} is there already; overwrite=True replaces it")
    made = found.to_labelme(tolerance=tolerance)
    made["imagePath"] = pathlib.Path(os.path.relpath(source, target.parent)).as_posix()
    _check_size(source, found)
    if embed:
        made["imageData"] = base64.b64encode(_embedded(source, found)).decode("ascii")
    # Paths of odd bytes are no UTF-8; as JSON's escapes they come back.
    plain = made["imagePath"].isprintable()
    return _write(target, json.dumps(made, ensure_ascii=not plain, indent=2).encode())


def read(path: Path) -> Iterator[LabelledPicture]:
    """Reads a labelme file, or those of a folder in the order of their names (other JSON files are left out).

    Yields:
        LabelledPicture: with a mask an object. Points have labelme's size, lines its width.

    Raises:
        fcclip.NotFound: nothing is there.
        fcclip.BadFile: no labelme file, or a damaged one; the message names it.
    """
    place = pathlib.Path(path)
    if place.is_dir():
        for file in sorted(place.glob("*.json")):
            content = _content(file)
            if _is_labelme(content):
                yield _picture(file, content)
        return
    content = _content(place)
    if not _is_labelme(content):
        raise error_of("bad_format", f"{place} is no labelme file; expected JSON with \"shapes\" and \"imagePath\"")
    yield _picture(place, content)


def _content(file: pathlib.Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as reason:
        raise error_of("not_found", f"{file} is not there") from reason
    except ValueError as reason:
        raise error_of("bad_format", f"{file} cannot be read as JSON: {reason}") from reason


def _is_labelme(content: Any) -> bool:
    return isinstance(content, dict) and "shapes" in content and "imagePath" in content


def _picture(file: pathlib.Path, content: dict[str, Any]) -> LabelledPicture:
    try:
        # labelme on Windows writes its own separators.
        picture = file.parent / pathlib.PureWindowsPath(content["imagePath"]).as_posix()
        size = _size_of(content, picture)
        objects = _objects(content["shapes"], size)
        return LabelledPicture(file, picture, size, dict(content.get("flags") or {}), objects)
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as reason:
        raise error_of("bad_format", f"{file} is a damaged labelme file: {reason!r}") from reason


def _size_of(content: dict[str, Any], picture: pathlib.Path) -> tuple[int, int]:
    height, width = content.get("imageHeight"), content.get("imageWidth")
    if height is not None and width is not None:
        if not 0 < int(height) * int(width) <= _MOST_PIXELS:
            raise ValueError(f"a picture of {width} x {height} pixels")
        return int(height), int(width)
    data = content.get("imageData")  # of old versions
    header = _header(io.BytesIO(base64.b64decode(data)) if data else picture)
    if header is None:
        raise ValueError(f"it says no size, and {picture} cannot be read")
    return header.size


def _objects(shapes: list[dict[str, Any]], size: tuple[int, int]) -> list[LabelledObject]:
    made: dict[Any, LabelledObject] = {}
    for index, shape in enumerate(shapes):
        group = shape.get("group_id")
        key = (shape["label"], index if group is None else None, group)
        mask = mask_of(shape, size)
        if key in made:
            made[key].mask[mask] = True
        else:
            made[key] = LabelledObject(shape["label"], mask, group, shape.get("description") or "",
                                       dict(shape.get("flags") or {}))
    return list(made.values())


def _check_size(source: pathlib.Path, found: Segmentation) -> None:
    if not source.is_file():
        raise error_of("not_found", f"{source} is not there")
    header = _header(source)
    if header is not None and header.size != found.size:
        raise invalid(f"{source} has {header.size[1]} x {header.size[0]} pixels, the answer {found.size[1]} x "
                      f"{found.size[0]}; expected the picture that was asked", "shape_mismatch")


def _embedded(source: pathlib.Path, found: Segmentation) -> bytes:
    header = _header(source)
    if header is not None and header.format in _EMBEDDED_AS_IS and not header.turned:
        return source.read_bytes()
    # labelme does not turn what is inside of a file.
    with io.BytesIO() as stream:
        needed("PIL.Image", "pillow", package="pillow").fromarray(found._picture.rgb()).save(stream, "PNG")
        return stream.getvalue()


class _Header(NamedTuple):
    format: str
    size: tuple[int, int]
    """(height, width) when it is turned as its EXIF says."""
    turned: bool


def _header(source: Any) -> _Header | None:
    """None: Pillow does not know this kind of picture, or finds it too large; fcclip reads more."""
    pil = needed("PIL.Image", "pillow", package="pillow")
    try:
        with pil.open(source) as opened:
            width, height = opened.size
            orientation = opened.getexif().get(_ORIENTATION, 1)
            size = (width, height) if 5 <= orientation <= 8 else (height, width)
            return _Header(opened.format or "", size, 2 <= orientation <= 8)
    except (OSError, ValueError, pil.DecompressionBombError):
        return None
