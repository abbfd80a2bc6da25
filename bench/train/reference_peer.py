#!/usr/bin/env python3
"""Times the public Python reference's own training step on the CPU, with the model and data that `fcclip train` gets.

reference_peer.py --fc-clip DIR --detectron2 DIR --data FOLDER --weights FILE [--steps N] [--warm N] [--threads N]
FOLDER is a data set as `fcclip synth` writes it, FILE what `fcclip init --preset tiny` writes. The reference runs unchanged, apart from what a CPU without compiled
extensions needs (see bench/whole/reference_peer.py) and a small ConvNeXt CLIP that is registered beside the published
ones. A step is what its trainer does: forward, losses with deep supervision, backward, clipping over the full model,
AdamW. Pictures, masks and text features are made before the clock runs."""

import argparse
import json
import os
import pathlib
import resource
import sys
import tempfile
import time
import types

CLIP_NAME = "convnext_benchtiny"
DEPTHS, DIMS = [1, 1, 2, 1], [16, 32, 64, 128]
CLIP_CONFIG = {
    "embed_dim": 64,
    "vision_cfg": {
        "timm_model_name": CLIP_NAME,
        "timm_model_pretrained": False,
        "timm_pool": "",
        "timm_proj": "mlp",
        "timm_drop": 0.0,
        "timm_drop_path": 0.1,
        "image_size": 320,
    },
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2},
}


def stub(name, **attributes):
    module = types.ModuleType(name)
    module.__dict__.update(attributes)
    sys.modules[name] = module
    return module


def register_clip():
    import open_clip
    import timm
    from timm.models.convnext import _create_convnext

    def convnext_benchtiny(pretrained=False, **arguments):
        return _create_convnext("convnext_tiny", pretrained=False, **dict(arguments, depths=DEPTHS, dims=DIMS))

    convnext_benchtiny.__module__ = "timm.models.convnext"
    timm.models.register_model(convnext_benchtiny)
    folder = tempfile.TemporaryDirectory()
    (pathlib.Path(folder.name) / f"{CLIP_NAME}.json").write_text(json.dumps(CLIP_CONFIG))
    open_clip.add_model_config(folder.name)
    return folder


def build(arguments, names):
    """The reference's model in training mode, as its configuration files describe it, only smaller."""
    sys.path[:0] = [arguments.fc_clip, arguments.detectron2]
    os.chdir(arguments.fc_clip)  # the reference opens its class tables by relative paths
    stub("MultiScaleDeformableAttention")
    import detectron2

    detectron2._C = stub("detectron2._C")
    from detectron2.config import get_cfg
    from detectron2.data import MetadataCatalog
    from detectron2.modeling import build_model
    from detectron2.projects.deeplab import add_deeplab_config

    import fcclip as reference
    from fcclip.modeling.backbone import clip as backbone

    folder = register_clip()
    backbone.CLIP.output_channels = [DIMS[0], *DIMS]  # the reference knows those of published models only
    MetadataCatalog.get("bench_train").set(stuff_classes=names, thing_classes=names)
    config = get_cfg()
    add_deeplab_config(config)
    reference.add_maskformer2_config(config)
    reference.add_fcclip_config(config)
    recipe = f"{arguments.fc_clip}/configs/coco/panoptic-segmentation/fcclip/fcclip_convnext_large_eval_ade20k.yaml"
    config.merge_from_file(recipe)
    config.merge_from_list(
        f"""MODEL.DEVICE cpu MODEL.FC_CLIP.CLIP_MODEL_NAME {CLIP_NAME} MODEL.FC_CLIP.EMBED_DIM 64
        MODEL.SEM_SEG_HEAD.CONVS_DIM 64 MODEL.SEM_SEG_HEAD.MASK_DIM 64 MODEL.SEM_SEG_HEAD.TRANSFORMER_ENC_LAYERS 2
        MODEL.SEM_SEG_HEAD.DEFORMABLE_TRANSFORMER_ENCODER_N_HEADS 4 MODEL.SEM_SEG_HEAD.NUM_CLASSES {len(names)}
        MODEL.MASK_FORMER.HIDDEN_DIM 64 MODEL.MASK_FORMER.NHEADS 4 MODEL.MASK_FORMER.DIM_FEEDFORWARD 128
        MODEL.MASK_FORMER.DEC_LAYERS 5 MODEL.MASK_FORMER.NUM_OBJECT_QUERIES 20
        MODEL.MASK_FORMER.TRAIN_NUM_POINTS {arguments.points}""".split()
    )
    config.MODEL.FC_CLIP.CLIP_PRETRAINED_WEIGHTS = ""
    config.DATASETS.TRAIN = config.DATASETS.TEST = ("bench_train",)
    model = build_model(config)
    folder.cleanup()
    from safetensors.torch import load_file

    missing, unexpected = model.load_state_dict(load_file(arguments.weights), strict=False)
    missing = [name for name in missing if not name.startswith("criterion")]
    assert not missing and not unexpected, (missing[:5], unexpected[:5])
    return model, config


