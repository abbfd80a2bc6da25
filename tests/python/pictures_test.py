"""Every form in which a picture comes gives the same answer bit for bit, or a clear error."""

import io
import pathlib

import numpy as np
import pytest
import torch

import fcclip
from conftest import SCENE, WORDS

SMALL = dict(short_side=128, max_side=256)


@pytest.fixture(scope="module")
def expected(model, pixels):
    return answer(model, pixels)


def answer(model, picture, **options):
    found = model.encode(picture, **SMALL, **options).ask(WORDS, stuff="grass")
    return found.ids.tobytes(), [(one.name, one.score, one.box) for one in found]


def gapped(pixels):
    wide = np.zeros((pixels.shape[0], pixels.shape[1] + 7, 3), np.uint8)
    wide[:, :pixels.shape[1]] = pixels
    return wide[:, :pixels.shape[1]]


def with_alpha(pixels):
    return np.dstack([pixels, np.full(pixels.shape[:2], 7, np.uint8)])


def read_only(pixels):
    copy = pixels.copy()
    copy.flags.writeable = False
    return copy


class OnlyDlpack:
    def __init__(self, tensor):
        self.tensor = tensor

    def __dlpack__(self, **options):
        return self.tensor.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.tensor.__dlpack_device__()


class OnlyInterface:
    def __init__(self, array):
        self.__array_interface__ = array.__array_interface__
        self.array = array


FORMS = {
    "text path": lambda pixels: str(SCENE),
    "path": lambda pixels: pathlib.Path(SCENE),
    "bytes": lambda pixels: SCENE.read_bytes(),
    "bytearray": lambda pixels: bytearray(SCENE.read_bytes()),
    "memoryview of a file": lambda pixels: memoryview(SCENE.read_bytes()),
    "array": lambda pixels: pixels,
    "memoryview of pixels": lambda pixels: memoryview(pixels),
    "rows with gaps": gapped,
    "every second of a doubled array": lambda pixels: pixels.repeat(2, 0).repeat(2, 1)[::2, ::2],
    "reversed twice": lambda pixels: pixels[::-1].copy()[::-1],
    "Fortran order": np.asfortranarray,
    "channels first in memory": lambda pixels: np.ascontiguousarray(pixels.transpose(2, 0, 1)).transpose(1, 2, 0),
    "read-only": read_only,
    "alpha": with_alpha,
    "array subclass": lambda pixels: pixels.view(type("Mine", (np.ndarray,), {})),
    "tensor": lambda pixels: torch.from_numpy(pixels),
    "tensor with gaps": lambda pixels: torch.from_numpy(gapped(pixels)),
    "tensor of channels first": lambda pixels: torch.from_numpy(pixels).permute(2, 0, 1).contiguous().permute(1, 2, 0),
    "dlpack": lambda pixels: OnlyDlpack(torch.from_numpy(pixels)),
    "array interface": lambda pixels: OnlyInterface(pixels),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_are_equal(model, pixels, expected, form):
    assert answer(model, FORMS[form](pixels)) == expected


def test_bgr_is_turned_round(model, pixels, expected):
    assert answer(model, np.ascontiguousarray(pixels[..., ::-1]), order="bgr") == expected
    assert answer(model, with_alpha(pixels[..., ::-1]), order="bgr") == expected


def test_pil_images(model, pixels, expected):
    PIL = pytest.importorskip("PIL.Image")
    whole = PIL.fromarray(pixels)
    assert answer(model, PIL.open(SCENE)) == expected
    assert answer(model, whole) == expected
    assert answer(model, PIL.fromarray(with_alpha(pixels))) == expected
    grey = whole.convert("L")
    assert answer(model, grey) == answer(model, np.asarray(grey))
    palette = whole.convert("P")
    assert answer(model, palette) == answer(model, np.asarray(palette.convert("RGB")))


def test_pil_is_turned_as_exif_says(model, pixels, expected):
    PIL = pytest.importorskip("PIL.Image")
    turned = PIL.fromarray(np.ascontiguousarray(np.rot90(pixels)))
    exif = PIL.Exif()
    exif[0x0112] = 6  # "turn clockwise to see it"
    file = io.BytesIO()
    turned.save(file, "png", exif=exif)
    assert answer(model, PIL.open(file)) == expected
    assert answer(model, file.getvalue()) == expected


def test_grey_forms_are_equal(model, pixels):
    grey = np.ascontiguousarray(pixels[..., 1])
    three = answer(model, np.repeat(grey[..., None], 3, 2))
    assert answer(model, grey) == three
    assert answer(model, grey[..., None]) == three
    assert answer(model, torch.from_numpy(grey)) == three
    assert answer(model, pixels[..., 1]) == three


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 40, 3), (40, 1, 3), (33, 35, 1), (2, 3, 4)])
def test_small_shapes(model, shape):
    found = model.encode(np.zeros(shape, np.uint8), short_side=64, max_side=128).ask(WORDS)
    assert found.size == shape[:2]


