#!/usr/bin/env python3
"""Times `fcclip segment` on a folder: wall clock and CPU seconds a picture, with and without files.

    bench/folder/run.py [--program build/release/bin/fcclip] [--against OTHER] [--pictures 40] [-- FLAGS…]

Each row is the median of the rounds; the programs take turns, so that a busy machine bothers them alike. What the
network alone needs is the row of `none`: a run that waits for nothing stays within a tenth of it where there are cores
to spare.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
WRITES = {"none": ["--write", "none"], "segments": ["--write", "segments"], "default": []}


def seconds(command, env):
    """(wall, CPU) of one run; the children's CPU time is the difference before and after."""
    before, start = os.times(), time.monotonic()
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - start, used


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=SOURCE / "build/release/bin/fcclip")
    parser.add_argument("--against", help="another build of the program")
    parser.add_argument("--picture", default=SOURCE / "examples/pictures/scene.png", type=pathlib.Path)
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("flags", nargs="*", help="further flags of segment, after --")
    given = parser.parse_args()
    programs = [str(p) for p in (given.program, given.against) if p]
    with tempfile.TemporaryDirectory(prefix="fcclip-folder-") as folder:
        pictures = pathlib.Path(folder) / "in"
        pictures.mkdir()
        for number in range(given.pictures):
            shutil.copy(given.picture, pictures / f"{number}{given.picture.suffix}")
        env = {"FCCLIP_MODEL": str(SOURCE / "models/mini.safetensors"), **os.environ, "XDG_CACHE_HOME": folder}
        print(f"{given.pictures} pictures, {os.cpu_count()} cores; ms a picture: wall (CPU)")
        for name, write in WRITES.items():
            times = {program: [] for program in programs}
            for number in range(given.rounds):
                for program in programs:
                    out = str(pathlib.Path(folder) / f"out-{number}")
                    command = [program, "segment", str(pictures), "-o", out, "-q", *write, *given.flags]
                    times[program].append(seconds(command, env))
                    shutil.rmtree(out, ignore_errors=True)
            for program, found in times.items():
                wall, used = (1000 * statistics.median(t) / given.pictures for t in zip(*found))
                print(f"{name:10} {wall:7.1f} ({used:7.1f})  {program}")


if __name__ == "__main__":
    main()
