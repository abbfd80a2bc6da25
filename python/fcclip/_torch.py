"""The torch that this build can live with, checked before anything of LibTorch is loaded."""

from __future__ import annotations

import importlib.metadata

from . import _build


def _release(version: str) -> tuple[int, int]:
    major, minor = version.split("+")[0].split(".")[:2]
    return int(major), int(minor)


def check(version: str | None) -> None:
    """Raises ImportError with the remedy when `version` is another torch than the one this was built against.

    LibTorch's C++ interface changes with every minor version; patch releases keep it, and so do the CPU and CUDA
    builds of one version.
    """
    major, minor = _release(_build.TORCH_VERSION)
    if version is not None and _release(version) == (major, minor):
        return
    found = "there is no torch here" if version is None else f"this is torch {version}"
    raise ImportError(
        f"this build of fcclip is for torch {major}.{minor} and {found}: pip install 'torch=={major}.{minor}.*', or "
        f"build fcclip again for yours: pip install --no-build-isolation --force-reinstall --no-deps <fcclip's source>")


def installed() -> str | None:
    """The installed torch's version, without importing it."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return None
