"""Words: what a picture is asked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Union

from . import _core
from ._errors import invalid

Kind = Literal["thing", "stuff", "background"]
_KINDS: tuple[Kind, ...] = ("thing", "stuff", "background")

Marks = Union[str, Iterable[str], None]


class WordClass(NamedTuple):
    """One class of a question."""

    synonyms: tuple[str, ...]
    kind: Kind
    id: int
    colour: tuple[int, int, int] | None

    @property
    def name(self) -> str:
        """The first synonym, which answers show."""
        return self.synonyms[0]


class Vocabulary(Sequence[WordClass]):
    """The classes of a question, in the order in which answers count them.

    Args:
        words: ``"cat, dog | puppy, grass"`` (classes at commas, synonyms at bars); a list with a class an item, each
            ``"dog | puppy"`` or a list of synonyms; or a dict from names to synonyms (a text or a list), to a kind
            (``"thing"``, ``"stuff"``, ``"background"``), or to a dict with any of ``synonyms``, ``kind``, ``id`` and
            ``colour`` (r, g, b).
        things, stuff, background: words of these kinds, as text or list; those that were not asked for are added.
            Things are counted one by one, stuff is not; background takes what none of the others should have, and is
            left out of answers.

    Raises:
        fcclip.InvalidArgument: no word remains, or something is no text.

    >>> import fcclip
    >>> words = fcclip.Vocabulary("cat, dog | puppy, grass", stuff="grass")
    >>> [(one.name, one.kind) for one in words]
    [('cat', 'thing'), ('dog', 'thing'), ('grass', 'stuff')]
    >>> words == fcclip.Vocabulary({"cat": "thing", "dog": "puppy", "grass": "stuff"})
    True
    """

    __slots__ = ("_core_words", "_rows", "_shown")

    def __init__(self, words: Words = "", *, things: Marks = None, stuff: Marks = None,
                 background: Marks = None) -> None:
        marks = _core.WordMarks(_joined(things), _joined(stuff), _joined(background))
        if isinstance(words, str):
            self._take(_core.Words.parse(words, marks))
        else:
            self._take(_words_of(words).marked(marks))

    @classmethod
    def load(cls, name_or_path: str | os.PathLike[str]) -> Vocabulary:
        """Words by a built-in name ("coco", "everything" …), from a file of any tool, or several joined by +.

        Raises:
            fcclip.InvalidArgument: no such name or file; the message names the nearest.
            fcclip.BadFile: the file holds no words.

        >>> import fcclip
        >>> len(fcclip.Vocabulary.load("coco"))
        133
        """
        return cls._of(_core.Words.load(os.fsencode(name_or_path)))

    @staticmethod
    def builtin_names() -> list[str]:
        """The vocabularies in the library."""
        return _core.Words.builtin_names()

    @classmethod
    def _of(cls, words: _core.Words) -> Vocabulary:
        made = cls.__new__(cls)
        made._take(words)
        return made

    def _take(self, words: _core.Words) -> None:
        self._core_words = words
        self._rows = tuple(
            WordClass(tuple(synonyms), _KINDS[kind], number,
                      None if colour is None else (colour[0], colour[1], colour[2]))
            for synonyms, kind, number, colour in words.rows())
        # What Model.like or a file of rows put in the place of words belongs to the classes as much as their names.
        self._shown = tuple(None if one is None else (tuple(one[0]), tuple(one[1]), one[2]) for one in words.shown())

    @property
    def name(self) -> str:
        """Of built-in vocabularies and files; else empty."""
        return self._core_words.name

    @property
    def names(self) -> list[str]:
        """The first synonym of each class."""
        return [row.name for row in self._rows]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        return self._rows[index]

    def __iter__(self) -> Iterator[WordClass]:
        return iter(self._rows)

    def __add__(self, other: Words) -> Vocabulary:
        """The classes of both; a word that both have counts once."""
        return self._of(self._core_words.joined(vocabulary_of(other)._core_words))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and (self._rows, self._shown) == (other._rows, other._shown)

    def __hash__(self) -> int:
        return hash((self._rows, self._shown))

    def __repr__(self) -> str:
        shown = ", ".join(" | ".join(row.synonyms) for row in self._rows[:8])
        return f"<fcclip.Vocabulary of {len(self)}: {shown}{', …' if len(self) > 8 else ''}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restored, (self.name, tuple(tuple(row) for row in self._rows), self._shown))


Words = Union[str, Sequence[Any], Mapping[str, Any], Vocabulary]


def _restored(name: str, rows: tuple[Any, ...], shown: tuple[Any, ...] = ()) -> Vocabulary:
    words = _core.Words.of_rows(
        name, [(list(synonyms), _KINDS.index(kind), number, colour) for synonyms, kind, number, colour in rows])
    return Vocabulary._of(words.with_shown(list(shown)))


def vocabulary_of(words: Words, *, things: Marks = None, stuff: Marks = None, background: Marks = None) -> Vocabulary:
    """`words` with these marks; a vocabulary without marks is returned as it is."""
    if isinstance(words, Vocabulary) and things is None and stuff is None and background is None:
        return words
    return Vocabulary(words, things=things, stuff=stuff, background=background)


def _joined(marks: Marks) -> str:
    if marks is None:
        return ""
    if isinstance(marks, str):
        return marks
    parts = list(marks)
    for part in parts:
        _check_text(part)
    return ", ".join(parts)


def _check_text(word: object) -> str:
    if not isinstance(word, str):
        raise invalid(f"{word!r} is no word; expected text")
    return word


def _split(text: object) -> list[str]:
    return [part.strip() for part in _check_text(text).split("|") if part.strip()]


def _synonyms(value: object) -> list[str]:
    if isinstance(value, str):
        return _split(value)
    if isinstance(value, Iterable):
        return [part for one in value for part in _split(one)]
    raise invalid(f"{value!r} is no word and no list of words")


_Row = tuple[list[str], int, int, Any]


def _kind_number(kind: object) -> int:
    if kind not in _KINDS:
        raise invalid(f"kind is {kind!r}; expected 'thing', 'stuff' or 'background'")
    return _KINDS.index(kind)


def _named_row(name: str, value: object) -> _Row:
    synonyms = _split(name)
    kind, number, colour = 0, 0, None
    if isinstance(value, Mapping):
        unknown = set(value) - {"synonyms", "kind", "id", "colour"}
        if unknown:
            raise invalid(f"{name}: {min(map(str, unknown))!r} is not known; expected synonyms, kind, id or colour")
        kind = _kind_number(value.get("kind", "thing"))
        number = int(value.get("id", 0))
        colour = value.get("colour")
        colour = None if colour is None else [int(part) for part in colour]
        synonyms += _synonyms(value.get("synonyms", ()))
    elif isinstance(value, str) and value in _KINDS:
        kind = _kind_number(value)
    elif value is not None:
        synonyms += _synonyms(value)
    return list(dict.fromkeys(synonyms)), kind, number, colour


def _words_of(words: object) -> _core.Words:
    if isinstance(words, Vocabulary):
        return words._core_words
    rows: list[_Row] = []
    if isinstance(words, Mapping):
        rows = [_named_row(_check_text(name), value) for name, value in words.items()]
    elif isinstance(words, Iterable) and not isinstance(words, (bytes, bytearray)):
        for one in words:
            if isinstance(one, WordClass):
                rows.append((list(one.synonyms), _kind_number(one.kind), one.id, one.colour))
            else:
                rows.append((_synonyms(one), 0, 0, None))
    else:
        raise invalid(f"{type(words).__name__} is no words; expected text, a list, a dict or a Vocabulary")
    rows = [row for row in rows if row[0]]
    if not rows:
        raise invalid("no words; expected at least one, such as \"cat, dog | puppy\"")
    # Joined with itself: a repeated word counts once, as in texts.
    made = _core.Words.of_rows("", rows)
    return made.joined(made)
