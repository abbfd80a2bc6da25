"""Segments pictures into files, and goes on where it was stopped: python examples/segment_folder.py PICTURES OUT WORDS."""

import collections
import sys

import fcclip


def main(pictures: str, output: str, words: str) -> None:
    model = fcclip.load()
    pixels: collections.Counter[str] = collections.Counter()
    for answer in model.ask_folder(pictures, words, output=output, write="overlay,segments", resume=True):
        print(f"{answer.path}: {len(answer)} segments, {len(answer.files)} files")
        for segment in answer:
            pixels[segment.name] += segment.area
    for name, area in pixels.most_common():
        print(f"{name:20} {area} px")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
