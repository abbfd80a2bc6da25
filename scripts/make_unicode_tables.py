#!/usr/bin/env python3
"""Writes data/text/{unicode,html_entities,mojibake}.txt: the facts that text cleaning and tokenizing need.

Run with:  python3 -m venv tables && tables/bin/pip install ftfy==6.3.1 regex wcwidth
           tables/bin/python scripts/make_unicode_tables.py

Nothing is typed by hand: character properties come from Python's unicodedata and the regex package, entities from
Python's html module, the mojibake classes from the compiled patterns of ftfy (Apache-2.0), whose behaviour is the
definition of CLIP's cleaning. Every file is sections of blank-separated items, `key[-last][=value[+value...]]` in hex.
"""

import html
import re
import re._parser as parser
import sys
import textwrap
import unicodedata
from pathlib import Path

import ftfy
import regex
from ftfy import badness, chardata

OUT = Path(__file__).resolve().parent.parent / "data" / "text"
ALL = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def hexes(text):
    return "+".join(f"{ord(c):X}" for c in text)


def ranges(points):
    """[1, 2, 3, 7] -> [(1, 3), (7, 7)]"""
    out = []
    for point in sorted(points):
        if out and out[-1][1] == point - 1:
            out[-1][1] = point
        else:
            out.append([point, point])
    return out


def range_items(points, value=""):
    return [(f"{a:X}" if a == b else f"{a:X}-{b:X}") + value for a, b in ranges(points)]


def write(name, title, sections):
    lines = [f"# {title}", "# Written by scripts/make_unicode_tables.py; do not edit.",
             f"# Python {sys.version.split()[0]} (Unicode {unicodedata.unidata_version}), "
             f"regex {regex.__version__}, ftfy {ftfy.__version__}"]
    for section, items in sections:
        lines.append(f"[{section}]")
        lines += textwrap.wrap(" ".join(items), 116, break_long_words=False, break_on_hyphens=False)
    (OUT / name).write_text("\n".join(lines) + "\n", encoding="ascii")


def matching(pattern, flags=0):
    compiled = regex.compile(pattern, flags)
    return [c for c in ALL if compiled.match(chr(c))]


def translated(char):
    """What the one-character fixes of ftfy make of a character, one after the other."""
    text = ftfy.fixes.fix_c1_controls(char)
    text = ftfy.fixes.fix_latin_ligatures(text)
    text = ftfy.fixes.fix_character_width(text)
    text = ftfy.fixes.uncurl_quotes(text)
    return text if char == "\r" else ftfy.fixes.fix_line_breaks(text)


def unicode_sections():
    letters, numbers, spaces = (matching(p, regex.IGNORECASE) for p in (r"[\p{L}]", r"[\p{N}]", r"\s"))
    other = set(matching(r"[^\s\p{L}\p{N}]", regex.IGNORECASE))
    assert not other & {*letters, *numbers, *spaces}
    # A capital sigma after c becomes final where c is cased; after "a", c: also where c is ignorable.
    cased = {c for c in ALL if (chr(c) + "\u03a3").lower()[-1] == "\u03c2"}
    ignorable = {c for c in ALL if ("a" + chr(c) + "\u03a3").lower()[-1] == "\u03c2"} - cased
    combining = {}
    for c in ALL:
        if unicodedata.combining(chr(c)):
            combining.setdefault(unicodedata.combining(chr(c)), []).append(c)
    composed, decomposed = [], []
    for c in ALL:
        parts = unicodedata.decomposition(chr(c))
        if parts and not parts.startswith("<"):
            item = f"{c:X}=" + "+".join(f"{int(p, 16):X}" for p in parts.split())
            pair = "".join(chr(int(p, 16)) for p in parts.split())
            back = len(pair) == 2 and unicodedata.normalize("NFC", pair) == chr(c)
            (composed if back else decomposed).append(item)
    lower = [f"{c:X}={hexes(chr(c).lower())}" for c in ALL if chr(c).lower() != chr(c) and c != 0x3A3]
    changed = [f"{c:X}={hexes(translated(chr(c)))}" for c in ALL if translated(chr(c)) != chr(c)]
    return [
        ("letter", range_items(letters)), ("number", range_items(numbers)), ("space", range_items(spaces)),
        ("unmatched", range_items(set(ALL) - other - {*letters, *numbers, *spaces})),
        ("decimal", range_items(c for c in ALL if re.match(r"\d", chr(c)))),
        ("cased", range_items(cased)), ("ignorable", range_items(ignorable)), ("lower", lower),
        ("combining", [i for k in sorted(combining) for i in range_items(combining[k], f"={k:X}")]),
        ("composed", composed), ("decomposed", decomposed), ("translated", changed),
        ("removed", range_items(chardata.CONTROL_CHARS)),
    ]


