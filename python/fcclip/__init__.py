"""Open-vocabulary segmentation: encode a picture once, ask it any words in milliseconds.

    import fcclip
    model = fcclip.load()                     # the bundled model; or a path
    image = model.encode("street.jpg")        # the network runs here
    found = image.ask("car, person | pedestrian, road", stuff="road")
    found.ids                                 # NumPy [H, W] int32
    found[0].name, found[0].score

Errors are fcclip.Error, and the built-in exception that fits (ValueError, FileNotFoundError, MemoryError …).
Models, images and answers may be used from several threads at once.
"""

from __future__ import annotations

from . import _torch

_torch.check(_torch.installed())

import torch as _loads_libtorch  # noqa: E402  the compiled part uses the libraries that it has loaded

_torch.check(str(_loads_libtorch.__version__))

from . import score  # noqa: E402
from ._build import TORCH_VERSION as _TORCH_VERSION  # noqa: E402
from ._core import output_kinds, set_threads, version as _version  # noqa: E402
from ._errors import (  # noqa: E402
    BadFile,
    Error,
    FileFailure,
    InvalidArgument,
    Interrupted,
    NotFound,
    Note,
    OutOfMemory,
    PartialFailure,
    Unsupported,
)
from ._files import bundled_model, convert, info, tokenize  # noqa: E402
from ._folder import FolderAnswer, FolderOptions  # noqa: E402
from ._image import Image, ImageTensors  # noqa: E402
from ._model import Model, PreparedVocabulary, load  # noqa: E402
from ._options import AskOptions  # noqa: E402
from ._segmentation import Segment, Segmentation  # noqa: E402
from ._training import TrainingEnd, TrainingLine, train, training_settings  # noqa: E402
from ._words import Vocabulary, WordClass  # noqa: E402

__version__ = _version()

__all__ = [
    "AskOptions",
    "BadFile",
    "Error",
    "FileFailure",
    "FolderAnswer",
    "FolderOptions",
    "Image",
    "ImageTensors",
    "Interrupted",
    "InvalidArgument",
    "Model",
    "NotFound",
    "Note",
    "OutOfMemory",
    "PartialFailure",
    "PreparedVocabulary",
    "Segment",
    "Segmentation",
    "TrainingEnd",
    "TrainingLine",
    "Unsupported",
    "Vocabulary",
    "WordClass",
    "bundled_model",
    "convert",
    "info",
    "load",
    "output_kinds",
    "score",
    "set_threads",
    "tokenize",
    "train",
    "training_settings",
]
