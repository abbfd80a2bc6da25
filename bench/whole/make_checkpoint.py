#!/usr/bin/env python3
"""Writes a checkpoint of a recorded architecture with formula weights, for measurements without published weights.

make_checkpoint.py MANIFEST.json[.gz] OUT.safetensors [--queries N]
The formula stands in the README of the recorded reference outputs. Needs numpy and safetensors."""

import argparse
import gzip
import json

import numpy as np
from safetensors.numpy import save_file

MASK = 0xFFFFFFFFFFFFFFFF


def fnv1a(text):
    value = 14695981039346656037
    for byte in text.encode():
        value = ((value ^ byte) * 1099511628211) & MASK
    return value


def formula(key, count, low, high):
    with np.errstate(over="ignore"):
        index = np.arange(1, count + 1, dtype=np.uint64)
        s = np.uint64(fnv1a(key)) + index * np.uint64(0x9E3779B97F4A7C15)
        s = (s ^ (s >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        s = (s ^ (s >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        s = s ^ (s >> np.uint64(31))
    u = (s >> np.uint64(40)).astype(np.float64) * 2.0**-24
    return (low + (high - low) * u).astype(np.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifest")
    parser.add_argument("out")
    parser.add_argument("--queries", type=int)
    arguments = parser.parse_args()
    opener = gzip.open if arguments.manifest.endswith(".gz") else open
    manifest = json.load(opener(arguments.manifest, "rt"))
    tensors = {}
    for entry in manifest["entries"]:
        if entry["kind"] != "formula":
            continue
        key, shape = entry["key"], list(entry["shape"])
        if arguments.queries and key.endswith(("query_feat.weight", "query_embed.weight")):
            shape[0] = arguments.queries
        count = int(np.prod(shape, dtype=np.int64))
        tensors[key] = formula(manifest["salt"] + key, count, entry["lo"], entry["hi"]).reshape(shape)
    save_file(tensors, arguments.out)


if __name__ == "__main__":
    main()
