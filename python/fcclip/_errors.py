"""One exception for everything that fcclip refuses, and subclasses that are also what people catch already."""

from __future__ import annotations

import errno


class Error(Exception):
    """Anything that went wrong in fcclip: one line for people, and a code for programs.

    Attributes:
        code: what kind, such as ``"bad_format"``: the table of docs/library.md.

    >>> import fcclip
    >>> try:
    ...     fcclip.load("no-such-model.safetensors")
    ... except fcclip.Error as error:
    ...     print(error.code, isinstance(error, FileNotFoundError))
    not_found True
    """

    code: str = "internal"

    def __str__(self) -> str:
        # OSError would print its own form for some arguments.
        return str(self.args[0]) if self.args else ""

    def __reduce__(self) -> tuple[object, ...]:
        return (error_of, (self.code, str(self)))


class InvalidArgument(Error, ValueError):
    """What was passed cannot work: codes invalid_argument, invalid_value, shape_mismatch, too_large."""


class NotFound(Error, FileNotFoundError):
    """A file or a name that is not there: code not_found."""


class FileFailure(Error, OSError):
    """The operating system refused to read or write: code io_failure."""


class BadFile(Error, ValueError):
    """A file is damaged, unsafe or of another kind: codes bad_format, unsafe_file, missing_tensor."""


class OutOfMemory(Error, MemoryError):
    """The processor's or a GPU's memory is full: code out_of_memory."""


class Unsupported(Error, NotImplementedError):
    """Nothing that this build or this machine can do: code unsupported."""


class Interrupted(Error):
    """A progress callback said stop: code interrupted. Ctrl-C is Python's KeyboardInterrupt."""


class PartialFailure(Error):
    """Of several pictures some failed: code partial_failure.

    Attributes:
        failures: (path, reason) of each.
    """

    failures: list[tuple[str, str]] = []


class Note(UserWarning):
    """What was mended, left out or assumed on the way."""


_CLASSES: dict[str, type[Error]] = {
    "invalid_argument": InvalidArgument,
    "invalid_value": InvalidArgument,
    "shape_mismatch": InvalidArgument,
    "too_large": InvalidArgument,
    "not_found": NotFound,
    "io_failure": FileFailure,
    "bad_format": BadFile,
    "unsafe_file": BadFile,
    "missing_tensor": BadFile,
    "out_of_memory": OutOfMemory,
    "unsupported": Unsupported,
    "interrupted": Interrupted,
    "partial_failure": PartialFailure,
}


def error_of(code: str, message: str) -> Error:
    """The exception for a code of the library; called by the compiled part too."""
    error = _CLASSES.get(code, Error)(message)
    error.code = code
    if isinstance(error, FileNotFoundError):
        error.errno = errno.ENOENT
    return error


def invalid(message: str, code: str = "invalid_argument") -> Error:
    """What Python itself refuses."""
    return error_of(code, message)
