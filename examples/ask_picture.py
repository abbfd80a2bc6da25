"""Asks a picture any words: python examples/ask_picture.py street.jpg "car, person | pedestrian, road"."""

import sys

import fcclip


def main(picture: str, *questions: str) -> None:
    model = fcclip.load()
    image = model.encode(picture)  # the network runs here, once
    for words in questions:
        found = image.ask(words)  # milliseconds
        print(found)
        for segment in found:
            best = ", ".join(f"{name} {score:.2f}" for name, score in segment.alternatives)
            print(f"  {segment.name:20} {segment.score:.3f}  {segment.area:8} px  box {segment.box}  else: {best}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
