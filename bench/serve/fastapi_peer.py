#!/usr/bin/env python3
"""The obvious alternative: FastAPI around the public Python reference, on the CPU.

fastapi_peer.py --fc-clip DIR --detectron2 DIR --checkpoint FILE.safetensors [--port 8090] [--threads N]
POST /segment?words=cat,dog with the picture as body -> segments and the map's run lengths, as fcclip serve answers.

The model is loaded once, and the text features of a question are kept, as a careful author would do. What is not kept is
the picture: the reference computes text and picture in one call. Panoptic results alone, as asked for."""

import argparse
import asyncio
import io
import os
import pathlib
import sys
import threading
import types

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "whole"))


def import_torchvision():
    """detectron2 imports it. A wheel of another build of torch lacks its operators, none of which is called here."""
    import torch

    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision  # noqa: F401
        return library
    return None


class Peer:
    def __init__(self, arguments):
        import reference_peer
        import torch

        torch.set_num_threads(arguments.threads)
        self.kept_library = import_torchvision()
        self.model, _ = reference_peer.load_reference(arguments)
        self.model.semantic_on = self.model.instance_on = False
        self.texts, self.lock = {}, threading.Lock()

    def set_words(self, words):
        names = tuple(word.strip() for word in words.split(","))
        things = {i: i for i in range(len(names))}
        self.model.set_metadata(types.SimpleNamespace(stuff_classes=list(names), thing_classes=list(names),
                                                      thing_dataset_id_to_contiguous_id=things))
        self.model.test_text_classifier = self.texts.get(names)
        return names

    def answer(self, data, words):
        import numpy
        import torch
        from detectron2.data import transforms
        from PIL import Image

        picture = numpy.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        height, width = picture.shape[:2]
        resized = transforms.ResizeShortestEdge(640, 1333).get_transform(picture).apply_image(picture)
        tensor = torch.as_tensor(numpy.ascontiguousarray(resized.astype("float32").transpose(2, 0, 1)))
        with self.lock, torch.no_grad():
            names = self.set_words(words)
            result = self.model([{"image": tensor, "height": height, "width": width}])[0]
            self.texts[names] = self.model.test_text_classifier
        ids, segments = result["panoptic_seg"]
        flat = ids.numpy().ravel()
        starts = numpy.flatnonzero(numpy.diff(flat, prepend=flat[0] + 1))
        lengths = numpy.diff(starts, append=len(flat))
        runs = numpy.stack([flat[starts], lengths], 1).ravel().tolist()
        return {"segments": [{"id": one["id"], "name": names[one["category_id"]]} for one in segments],
                "map": {"encoding": "rle", "runs": runs}}


def application(peer):
    import fastapi

    app = fastapi.FastAPI()

    @app.get("/healthz")
    async def healthz():
        return "ok"

    async def segment(request, words):
        data = await request.body()
        return await asyncio.to_thread(peer.answer, data, words)

    segment.__annotations__ = {"request": fastapi.Request, "words": str}
    app.post("/segment")(segment)
    return app


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("fc-clip", "detectron2", "checkpoint"):
        parser.add_argument(f"--{name}", required=True, type=os.path.abspath)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    peer = Peer(arguments)
    import uvicorn

    uvicorn.run(application(peer), host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
