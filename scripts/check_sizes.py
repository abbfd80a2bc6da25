#!/usr/bin/env python3
"""Bounds the tail: files up to 600 lines (median under 200), functions up to 50 lines (kernels 80), 5 parameters."""

import pathlib
import re
import statistics
import sys

FILE_LIMIT, MEDIAN_LIMIT, FUNCTION_LIMIT, KERNEL_LIMIT, PARAMETER_LIMIT = 600, 200, 50, 80, 5
# A definition starts at column 0 (or inside a class or namespace, two spaces) and its brace ends the line.
START = re.compile(r"^(?:  )?(?!namespace|class|struct|enum|union|extern|#|//|using|typedef|return|if|for|while|else|switch|case|do|try)(?! )[\w:~<>,&*\[\] ]+\([^;]*$")


LITERAL = re.compile(r"'(?:\\.|[^'\\])'|\"(?:\\.|[^\"\\])*\"")


def functions(lines):
    """Yields (line number, header text, length) of each function body, by brace counting."""
    lines = [LITERAL.sub("0", line) for line in lines]
    number = 0
    while number < len(lines):
        if not START.match(lines[number]):
            number += 1
            continue
        header, end = lines[number], number
        while end < len(lines) and "{" not in lines[end] and ";" not in lines[end]:
            end += 1
            header += lines[end] if end < len(lines) else ""
        # Tables and macro uses are not functions.
        is_function = end < len(lines) and "{" in lines[end] and " = " not in header.split("{")[0]
        if not is_function or re.match(r"\s*[A-Z_]+\(", header):
            number += 1
            continue
        depth, last = 0, end
        while last < len(lines):
            depth += lines[last].count("{") - lines[last].count("}")
            if depth <= 0:
                break
            last += 1
        yield number + 1, header, last - end + 1
        number = max(last, number) + 1


def parameters(header):
    """Counts top-level commas of the first parenthesis."""
    inside = header[header.index("(") + 1 :]
    depth, count, seen = 0, 1, False
    for character in inside:
        if character in "(<[{":
            depth += 1
        elif character in ")>]}":
            if depth == 0:
                break
            depth -= 1
        elif character == "," and depth == 0:
            count += 1
        elif not character.isspace():
            seen = True
    return count if seen else 0


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    found, lengths = [], []
    for folder in ("fcclip", "apps", "tests", "bench", "examples", "fuzz"):
        for path in sorted((root / folder).glob("**/*")):
            if path.suffix not in {".h", ".cpp", ".cu", ".cuh"}:
                continue
            lines = path.read_text().splitlines()
            lengths.append(len(lines))
            name = path.relative_to(root)
            if len(lines) > FILE_LIMIT:
                found.append(f"{name}: {len(lines)} lines, limit {FILE_LIMIT}")
            kernel = "kernels" in name.parts or path.suffix == ".cu"
            limit = KERNEL_LIMIT if kernel else FUNCTION_LIMIT
            for number, header, length in functions(lines):
                if length > limit:
                    found.append(f"{name}:{number}: function of {length} lines, limit {limit}")
                if not kernel and parameters(header) > PARAMETER_LIMIT:
                    found.append(f"{name}:{number}: {parameters(header)} parameters, limit {PARAMETER_LIMIT}")
    if lengths and statistics.median(lengths) >= MEDIAN_LIMIT:
        found.append(f"median file is {statistics.median(lengths)} lines, limit {MEDIAN_LIMIT}")
    print("\n".join(found) if found else f"sizes: ok ({len(lengths)} files, median {statistics.median(lengths):.0f} lines)")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
