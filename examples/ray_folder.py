"""Segments very many pictures on a Ray cluster, with Ray Data: a model in every actor, Parquet out.

    python examples/ray_folder.py PICTURES OUT "bat, rock | stone" --actors 2 --threads 1

PICTURES is a folder of picture files, or of Parquet files with the columns "path" (any text that names the picture) and
"bytes" (the file as it is). OUT gets Parquet files of one row a picture: COLUMNS says what stands in it. --checkpoint
FOLDER lets a job that was cut off go on: the next one with the same folder leaves out what is written already.
"""

from __future__ import annotations

import argparse
import os
import pathlib
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import ray
import ray.data
from ray.data.checkpoint import CheckpointConfig

import fcclip

COLUMNS = pa.schema([
    ("path", pa.string()),
    ("width", pa.int32()),
    ("height", pa.int32()),
    # One entry a segment; equal places belong together.
    ("names", pa.list_(pa.string())),
    ("scores", pa.list_(pa.float64())),
    ("boxes", pa.list_(pa.list_(pa.int32()))),  # x, y, width, height in pixels
    ("counts", pa.list_(pa.string())),  # COCO's run lengths; with [height, width] what pycocotools decodes
    ("error", pa.string()),  # why a picture could not be read; null where it could
])
PICTURE_ENDINGS = ["jpg", "jpeg", "png", "webp", "tif", "tiff", "bmp", "gif", "avif", "heic"]


class Segmenter:
    """Ray makes one in every actor, and a new one where an actor died."""

    def __init__(self, model: str | None, words: str, threads: int, device: str) -> None:
        self.model = fcclip.load(model, threads=threads, device=device)
        self.words = self.model.prepare(words)

    def __call__(self, pictures: pa.Table) -> pa.Table:
        rows = [self.row(one["path"], one["bytes"]) for one in pictures.to_pylist()]
        return pa.Table.from_pylist(rows, schema=COLUMNS)

    def row(self, path: str, picture: bytes) -> dict[str, Any]:
        try:
            found = self.model.encode(picture).ask(self.words)
        except fcclip.BadFile as error:  # one broken picture must not end a job of a million
            return {"path": path, "error": str(error)}
        height, width = found.ids.shape
        return {"path": path, "width": width, "height": height, "names": [one.name for one in found],
                "scores": [one.score for one in found], "boxes": [list(one.box) for one in found],
                "counts": [one.rle["counts"] for one in found]}


def read(pictures: str) -> ray.data.Dataset:
    """A data set with the columns "path" and "bytes"."""
    folder = pathlib.Path(pictures)
    if folder.is_dir() and next(folder.rglob("*.parquet"), None) is not None:
        return ray.data.read_parquet(pictures, columns=["path", "bytes"])
    return ray.data.read_binary_files(pictures, include_paths=True, file_extensions=PICTURE_ENDINGS)


def segment(pictures: str, output: str, words: str, options: argparse.Namespace) -> None:
    """Runs the job on the cluster that Ray is connected to, and returns when everything is written."""
    if options.checkpoint:
        ray.data.DataContext.get_current().checkpoint_config = CheckpointConfig(
            id_column="path", checkpoint_path=options.checkpoint, delete_checkpoint_on_success=False)
    answered = read(pictures).map_batches(
        Segmenter,
        fn_constructor_args=(options.model, words, options.threads, options.device),
        # A killed actor is started again and its batch answered anew, however often that happens.
        compute=ray.data.ActorPoolStrategy(size=options.actors),
        num_cpus=options.threads,
        num_gpus=1 if options.device == "cuda" else 0,
        batch_size=options.batch,  # what is lost with an actor
        batch_format="pyarrow")
    answered.write_parquet(output)


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures")
    parser.add_argument("output")
    parser.add_argument("words", help='as fcclip segment -c takes them: "cat, dog | puppy, grass"')
    parser.add_argument("--model", help="a model file that every machine can read; default the bundled one")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="cuda: each actor has a GPU to itself")
    parser.add_argument("--actors", type=int, default=2, help="processes, of all machines together")
    parser.add_argument("--threads", type=int, default=1, help="cores of each")
    parser.add_argument("--batch", type=int, default=16, help="pictures that an actor takes at once")
    parser.add_argument("--checkpoint", metavar="FOLDER", help="on a disk that all machines share")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    asked = options_of()
    if "RAY_ADDRESS" in os.environ:
        ray.init()
    else:  # this machine alone; what reads, writes and looks up checkpoints mostly waits, but Ray counts it as cores
        ray.init(num_cpus=asked.actors * asked.threads + 2)
    segment(asked.pictures, asked.output, asked.words, asked)