def optimizer(config, model, arguments):
    """What train_net.py builds: weight decay by kind of module, clipping over the full model."""
    import torch

    norms = (torch.nn.GroupNorm, torch.nn.LayerNorm)
    groups = []
    for module in model.modules():
        decay = config.SOLVER.WEIGHT_DECAY
        if isinstance(module, norms):
            decay = config.SOLVER.WEIGHT_DECAY_NORM
        elif isinstance(module, torch.nn.Embedding):
            decay = config.SOLVER.WEIGHT_DECAY_EMBED
        for value in module.parameters(recurse=False):
            if value.requires_grad:
                groups.append({"params": [value], "lr": config.SOLVER.BASE_LR, "weight_decay": decay})
    return torch.optim.AdamW(groups, config.SOLVER.BASE_LR)


def read_batch(folder, truth, size):
    import numpy as np
    import torch
    from detectron2.structures import Instances
    from PIL import Image

    position = {category["id"]: index for index, category in enumerate(truth["categories"])}
    files = {image["id"]: image["file_name"] for image in truth["images"]}
    batch = []
    for annotation in truth["annotations"]:
        picture = Image.open(folder / "images" / files[annotation["image_id"]]).convert("RGB")
        rgb = np.array(picture.resize((size, size), Image.BILINEAR))
        codes = Image.open(folder / "panoptic" / annotation["file_name"]).resize((size, size), Image.NEAREST)
        ids = np.array(codes).astype(np.int64) @ np.array([1, 256, 65536])
        instances = Instances((size, size))
        segments = annotation["segments_info"]
        instances.gt_classes = torch.tensor([position[segment["category_id"]] for segment in segments])
        instances.gt_masks = torch.stack([torch.from_numpy(ids == segment["id"]) for segment in segments])
        batch.append({"image": torch.from_numpy(rgb).permute(2, 0, 1).contiguous(), "instances": instances})
    return batch


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("fc-clip", "detectron2", "data", "weights"):
        parser.add_argument(f"--{name}", required=True)
    for name, default in (("steps", 5), ("warm", 1), ("threads", 1), ("points", 12544), ("size", 256)):
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    folder = pathlib.Path(arguments.data).resolve()
    arguments.weights = os.path.abspath(arguments.weights)
    truth = json.loads((folder / "panoptic.json").read_text())
    import torch

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    model, config = build(arguments, [category["name"] for category in truth["categories"]])
    batch = read_batch(folder, truth, arguments.size)
    adam = optimizer(config, model, arguments)
    parameters = [value for value in model.parameters() if value.requires_grad]
    with torch.no_grad():
        model.get_text_classifier()
    model.train()
    losses, user = [], []
    for _ in range(arguments.warm + arguments.steps):
        start = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        terms = model(batch)
        total = sum(terms.values())
        adam.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(parameters, config.SOLVER.CLIP_GRADIENTS.CLIP_VALUE)
        adam.step()
        losses.append(total.item())
        user.append(resource.getrusage(resource.RUSAGE_SELF).ru_utime - start)
    timed = sorted(user[arguments.warm :])
    report = {
        "torch": torch.__version__,
        "pictures": len(batch),
        "segments": sum(len(item["instances"]) for item in batch),
        "trained_parameters": sum(value.numel() for value in parameters),
        "losses": losses,
        "user_s_per_step": timed[len(timed) // 2],
        "fastest_user_s": timed[0],
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
