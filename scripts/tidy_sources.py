#!/usr/bin/env python3
"""What clang-tidy is to read: tidy_sources.py BUILD_FOLDER [PART]

Prints the sources that are no tests, one a line, those whose path has PART in it. Batches of the unity build become few
sources in BUILD_FOLDER/tidy, which has compile commands of its own: most of clang-tidy's time goes into LibTorch's headers,
which each source brings along. A folder is a namespace, so that their names can't clash; what each of them asks for by
-isystem and -D is given to all."""

import json
import os
import pathlib
import re
import sys

SOURCES_AT_ONCE = 2 * (os.cpu_count() or 1)


def words(entry):
    return re.sub(r" -o \S+ -c \S+", "", entry["command"]).split(" ")


def asked_for(entry):
    """Folders of headers and macros of one compilation, each as the words of the command line that say it."""
    command = words(entry)
    folders = [("-isystem", after) for word, after in zip(command, command[1:]) if word == "-isystem"]
    return folders + [(word,) for word in command if word.startswith(("-D", "-I"))]


def joined(number, entries, folder):
    source = folder / f"batches_{number}.cxx"
    source.write_text("".join(f'#include "{entry["file"]}"\n' for entry in entries))
    command = words(entries[0])
    own = asked_for(entries[0])
    for wanted in dict.fromkeys(item for entry in entries for item in asked_for(entry)):
        if wanted not in own:
            command += wanted
    return {"directory": entries[0]["directory"], "command": " ".join(command) + f" -c {source}", "file": str(source)}


def main():
    build, part = pathlib.Path(sys.argv[1]).absolute(), sys.argv[2] if len(sys.argv) > 2 else ""
    entries = [entry for entry in json.loads((build / "compile_commands.json").read_text())
               if entry["file"].endswith((".cpp", ".cxx")) and part in entry["file"]
               and not any(place in entry["file"] for place in ("/tests/", "/fuzz/", "/pch", "cmake_pch"))]
    folder = build / "tidy"
    folder.mkdir(exist_ok=True)
    batches = [entry for entry in entries if "/Unity/" in entry["file"]]
    shares = [batches[k::SOURCES_AT_ONCE] for k in range(min(SOURCES_AT_ONCE, len(batches)))]
    commands = [joined(k, share, folder) for k, share in enumerate(shares)]
    commands += [entry for entry in entries if "/Unity/" not in entry["file"]]
    (folder / "compile_commands.json").write_text(json.dumps(commands))
    # A kernel stands there once for each instruction set, and clang-tidy takes all of a file's commands at once. The
    # largest come first: one that begins last is waited for.
    print("\n".join(dict.fromkeys(entry["file"] for entry in commands)))


main()
