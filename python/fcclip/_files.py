"""Model files: what they are, how they are made of published weights, and how their tokenizer splits texts."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import pathlib
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Union, overload

from . import _core
from ._errors import Note, error_of, invalid
from ._words import Words, vocabulary_of

Path = Union[str, "os.PathLike[str]"]

_MERGES = "bpe_simple_vocab_16e6.txt.gz"


def package_folder() -> pathlib.Path:
    """Where the wheel's files are; beside this one, or where an editable installation has built them."""
    return pathlib.Path(_core.__file__).parent


def bundled_model() -> pathlib.Path:
    """The small model that comes with the package: for trying things out, not for photographs.

    >>> import fcclip
    >>> fcclip.bundled_model().name
    'mini.safetensors'
    """
    path = package_folder() / "share/fcclip/mini.safetensors"
    if not path.is_file():
        raise error_of("not_found", f"no bundled model at {path}; name one: fcclip.load(\"model.safetensors\")")
    return path


def info(path: Path, *, container: str = "") -> dict[str, Any]:
    """What a file of weights is: what `fcclip info --json` prints. Reads headers alone.

    Args:
        container: which weights of a checkpoint that holds several, such as "model_ema".

    Raises:
        fcclip.NotFound, fcclip.BadFile: the file.

    >>> import fcclip
    >>> fcclip.info(fcclip.bundled_model())["kind"]
    'model file'
    """
    summary: dict[str, Any] = json.loads(_core.info_json(os.fsencode(path), container))
    return summary


def convert(checkpoints: Path | Iterable[Path], output: Path, *, dtype: str = "float32", container: str = "",
            config: Path | None = None, training_vocabulary: Words | None = None, merges: Path | None = None,
            overwrite: bool = False, progress: Callable[[int, int], Any] | None = None) -> pathlib.Path:
    """Makes a model file from published checkpoints. What had to be assumed is told as warnings of fcclip.Note.

    Args:
        checkpoints: FC-CLIP checkpoints (.pth), open_clip weights, model files, in any mixture; the last one counts
            where several have a tensor.
        output: the model file to write.
        dtype: "float32", "float16" or "bfloat16": how matrices are stored.
        container: which weights to take of a checkpoint that holds several.
        config: JSON with what tensors cannot tell.
        training_vocabulary: the classes it was trained on; None: COCO's 133.
        merges: CLIP's bpe_simple_vocab_16e6.txt.gz; None: $FCCLIP_MERGES, or that of the package open_clip_torch.
        overwrite: replace a file that is there.

    Raises:
        fcclip.NotFound, fcclip.BadFile: a checkpoint, with the tensor's name.
        fcclip.InvalidArgument: `output` is there already, or an unknown dtype.
    """
    listed = [checkpoints] if isinstance(checkpoints, (str, os.PathLike)) else list(checkpoints)
    if not listed:
        raise invalid("no checkpoints; expected at least one")
    target = pathlib.Path(output)
    if target.exists() and not overwrite:
        raise invalid(f"{target} is there already; overwrite=True replaces it")
    request = _core.ConvertRequest()
    request.set_paths([os.fsencode(one) for one in listed], os.fsencode(target))
    request.dtype = dtype
    request.container = container
    request.merges = _merges_for(listed, merges)
    if config is not None:
        request.reference_config = pathlib.Path(config).read_text(encoding="utf-8")
    if training_vocabulary is not None:
        request.training_words = vocabulary_of(training_vocabulary)._core_words
    for note in _core.convert(request, progress):
        warnings.warn(note, Note, stacklevel=2)
    return target


@overload
def tokenize(  # type: ignore[overload-overlap]  # a text is a sequence of texts to type checkers
    texts: str, *, model: Path | None = None, padded: bool = False) -> list[int]: ...
@overload
def tokenize(texts: Sequence[str], *, model: Path | None = None, padded: bool = False) -> list[list[int]]: ...
def tokenize(texts: str | Sequence[str], *, model: Path | None = None, padded: bool = False) \
        -> list[int] | list[list[int]]:
    """CLIP's token ids of a text, or of each of several.

    Args:
        model: whose tokenizer; None: $FCCLIP_MODEL, else the bundled model's (CLIP's with fewer merges).
        padded: all ids of the context, zeros behind the end.

    >>> import fcclip
    >>> fcclip.tokenize("a cat")
    [2086, 320, 896, 2087]
    """
    chosen = model if model is not None else (os.environ.get("FCCLIP_MODEL") or bundled_model())
    single = isinstance(texts, str)
    listed = [texts] if isinstance(texts, str) else list(texts)
    for text in listed:
        if not isinstance(text, str):
            raise invalid(f"{text!r} is no text")
    ids = _core.tokenize(os.fsencode(chosen), listed, padded)
    return ids[0] if single else ids


def _merges_for(checkpoints: list[Any], named: Path | None) -> str:
    if named is None and any(_brings_merges(path) for path in checkpoints):
        return ""
    for place in _merge_places(named):
        if not place.is_file():
            continue
        data = place.read_bytes()
        try:
            return (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8")
        except (OSError, EOFError, UnicodeDecodeError) as reason:
            raise error_of("bad_format", f"cannot unpack the merges of {place}: {reason}") from reason
    raise error_of("not_found", f"no merges file: name CLIP's {_MERGES} with merges= or FCCLIP_MERGES; it is in the "
                   "package open_clip_torch (pip install --no-deps open_clip_torch, folder open_clip)")


def _brings_merges(path: Path) -> bool:
    return _core.has_merges(os.fsencode(path))


def _merge_places(named: Path | None) -> Iterable[pathlib.Path]:
    if named is not None:
        yield pathlib.Path(named)
        return
    if os.environ.get("FCCLIP_MERGES"):
        yield pathlib.Path(os.environ["FCCLIP_MERGES"])
    yield package_folder() / "share/fcclip" / _MERGES
    found = importlib.util.find_spec("open_clip")
    for folder in (found.submodule_search_locations or []) if found else []:
        yield pathlib.Path(folder) / _MERGES
