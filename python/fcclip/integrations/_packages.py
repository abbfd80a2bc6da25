"""What is said when a tool's package is not there."""

from __future__ import annotations

import importlib
from typing import Any

from .._errors import Error, error_of


def missing(package: str, extra: str, reason: ImportError, more: str = "") -> Error:
    """The error for an import that failed: Unsupported, with the line that installs what it needs."""
    return error_of("unsupported", f"fcclip.integrations needs the package {package} ({reason}): "
                    f"pip install 'fcclip[{extra}]'{more}")


def needed(module: str, extra: str, *, package: str = "") -> Any:
    """The module, imported when it is used; raises missing()."""
    try:
        return importlib.import_module(module)
    except ImportError as reason:
        raise missing(package or module.split(".")[0], extra, reason) from reason
