"""Pictures an hour of one machine: one process with all threads beside as many of one thread, which share the pictures.

    python3 bench/scale/shards.py PROGRAM PICTURES WORDS [--cores 2] [--repeat 3] [options of fcclip segment]

The settings take turns, so that a machine that slows down slows all of them. Words come from a cache of its own, filled
before. Times are from the start of the first process to the end of the last, loading included.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def start(options, rest, output, number, count, threads):
    return subprocess.Popen(
        [options.program, "segment", options.pictures, "-c", options.words, "-q", "-o", output, "--threads",
         str(threads), "--cache-folder", str(pathlib.Path(output).parent / "cache"), "--shard", f"{number}/{count}",
         *rest])


def run(options, rest, folder, count, threads):
    """(seconds, MiB of the largest process, pictures, seconds before and after them, files, CPU seconds)"""
    output = folder / "out"
    shutil.rmtree(output, ignore_errors=True)
    began = time.monotonic()
    running = [start(options, rest, str(output), number, count, threads) for number in range(1, count + 1)]
    peaks, cpu = [], 0.0
    for one in running:
        _, status, usage = os.wait4(one.pid, 0)
        if status != 0:
            sys.exit(f"a process ended with {status}")
        peaks.append(usage.ru_maxrss / 1024)
        cpu += usage.ru_utime + usage.ru_stime
    seconds = time.monotonic() - began
    records = [json.loads(path.read_text()) for path in sorted(output.glob("run*.json"))]
    walls = [record["seconds"]["wall"] for record in records]
    pictures = sum(record["images"]["answered"] for record in records)
    files = sum(1 for path in output.rglob("*") if path.is_file() and not path.name.startswith("run."))
    return seconds, max(peaks), pictures, seconds - max(walls), files, cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("pictures")
    parser.add_argument("words")
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    parser.add_argument("--repeat", type=int, default=3)
    options, rest = parser.parse_known_args()
    settings = [(1, 1), (1, options.cores), (options.cores, 1)]
    found = {setting: [] for setting in settings}
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        run(options, rest, folder, 1, options.cores)  # words, and the disk's cache
        for _ in range(options.repeat):
            for setting in settings:
                found[setting].append(run(options, rest, folder, *setting))
    print("processes threads  pictures/h  s/picture  CPU s/picture  start s  MiB/process  files")
    for (count, threads), runs in found.items():
        seconds, before = statistics.median(one[0] for one in runs), statistics.median(one[3] for one in runs)
        pictures = runs[0][2]
        each = (seconds - before) / pictures
        print(f"{count:9} {threads:7} {3600 / each:11.0f} {each:10.3f} "
              f"{statistics.median(one[5] for one in runs) / pictures:14.3f} {before:8.2f} {max(one[1] for one in runs):12.0f}"
              f" {runs[0][4]:6}   all {min(one[0] for one in runs):.1f}-{max(one[0] for one in runs):.1f} s")


if __name__ == "__main__":
    main()
