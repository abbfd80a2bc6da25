"""Models."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Union

from . import _core
from ._errors import invalid
from ._files import bundled_model
from ._image import Image, tensor_of
from ._options import AskOptions
from ._pictures import Order, Picture, open_picture
from ._segmentation import Segment
from ._words import Marks, Vocabulary, Words, vocabulary_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    import torch

    from ._folder import FolderAnswer, FolderOptions

Progress = Union[Callable[[int, int], Any], None]

# Words that were asked before need not be read from the cache's files again.
_KEPT_QUESTIONS = 32


class PreparedVocabulary:
    """Words as one model's classifier knows them; made by Model.prepare."""

    __slots__ = ("_core_prepared",)

    def __init__(self, prepared: _core.PreparedWords) -> None:
        self._core_prepared = prepared

    @property
    def words(self) -> Vocabulary:
        """The words themselves."""
        return Vocabulary._of(self._core_prepared.words)

    @property
    def cached(self) -> int:
        """Distinct synonyms that were found in the cache on disk."""
        return self._core_prepared.cached

    @property
    def computed(self) -> int:
        """Distinct synonyms that were computed."""
        return self._core_prepared.computed

    def rows(self) -> torch.Tensor:
        """[T, D] float32: a row of unit length a synonym, on the model's device, no copy. Read only."""
        return tensor_of(self._core_prepared.rows())

    def __repr__(self) -> str:
        return f"<fcclip.PreparedVocabulary of {len(self.words)} classes>"


