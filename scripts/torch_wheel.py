#!/usr/bin/env python3
"""What scripts/setup.sh asks about torch wheels.

report   reads pip's installation report (pip install --dry-run --report -) on standard input and prints `cpu` or `cuda`:
         a CUDA build asks for NVIDIA's packages, whatever the wheel is called
runtime  prints the packages that the CPU side of the installed wheel is linked to: nothing for a CPU build; CUDA's
         runtime and its profiling interface, of the very versions that the wheel asks for, for a CUDA build
"""

import importlib.metadata
import json
import re
import sys

NVIDIA = re.compile(r"^(nvidia-|cuda-)")
LINKED = re.compile(r"^nvidia-cuda-(runtime|cupti)(-cu\d+)?\b")


def names(requirements):
    """The requirements without their environment markers."""
    return [requirement.split(";")[0].strip() for requirement in requirements]


def build_of_report(report):
    for item in report["install"]:
        metadata = item["metadata"]
        if metadata["name"] == "torch":
            return "cuda" if any(NVIDIA.match(name) for name in names(metadata.get("requires_dist", []))) else "cpu"
    raise SystemExit("the report installs no torch")


def runtime_packages(requirements):
    """Wheels of CUDA 12 ask for each library by name; those of CUDA 13 for a bundle with a library an extra."""
    for requirement in names(requirements):
        bundle = re.match(r"^cuda-toolkit\[([^\]]*)\](.*)$", requirement)
        if bundle and {"cudart", "cupti"} <= set(re.split(r"\s*,\s*", bundle[1])):
            return [f"cuda-toolkit[cudart,cupti]{bundle[2].replace(' ', '')}"]
    return [re.sub(r"[ ()]", "", name) for name in names(requirements) if LINKED.match(name)]


def main():
    if sys.argv[1:] == ["report"]:
        report = sys.stdin.read()
        if not report:
            sys.exit(1)  # pip found no such wheel
        print(build_of_report(json.loads(report)))
    elif sys.argv[1:] == ["runtime"]:
        print(" ".join(runtime_packages(importlib.metadata.requires("torch") or [])))
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
