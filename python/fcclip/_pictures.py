"""Whatever somebody calls a picture -> pixels for the library, without a copy where that is possible."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, Union

import numpy as np
import numpy.typing as npt

from . import _core
from ._errors import Error, invalid

if TYPE_CHECKING:
    import PIL.Image
    import torch

Order = Literal["rgb", "bgr"]
Picture = Union[
    str, "os.PathLike[str]", bytes, bytearray, memoryview, npt.NDArray[np.uint8], "PIL.Image.Image", "torch.Tensor"]


def open_picture(picture: Any, order: Order = "rgb") -> tuple[_core.Picture, str]:
    """Pixels and a name for people and files ("picture" for what has none)."""
    if order not in ("rgb", "bgr"):
        raise invalid(f"order is {order!r}; expected 'rgb' or 'bgr'")
    if isinstance(picture, (str, os.PathLike)):
        path = os.fspath(picture)
        return _core.Picture.read(os.fsencode(path)), os.fsdecode(os.path.basename(path))
    if isinstance(picture, (bytes, bytearray)) or _is_encoded(picture):
        data = bytes(picture)
        if not data:
            raise invalid("a picture of 0 bytes; expected the contents of a picture file")
        return _core.Picture.decode(data, "picture"), "picture"
    if _is_pil(picture):
        return _of_array(_pil_pixels(picture), "rgb"), os.path.basename(getattr(picture, "filename", "")) or "picture"
    return _of_array(_as_numpy(picture), order), "picture"


def _is_encoded(picture: Any) -> bool:
    return isinstance(picture, memoryview) and picture.ndim == 1


def _is_pil(picture: Any) -> bool:
    return any(base.__module__ == "PIL.Image" and base.__name__ == "Image" for base in type(picture).__mro__)


def _pil_pixels(picture: PIL.Image.Image) -> npt.NDArray[np.uint8]:
    import PIL.ImageOps

    if picture.mode in ("I", "F") or picture.mode.startswith("I;"):
        raise invalid(f"a PIL picture of mode {picture.mode} has no range that is known to be black to white; scale it "
                      "to 8 bits first, or pass the file's path", "shape_mismatch")
    turned = PIL.ImageOps.exif_transpose(picture)
    return np.asarray(turned if turned.mode in ("RGB", "L") else turned.convert("RGB"))


def _as_numpy(picture: Any) -> npt.NDArray[Any]:
    """A view of an array or tensor; a copy only of what lies on another device."""
    if isinstance(picture, np.ndarray):
        return picture
    if type(picture).__module__.split(".")[0] == "torch" and hasattr(picture, "detach"):
        array: npt.NDArray[Any] = picture.detach().resolve_conj().cpu().numpy()
        return array
    try:
        if hasattr(picture, "__array_interface__") or isinstance(picture, memoryview):
            return np.asarray(picture)
        if hasattr(picture, "__dlpack__"):
            if picture.__dlpack_device__()[0] != 1:
                from torch.utils.dlpack import from_dlpack

                return _as_numpy(from_dlpack(picture))
            return np.from_dlpack(picture)
    except Error:
        raise
    except Exception as reason:
        raise invalid(f"{_type_name(picture)} cannot be read as pixels: {reason}") from reason
    raise invalid(f"{_type_name(picture)} is no picture; expected a path, bytes, a PIL image, a NumPy array "
                  "[H, W, 3] uint8 or a torch tensor")


def _type_name(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")


def _of_array(array: npt.NDArray[Any], order: Order) -> _core.Picture:
    shape = tuple(array.shape)
    if array.dtype != np.uint8:
        hint = ""
        if array.dtype.kind == "f":
            hint = "; for values of 0 to 1: (255 * array).round().astype('uint8')"
        elif array.dtype.kind in "iub":
            hint = "; convert it with .astype('uint8') if its values are 0 to 255"
        raise invalid(f"pixels of dtype {array.dtype}; expected uint8{hint}", "shape_mismatch")
    if array.ndim == 2:
        array = array[:, :, np.newaxis]
    if array.ndim != 3:
        raise invalid(f"pixels of shape {shape}; expected [H, W, 3], [H, W, 4], [H, W, 1] or [H, W]", "shape_mismatch")
    if 0 in shape:
        raise invalid(f"a picture of shape {shape} has no pixels; it needs at least 1 x 1", "shape_mismatch")
    if array.shape[2] not in (1, 3, 4):
        hint = "; channels come last: .permute(1, 2, 0) or .transpose(1, 2, 0)" if shape[0] in (1, 3, 4) else ""
        raise invalid(f"pixels of shape {shape} have {shape[2]} channels; expected 1, 3 or 4{hint}", "shape_mismatch")
    if not _rows_are_packed(array):
        array = np.ascontiguousarray(array)
    return _core.Picture.of_array(array, order == "bgr")


def _rows_are_packed(array: npt.NDArray[Any]) -> bool:
    """Whether the library can read it in place: pixels without gaps in rows that follow each other."""
    height, width, channels = array.shape
    row, pixel, channel = array.strides
    return (
        (channels == 1 or channel == 1)
        and (width == 1 or pixel == channels)
        and (height == 1 or row >= width * channels)
    )