class Model:
    """A model in memory; made by fcclip.load. Any number of threads may use it at once."""

    def __init__(self, model: _core.Model, path: str) -> None:
        self._core_model = model
        self.path = path
        self._asked: OrderedDict[Any, _core.PreparedWords] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The architecture."""
        return self._core_model.info.name

    @property
    def provenance(self) -> str:
        """Where its weights come from."""
        return self._core_model.info.provenance

    @property
    def device(self) -> str:
        """Where it runs: "cpu", "cuda", "cuda:1"."""
        return self._core_model.info.device

    @property
    def queries(self) -> int:
        """Masks that one run of the network finds."""
        return self._core_model.info.queries

    @property
    def short_side(self) -> int:
        """The side to which pictures are resized, in pixels."""
        return self._core_model.info.short_side

    @property
    def max_side(self) -> int:
        """The longer side at most, in pixels."""
        return self._core_model.info.max_side

    @property
    def training_words(self) -> Vocabulary:
        """The classes that it was trained on."""
        return Vocabulary._of(self._core_model.info.training_words)

    def encode(self, picture: Picture, *, order: Order = "rgb", short_side: int = 0, max_side: int = 0,
               progress: Progress = None) -> Image:
        """Runs the network once.

        Args:
            picture: a path, the bytes of a picture file, a PIL image (these turned as their EXIF says), or pixels: a
                NumPy array or torch tensor (anything with DLPack) [H, W, 3] uint8; also [H, W], [H, W, 1] grey and
                [H, W, 4] with alpha, which is ignored. Pixels on the processor in rows without gaps are used in
                place, everything else (other strides, a GPU's memory) is copied once.
            order: "bgr" for pixels of OpenCV.
            short_side, max_side: how large the network sees it, in pixels; 0: the model's own.
            progress: called with (done, total); returning False stops.

        Raises:
            fcclip.InvalidArgument: no picture, float pixels, a wrong shape.
            fcclip.NotFound, fcclip.BadFile: the file.
            fcclip.Interrupted: progress returned False.

        >>> import fcclip, numpy
        >>> image = fcclip.load().encode(numpy.zeros((48, 64, 3), "uint8"), short_side=64)
        >>> image.size
        (48, 64)
        """
        opened, name = open_picture(picture, order)
        size = _core.EncodeSize(_side(short_side, "short_side"), _side(max_side, "max_side"), 1)
        return Image(self, self._core_model.encode(opened, size, progress), opened, name)

    def encode_batch(self, pictures: Iterable[Picture], *, batch: int = 8, order: Order = "rgb", short_side: int = 0,
                     max_side: int = 0, progress: Progress = None) -> list[Image]:
        """The same for several pictures of any sizes: neighbours that the network sees at one size run together,
        `batch` at most. GPUs gain by it."""
        opened = [open_picture(picture, order) for picture in pictures]
        size = _core.EncodeSize(_side(short_side, "short_side"), _side(max_side, "max_side"), batch)
        images = self._core_model.encode_many([one for one, _ in opened], size, progress)
        return [Image(self, image, *one) for image, one in zip(images, opened)]

    def prepare(self, words: Words | None = None, *, things: Marks = None, stuff: Marks = None,
                background: Marks = None, templates: Sequence[str] = (),
                progress: Progress = None) -> PreparedVocabulary:
        """Reads words once, to ask with them often. Known words come from the cache on disk.

        Raises:
            fcclip.InvalidArgument: no words.
            fcclip.Interrupted: progress returned False; what was finished by then is in the cache.

        >>> import fcclip
        >>> model = fcclip.load()
        >>> words = model.prepare("cat, dog | puppy")
        >>> words.rows().shape[0]
        3
        """
        vocabulary = self._vocabulary(words, (things, stuff, background))
        return PreparedVocabulary(
            self._core_model.prepare(vocabulary._core_words, _template_list(templates), progress))

    def like(self, words: Words, name: str, shown: Iterable[tuple[Image, Segment | int]]) -> Vocabulary:
        """"Like this": words in which the class `name` is also what these segments show.

        Args:
            words: as fcclip.Vocabulary takes them.
            name: a class of them, whose word is then moved towards what is shown; or a new one, which is added as a
                thing and knows what is shown alone.
            shown: pairs of an encoded image and a segment of one of its answers (or its .query): one or more, of any
                images of this model.

        Returns:
            The words, for this model's images alone; ask, prepare, ask_folder and pickle take them as any others.

        Raises:
            fcclip.InvalidArgument: nothing is shown, a query that the image has not, an image of another model.

        >>> import fcclip
        >>> model = fcclip.load()
        >>> image = model.encode(picture)
        >>> insect = image.ask("ladybug, rock, wood")[0]
        >>> words = model.like("rock, wood", "this one", [(image, insect)])
        >>> words.names
        ['rock', 'wood', 'this one']
        >>> found = image.ask(words)
        """
        if not isinstance(name, str) or not name.strip():
            raise invalid(f"name is {name!r}; expected the name of a class")
        pairs = [_shown_pair(one) for one in shown]
        return Vocabulary._of(self._core_model.like(vocabulary_of(words)._core_words, name, pairs))

    def ask_folder(self, pictures: Any, words: Words | None = None, **options: Unpack[FolderOptions]) \
            -> Iterator[FolderAnswer]:
        """Asks many pictures: a generator of answers, in the pictures' order. While the network works on one picture,
        the next are decoded and the last ones drawn and written by other threads. Leaving the loop (break, an
        exception, Ctrl-C) stops the work; `resume` goes on with it.

        Args:
            pictures: a folder (with those below it), a glob, a file, or a list of such.
            words: as Image.ask takes them, without prepared ones.
            output: folder for files; needed where something is written.
            write: kinds of output, as Segmentation.save takes them, also "jsonl", "csv", "gallery", "all"; None:
                overlay, segments and the task's own format when there is an output folder, else nothing.
            resume: leave out pictures that an earlier run, of Python or of `fcclip segment`, has finished in this
                folder with the same model, words and settings. They are not yielded.
            shard: "2/4" or (2, 4): only every 4th picture, from the 2nd on. Of several processes with one output
                folder each takes another; the last one to finish writes what is written over all ("coco", "csv", …).
            devices: where to work: "all" GPUs, "cuda:0,cuda:1" or a list of such names; each gets the model once, for
                this run, and the pictures are shared out. None: the model's own. Files are the same as one device's.
            overwrite: replace files that fcclip did not write.
            tolerance: as in Segmentation.save.
            on_failure: called with (path, reason) of each picture that fails; without, PartialFailure is raised after
                the last picture.
            things, stuff, background, templates, short_side, max_side, and all options of ask.

        Yields:
            FolderAnswer: a Segmentation with .path, .files and .kept.

        Raises:
            fcclip.NotFound: nothing to work on.
            fcclip.PartialFailure: some pictures failed; its .failures lists them.

        >>> import fcclip
        >>> [answer.task for answer in fcclip.load().ask_folder([picture], "bat, rock")]
        ['panoptic']
        """
        from ._folder import run_folder

        return run_folder(self, pictures, words, options)

    def _vocabulary(self, words: Words | None, marks: tuple[Marks, Marks, Marks]) -> Vocabulary:
        things, stuff, background = marks
        if words is None:
            own = self.training_words
            words = own if len(own) > 0 else Vocabulary.load("coco")
        return vocabulary_of(words, things=things, stuff=stuff, background=background)

    def _prepared(self, words: Words | PreparedVocabulary | None, marks: tuple[Marks, Marks, Marks],
                  templates: Sequence[str]) -> _core.PreparedWords:
        if isinstance(words, PreparedVocabulary):
            if any(mark is not None for mark in marks) or templates:
                raise invalid("prepared words have their kinds and templates already; pass these to prepare()")
            return words._core_prepared
        listed = _template_list(templates)
        vocabulary = self._vocabulary(words, marks)
        key = (vocabulary.name, vocabulary, tuple(listed))
        with self._lock:
            if key in self._asked:
                self._asked.move_to_end(key)
                return self._asked[key]
        prepared = self._core_model.prepare(vocabulary._core_words, listed, None)
        with self._lock:
            self._asked[key] = prepared
            while len(self._asked) > _KEPT_QUESTIONS:
                self._asked.popitem(last=False)
        return prepared

    def __reduce__(self) -> tuple[Any, ...]:
        return (load, (self.path,), {"device": self.device})

    def __setstate__(self, state: dict[str, Any]) -> None:
        if state["device"] != self.device:
            raise invalid(f"this model was on {state['device']}; send its path and load it there")

    def __repr__(self) -> str:
        return f"<fcclip.Model {self.name!r} on {self.device}, from {self.path}>"


def load(path: str | os.PathLike[str] | None = None, *, device: str = "cpu", dtype: str = "float32",
         threads: int | None = None, cache: bool = True,
         cache_folder: str | os.PathLike[str] | None = None) -> Model:
    """Opens a model file (of fcclip.convert or fcclip.train).

    Args:
        path: None: $FCCLIP_MODEL, else the bundled model: small, for trying things out.
        device: "cpu", "cuda", "cuda:1"; also a torch.device.
        dtype: of the network's large products: "float32", exact; "bfloat16", faster on GPUs and on processors with
            AVX512-BF16; "int8" on processors with AVX512-VNNI or AVX-VNNI; "tf32" or "float16" on GPUs; "auto": the
            fastest of a GPU, float32 on a processor.
        threads: cores that all calls of this process share; 0: all; None: as it is.
        cache: keep features of words on disk, shared by all processes.
        cache_folder: None: $XDG_CACHE_HOME/fcclip or ~/.cache/fcclip.

    Raises:
        fcclip.NotFound: no such file.
        fcclip.BadFile: no model file, or a damaged one.
        fcclip.Unsupported: the device is not there or torch is a CPU build, or it has no such dtype.

    >>> import fcclip
    >>> model = fcclip.load()
    >>> model.device
    'cpu'
    """
    if threads is not None:
        _core.set_threads(threads)
    chosen = os.fspath(path) if path is not None else (os.environ.get("FCCLIP_MODEL") or str(bundled_model()))
    folder = "" if cache_folder is None else os.fspath(cache_folder)
    opened = _core.Model.load(os.fsencode(chosen), str(device), dtype, cache, os.fsencode(folder))
    return Model(opened, os.fsdecode(chosen))


def _side(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(f"{name} is {value!r}; expected a whole number of pixels")
    return value


def _shown_pair(pair: object) -> tuple[_core.Image, int]:
    image, what = pair if isinstance(pair, (tuple, list)) and len(pair) == 2 else (None, None)
    query = what.query if isinstance(what, Segment) else what
    if not isinstance(image, Image) or isinstance(query, bool) or not isinstance(query, int):
        raise invalid(f"{pair!r} shows nothing; expected an encoded image with a segment of an answer: (image, found[0])")
    return image._core_image, query


def _template_list(templates: Sequence[str]) -> list[str]:
    listed = [templates] if isinstance(templates, str) else list(templates)
    for template in listed:
        if "{}" not in template:
            raise invalid(f"template {template!r} has no {{}} where the name goes")
    return listed
