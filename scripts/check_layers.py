#!/usr/bin/env python3
"""Holds includes to the layering of docs/architecture.md: a folder includes only folders it may know."""

import pathlib
import re
import sys

ALLOWED = {
    "core": "",
    "text": "core",
    "io": "core text",
    "ops": "core io",
    "nn": "core ops",
    "clip": "core text io ops nn",
    "head": "core io ops nn",
    "classify": "core text io ops nn clip",
    "naming": "core ops nn clip head",
    "words": "core text io clip classify",
    "results": "core io ops",
    "model": "core text io ops nn clip head classify naming results",
    "reference_config": "core text io classify model",
    "segmenter": "core io ops nn clip head classify naming results model",
    "fcclip.h": "core",
    "fcclip_torch.h": "fcclip.h",
    "api": "core io ops classify naming results model segmenter fcclip.h fcclip_torch.h",
    "capi": "core api fcclip.h",
    "image": "core text io",
    "draw": "core ops classify results image",
    "outputs": "core text io classify results image draw",
    "runs": "core io ops classify results segmenter image outputs",
    "video": "core io ops nn classify results segmenter image draw outputs runs",
    "tiles": "core io classify results segmenter image outputs runs",
    "measure": "core ops nn clip head classify results model segmenter image outputs runs",
    "api_pictures": "core words classify results image draw outputs segmenter api fcclip.h",
    "serve": "core text fcclip.h",
    "data": "core text io ops nn clip classify results segmenter image outputs",
    "scenes": "core io ops classify results image outputs data",
    "adapt": "core ops nn clip head classify naming results model segmenter data",
    "eval": "core text io ops classify results segmenter image draw outputs runs data",
    "engine": "core text io nn image",
    "train": "core io ops nn clip head classify words results model segmenter image draw data scenes eval engine",
    "pretrain": "core text io ops nn clip classify results model segmenter image draw data scenes engine",
    "cli": "core text",
}
# Who runs what on which device is decided in ops; these ask, each for the one reason named.
DEVICE_QUESTION = re.compile(
    r"\bis_(cpu|cuda)\(|[=!]=\s*(at::kC(PU|UDA)|c10::DeviceType::)|\.device\(\)\.type\(\)|\bhasCUDA\(")
MAY_ASK = {
    "core/device.cpp",  # names of devices, and whether there is one
    "api/torch.cpp",  # pixels of a caller are read in place
    "engine/process_backends.cpp",  # NCCL or Gloo
    "engine/processes.cpp",  # a process's own GPU
    "engine/training_place.cpp",  # the same
    "engine/precision.cpp",  # what "auto" means
}
TO_THE_HOST = re.compile(r"\.cpu\(\)|\.to\(at::kCPU")
CORE_FOLDERS = {"nn", "clip", "head", "classify", "naming", "results", "segmenter"}
CUDA_PLACES = re.compile(r"ops/cuda/")
CUDA_MACRO = re.compile(r"^\s*#\s*if.*(__CUDA|USE_CUDA|FCCLIP_CUDA)")
TENSOR_WIDE = re.compile(r"#include <(ATen/ATen\.h|torch/(torch|extension)\.h)>")
INCLUDE = re.compile(r'#include "([^"]+)"')


def problems(root: pathlib.Path):
    for path in sorted(root.glob("fcclip/**/*")):
        if path.suffix not in {".h", ".cpp", ".cu", ".cuh"}:
            continue
        folder = path.relative_to(root / "fcclip").parts[0]
        allowed = set(ALLOWED[folder].split()) | {folder} if folder in ALLOWED else set()
        for number, line in enumerate(path.read_text().splitlines(), 1):
            where = f"{path.relative_to(root)}:{number}"
            match = INCLUDE.match(line)
            if match:
                parts = match.group(1).split("/")
                if parts[0] != "fcclip":
                    yield f"{where}: include by full path (\"fcclip/...\"), not {match.group(1)}"
                elif parts[1] not in allowed:
                    yield f"{where}: {folder} may not know {parts[1]}"
                elif folder != "ops" and parts[1] == "ops" and (len(parts) > 3 or parts[2] == "dispatch.h"):
                    yield f"{where}: kernels are reached only through fcclip/ops/*.h"
            inside = str(path.relative_to(root / "fcclip"))
            if CUDA_MACRO.match(line) and not CUDA_PLACES.match(inside):
                yield f"{where}: CUDA conditionals belong in ops/cuda"
            if DEVICE_QUESTION.search(line) and folder != "ops" and inside not in MAY_ASK:
                yield f"{where}: what depends on the device is an operation of ops"
            if TO_THE_HOST.search(line) and folder in CORE_FOLDERS:
                yield f"{where}: ops::on_host is the way to the host"
            if path.suffix == ".h" and TENSOR_WIDE.match(line):
                yield f"{where}: headers include <ATen/core/Tensor.h> only"


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    found = list(problems(root))
    print("\n".join(found) if found else "layers: ok")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
