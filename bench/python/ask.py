"""What the binding costs: the same questions from Python and from C++ in turn, medians in milliseconds.

    python bench/python/ask.py BUILD/bin/python_bench examples/pictures/scene.png "bat, rock, grass" [ROUNDS]
"""

import os
import pathlib
import statistics
import subprocess
import sys
import time

import PIL.Image
import numpy
import torch

import fcclip

TIMES = 200


def median_ms(times, work):
    took = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - start))
    return statistics.median(took)


def main(program, picture, words, rounds=5):
    libraries = str(pathlib.Path(torch.__file__).parent / "lib")
    environment = dict(os.environ, LD_LIBRARY_PATH=libraries)
    model = fcclip.load()
    pixels = numpy.array(PIL.Image.open(picture).convert("RGB"))
    image, prepared = model.encode(pixels), model.prepare(words)
    ours, theirs = {"prepared": [], "text": [], "encode": []}, {"ask": [], "encode": []}
    for _ in range(int(rounds)):
        printed = subprocess.run([program, model.path, picture, words, str(TIMES)], env=environment, check=True,
                                 capture_output=True, text=True).stdout.split()
        theirs["ask"].append(float(printed[0]))
        theirs["encode"].append(float(printed[1]))
        ours["prepared"].append(median_ms(TIMES, lambda: image.ask(prepared)))
        ours["text"].append(median_ms(TIMES, lambda: image.ask(words)))
        ours["encode"].append(median_ms(TIMES // 4, lambda: model.encode(pixels, short_side=32, max_side=32)))
    best = {f"Python, {name}": min(values) for name, values in ours.items()}
    best |= {f"C++, {name}": min(values) for name, values in theirs.items()}
    for name, value in best.items():
        print(f"{name:18} {value:8.3f} ms")
    print(f"ask, prepared words: {best['Python, prepared'] - best['C++, ask']:+.3f} ms; words as text: "
          f"{best['Python, text'] - best['C++, ask']:+.3f} ms; encode: "
          f"{best['Python, encode'] - best['C++, encode']:+.3f} ms")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
