#!/usr/bin/env python3
"""What clang-tidy is to read: tidy_sources.py BUILD_FOLDER [PART]

Prints the sources that are no tests, one a line, those whose path has PART in it. Batches of the unity build that are
compiled alike become one source in BUILD_FOLDER/tidy, which has compile commands of its own: most of clang-tidy's time goes
into LibTorch's headers, which each source brings along. A folder is a namespace, so that their names can't clash."""

import json
import pathlib
import re
import sys

BATCHES_AT_ONCE = 6


def flags(entry):
    return re.sub(r" -o \S+ -c \S+", "", entry["command"])


def grouped(entries):
    """Batches by how they are compiled, each other entry by itself."""
    groups = {}
    for entry in entries:
        is_batch = "/Unity/" in entry["file"]
        groups.setdefault(flags(entry) if is_batch else entry["file"], []).append(entry)
    return groups.values()


def joined(number, entries, folder):
    source = folder / f"batches_{number}.cxx"
    source.write_text("".join(f'#include "{entry["file"]}"\n' for entry in entries))
    return {"directory": entries[0]["directory"], "command": f"{flags(entries[0])} -c {source}", "file": str(source)}


def main():
    build, part = pathlib.Path(sys.argv[1]).absolute(), sys.argv[2] if len(sys.argv) > 2 else ""
    entries = [entry for entry in json.loads((build / "compile_commands.json").read_text())
               if entry["file"].endswith((".cpp", ".cxx")) and part in entry["file"]
               and not any(place in entry["file"] for place in ("/tests/", "/fuzz/", "/pch", "cmake_pch"))]
    folder = build / "tidy"
    folder.mkdir(exist_ok=True)
    commands = []
    for group in grouped(entries):
        if "/Unity/" not in group[0]["file"]:
            commands += group
            continue
        for start in range(0, len(group), BATCHES_AT_ONCE):
            commands.append(joined(len(commands), group[start:start + BATCHES_AT_ONCE], folder))
    (folder / "compile_commands.json").write_text(json.dumps(commands))
    # A kernel stands there once for each instruction set, and clang-tidy takes all of a file's commands at once. The
    # largest come first: one that begins last is waited for.
    files = dict.fromkeys(entry["file"] for entry in commands)
    print("\n".join(sorted(files, key=lambda file: "/tidy/" not in file)))


main()
