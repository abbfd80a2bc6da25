"""Panoptic quality of any system's COCO panoptic files: python examples/score_predictions.py truth.json predictions.json."""

import sys

import fcclip


def main(truth: str, predictions: str) -> None:
    try:
        scores = fcclip.score.panoptic(truth, predictions)
    except FileNotFoundError as error:
        sys.exit(str(error))
    for group in ("All", "Things", "Stuff"):
        row = scores[group]
        print(f"{group:8} PQ {100 * row['pq']:.1f}  SQ {100 * row['sq']:.1f}  RQ {100 * row['rq']:.1f}  of {row['n']} classes")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