def width_sections():
    """Columns of a terminal: two, or none; what is in neither list takes one."""
    jamo = set(range(0x1160, 0x1200))  # vowels and finals, drawn into the syllable that begins before them
    none = {c for c in ALL if unicodedata.category(chr(c)) in ("Mn", "Me", "Cf") and c != 0xAD} | jamo
    wide = {c for c in ALL if unicodedata.east_asian_width(chr(c)) in ("W", "F")}
    return [("wide", range_items(wide - none)), ("no width", range_items(none))]


def entity_sections():
    named = [f"{name}={hexes(text)}" for name, text in sorted(html.entities.html5.items())]
    own = {k: v for k, v in chardata.HTML_ENTITIES.items() if k[1:] not in html.entities.html5}
    assert all(chardata.HTML_ENTITIES["&" + n] == t for n, t in html.entities.html5.items() if n.endswith(";"))
    return [
        ("named", named), ("capitals", [f"{k[1:]}={hexes(v)}" for k, v in sorted(own.items())]),
        ("replaced", [f"{k:X}={hexes(v)}" for k, v in sorted(html._invalid_charrefs.items())]),
        ("dropped", range_items(html._invalid_codepoints)),
    ]


def members(items, limit):
    """The code points of a parsed character class."""
    inside, negated = set(), False
    for op, value in items:
        op = str(op)
        if op == "NEGATE":
            negated = True
        elif op == "LITERAL":
            inside.add(value)
        elif op == "RANGE":
            inside.update(range(value[0], value[1] + 1))
        elif op == "CATEGORY":
            letter = {"CATEGORY_WORD": r"\w", "CATEGORY_SPACE": r"\s"}[str(value)]
            inside.update(c for c in ALL if re.match(letter, chr(c)))
        else:
            raise ValueError(op)
    return frozenset(set(range(limit)) - inside if negated else inside)


def sequences(parsed, limit):
    """Every sequence of classes that a pattern without unbounded repeats stands for, in order of preference."""
    out = [()]
    for op, value in parsed:
        op = str(op)
        if op == "LITERAL":
            tails = [(frozenset([value]),)]
        elif op == "NOT_LITERAL":
            tails = [(frozenset(set(range(limit)) - {value}),)]
        elif op == "ANY":
            tails = [(frozenset(set(range(limit)) - {10}),)]
        elif op == "IN":
            tails = [(members(value, limit),)]
        elif op == "AT":
            assert str(value) == "AT_BEGINNING"
            tails = [("^",)]
        elif op == "BRANCH":
            tails = [s for branch in value[1] for s in sequences(branch, limit)]
        elif op == "SUBPATTERN":
            tails = sequences(value[3], limit)
        elif op == "MAX_REPEAT":
            low, high, inner = value
            tails = [t for n in range(min(high, 4), low - 1, -1) for t in repeat(sequences(inner, limit), n)]
        else:
            raise ValueError(op)
        out = [head + tail for head in out for tail in tails]
    return out


def repeat(choices, times):
    out = [()]
    for _ in range(times):
        out = [head + tail for head in out for tail in choices]
    return out


def pattern_sections(name, found):
    sets, rules = [], []
    for sequence in found:
        items = []
        for step in sequence:
            if step == "^":
                items.append("^")
                continue
            if step not in sets:
                sets.append(step)
            items.append(f"{sets.index(step):x}")
        rules.append("+".join(items))
    return [(f"{name} rules", rules)] + [(f"{name} set {i:x}", range_items(s)) for i, s in enumerate(sets)]


def mojibake_sections():
    sections = []
    for encoding in chardata.CHARMAP_ENCODINGS:
        high = bytes(range(0x80, 0x100)).decode(encoding)
        kind = "sloppy" if encoding.startswith("sloppy-") else "exact"
        kind = "macroman" if encoding == "macroman" else kind
        sections.append((f"encoding {kind} {encoding.removeprefix('sloppy-')}", [f"{ord(c):X}" for c in high]))
    bad = parser.parse(badness.BADNESS_RE.pattern, re.VERBOSE)
    sections += pattern_sections("badness", sequences(bad, 0x110000))
    # (?<! strict) ( sequences )+ : the look-behind and the repeat are the program's, the rest is data.
    (_, behind), (_, repeated) = parser.parse(chardata.UTF8_DETECTOR_RE.pattern, re.VERBOSE)
    (op, value), = behind[1]
    assert str(op) == "IN"
    sections.append(("detector not after", range_items(members(value, 0x110000))))
    sections += pattern_sections("detector", sequences(repeated[2], 0x110000))
    for name, compiled in (("altered", chardata.ALTERED_UTF8_RE), ("lossy", chardata.LOSSY_UTF8_RE)):
        sections += pattern_sections(name, sequences(parser.parse(compiled.pattern), 0x100))
    return sections


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    write("unicode.txt", "Character properties, normalisation and one-character replacements.",
          unicode_sections() + width_sections())
    write("html_entities.txt", "Named and numeric character references.", entity_sections())
    write("mojibake.txt", "Single-byte encodings and the character sequences that betray a wrong decoding.",
          mojibake_sections())
