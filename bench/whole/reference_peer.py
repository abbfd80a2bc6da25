#!/usr/bin/env python3
"""Times the public Python reference on the CPU with the same weights, picture and words as fcclip.

reference_peer.py --fc-clip DIR --detectron2 DIR --checkpoint FILE.safetensors --image FILE
                  [--vocabulary NAMES.json] [--prompts N] [--threads N] [--save OUT.npz] [--image-only]

The reference runs unchanged, apart from what a CPU without compiled extensions needs: its compiled operator is
absent, so it falls back to its own PyTorch core. Text is timed on the first N prompts and scaled by the count."""

import argparse
import json
import os
import resource
import sys
import time
import types


def stub(name, **attributes):
    module = types.ModuleType(name)
    module.__dict__.update(attributes)
    sys.modules[name] = module
    return module


def load_reference(arguments):
    sys.path[:0] = [arguments.fc_clip, arguments.detectron2]
    os.chdir(arguments.fc_clip)  # the reference opens its class tables by relative paths
    stub("MultiScaleDeformableAttention")
    import detectron2

    detectron2._C = stub("detectron2._C")
    from detectron2.config import get_cfg
    from detectron2.modeling import build_model
    from detectron2.projects.deeplab import add_deeplab_config

    import fcclip as reference

    config = get_cfg()
    add_deeplab_config(config)
    reference.add_maskformer2_config(config)
    reference.add_fcclip_config(config)
    folder = f"{arguments.fc_clip}/configs/coco/panoptic-segmentation/fcclip"
    config.merge_from_file(f"{folder}/fcclip_convnext_large_eval_ade20k.yaml")
    config.MODEL.DEVICE = "cpu"
    config.MODEL.FC_CLIP.CLIP_PRETRAINED_WEIGHTS = ""
    model = build_model(config).eval()
    from safetensors.torch import load_file

    missing, unexpected = model.load_state_dict(load_file(arguments.checkpoint), strict=False)
    missing = [name for name in missing if not name.startswith("criterion")]
    assert not missing and not unexpected, (missing[:5], unexpected[:5])
    return model, config


def time_text(model, arguments):
    import torch

    prompts = [f"a photo of a {name.split(',')[0]}." for name in names(arguments)]
    prompts = (prompts * (arguments.prompts // len(prompts) + 1))[: arguments.prompts]
    start, cpu = time.perf_counter(), time.process_time()
    with torch.no_grad():
        model.backbone.get_text_classifier(prompts, "cpu")
    return time.perf_counter() - start, time.process_time() - cpu


def names(arguments):
    if not arguments.vocabulary:
        return ["cat", "dog", "wall"]
    with open(arguments.vocabulary) as file:
        return [category["name"] for category in json.load(file)]


def set_random_words(model, classes, rows):
    """A classifier of the right size without the half hour of text encoding; the image path does not care."""
    import torch

    generator = torch.Generator().manual_seed(0)
    width = model.void_embedding.weight.shape[1]
    classifier = torch.nn.functional.normalize(torch.randn(rows, width, generator=generator), dim=-1)
    per_class = [rows // classes] * classes
    per_class[-1] += rows - sum(per_class)
    model.test_text_classifier = classifier
    model.test_num_templates = per_class
    model.get_text_classifier = lambda: (classifier, per_class)
    model.category_overlapping_mask = torch.zeros(classes, dtype=torch.long)


def time_image(model, config, arguments):
    import numpy as np
    import torch
    from detectron2.data import transforms
    from detectron2.data.detection_utils import read_image

    image = read_image(arguments.image, format="RGB")
    height, width = image.shape[:2]
    resize = transforms.ResizeShortestEdge(arguments.short_side, arguments.max_side)
    resized = resize.get_transform(image).apply_image(image)
    tensor = torch.as_tensor(np.ascontiguousarray(resized.astype("float32").transpose(2, 0, 1)))
    start, cpu = time.perf_counter(), time.process_time()
    with torch.no_grad():
        outputs = model([{"image": tensor, "height": height, "width": width}])
    return outputs[0], time.perf_counter() - start, time.process_time() - cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("fc-clip", "detectron2", "checkpoint", "image"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--vocabulary")
    parser.add_argument("--prompts", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--short-side", type=int, default=640)
    parser.add_argument("--max-side", type=int, default=1333)
    parser.add_argument("--classes", type=int, default=150)
    parser.add_argument("--rows", type=int, default=403)
    parser.add_argument("--runs", type=int, default=1)
    arguments = parser.parse_args()
    for name in ("checkpoint", "image", "vocabulary"):
        if getattr(arguments, name):
            setattr(arguments, name, os.path.abspath(getattr(arguments, name)))
    import torch

    torch.set_num_threads(arguments.threads)
    model, config = load_reference(arguments)
    from detectron2.data import MetadataCatalog

    report = {"torch": torch.__version__, "threads": arguments.threads}
    if arguments.prompts:
        wall, cpu = time_text(model, arguments)
        report["text"] = {"prompts": arguments.prompts, "wall_s": wall, "cpu_s": cpu}
    set_random_words(model, arguments.classes, arguments.rows)
    things = {index: index for index in range(100)}
    model.metadata = types.SimpleNamespace(thing_dataset_id_to_contiguous_id=things)
    runs = []
    for _ in range(arguments.runs):
        _, wall, cpu = time_image(model, config, arguments)
        runs.append({"wall_s": wall, "cpu_s": cpu})
    report["image"] = runs
    report["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