def test_pixels_are_not_copied(model, pixels):
    image = model.encode(pixels, short_side=64, max_side=64)
    assert np.shares_memory(image.pixels, pixels)
    assert not image.pixels.flags.writeable
    tensor = torch.from_numpy(pixels.copy())
    assert image.pixels.shape == (480, 640, 3)
    assert model.encode(tensor, short_side=64, max_side=64).pixels.ctypes.data == tensor.data_ptr()


def test_pixels_outlive_their_owner(model, pixels):
    image = model.encode(pixels.copy(), short_side=64, max_side=64)
    assert (image.pixels == pixels).all()


ERRORS = {
    "float array": (lambda: np.zeros((4, 4, 3), np.float32), "float32; expected uint8; for values of 0 to 1"),
    "float tensor": (lambda: torch.zeros(4, 4, 3), "float32; expected uint8"),
    "wide integers": (lambda: np.zeros((4, 4, 3), np.uint16), "uint16; expected uint8"),
    "bools": (lambda: np.zeros((4, 4, 3), bool), "bool; expected uint8"),
    "objects": (lambda: np.zeros((4, 4, 3), object), "object; expected uint8"),
    "no rows": (lambda: np.zeros((0, 4, 3), np.uint8), "has no pixels"),
    "no columns": (lambda: np.zeros((4, 0, 3), np.uint8), "has no pixels"),
    "no channels": (lambda: np.zeros((4, 4, 0), np.uint8), "has no pixels"),
    "channels first": (lambda: np.zeros((3, 40, 50), np.uint8), "channels come last"),
    "two channels": (lambda: np.zeros((4, 4, 2), np.uint8), "2 channels"),
    "a batch": (lambda: np.zeros((1, 4, 4, 3), np.uint8), r"expected \[H, W, 3\]"),
    "one dimension": (lambda: np.zeros(4, np.uint8), r"expected \[H, W, 3\]"),
    "empty bytes": (lambda: b"", "0 bytes"),
    "nothing": (lambda: None, "is no picture"),
    "a number": (lambda: 3, "is no picture"),
    "a list": (lambda: [[1, 2], [3, 4]], "is no picture"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_clear_errors(model, case):
    make, message = ERRORS[case]
    with pytest.raises(ValueError, match=message) as caught:
        model.encode(make())
    assert isinstance(caught.value, fcclip.InvalidArgument)
    assert caught.value.code in ("shape_mismatch", "invalid_argument")


def test_errors_of_files(model, tmp_path):
    with pytest.raises(FileNotFoundError) as missing:
        model.encode(tmp_path / "missing.png")
    assert isinstance(missing.value, fcclip.Error) and missing.value.code == "not_found"
    assert "missing.png" in str(missing.value)
    broken = tmp_path / "broken.png"
    broken.write_bytes(SCENE.read_bytes()[:500])
    for picture in (broken, broken.read_bytes()):
        with pytest.raises(fcclip.BadFile) as bad:
            model.encode(picture)
        assert bad.value.code == "bad_format"
    with pytest.raises(fcclip.Error):
        model.encode(b"no picture at all")


def test_pil_of_wide_range_is_refused(model):
    PIL = pytest.importorskip("PIL.Image")
    with pytest.raises(ValueError, match="mode F"):
        model.encode(PIL.new("F", (4, 4)))


def test_options_are_checked(model, pixels):
    with pytest.raises(ValueError, match="order is 'xyz'"):
        model.encode(pixels, order="xyz")
    with pytest.raises(ValueError, match="short_side is 1.5"):
        model.encode(pixels, short_side=1.5)
    with pytest.raises(fcclip.InvalidArgument):
        model.encode(pixels, short_side=-1)


def test_file_names_need_not_be_utf8(model, tmp_path):
    import os

    name = os.fsencode(tmp_path) + b"/f\xff\xfe.png"
    with open(name, "wb") as file:
        file.write(SCENE.read_bytes())
    image = model.encode(os.fsdecode(name), **SMALL)
    assert image.name == os.fsdecode(b"f\xff\xfe.png")
    assert image.ask(WORDS).to_dict()["image"] == "f\ufffd\ufffd.png"
    with pytest.raises(FileNotFoundError):
        model.encode(os.fsdecode(name) + "x")


def test_batches_equal_single_pictures(model, pixels):
    pictures = [pixels, pixels[:240], SCENE, pixels[::-1]]
    together = model.encode_batch(pictures, batch=1, **SMALL)
    for image, picture in zip(together, pictures):
        alone = model.encode(picture, **SMALL)
        assert (image.ask(WORDS).ids == alone.ask(WORDS).ids).all()
    assert model.encode_batch([]) == []


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_tensors_of_a_gpu(model, pixels, expected):
    assert answer(model, torch.from_numpy(pixels).cuda()) == expected
    assert answer(model, OnlyDlpack(torch.from_numpy(pixels).cuda())) == expected
