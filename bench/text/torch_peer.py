#!/usr/bin/env python3
"""CPU seconds of the same text tower in plain PyTorch, every position of the context, as CLIP libraries run it.

torch_peer.py CHECKPOINT.safetensors OUT.safetensors [--threads N] [--batch N]
OUT is what text_bench wrote: its tokens are encoded again and its features compared. Needs torch and safetensors."""

import argparse
import time

import torch
from safetensors.torch import load_file
from torch import nn

PREFIX = "backbone.clip_model."


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, width // 64, batch_first=True)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(width, 4 * width), "c_proj": nn.Linear(4 * width, width)})

    def forward(self, x, later):
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False, attn_mask=later)[0]
        return x + self.mlp.c_proj(nn.functional.gelu(self.mlp.c_fc(self.ln_2(x))))


def encode(weights, blocks, tokens):
    length = tokens.shape[1]
    x = weights["token_embedding.weight"][tokens] + weights["positional_embedding"]
    later = torch.full((length, length), float("-inf"), dtype=x.dtype).triu(1)
    for block in blocks:
        x = block(x, later)
    x = nn.functional.layer_norm(x, x.shape[-1:], weights["ln_final.weight"], weights["ln_final.bias"])
    return x[torch.arange(len(x)), tokens.argmax(1)] @ weights["text_projection"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint")
    parser.add_argument("out")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=128)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    weights = {k[len(PREFIX):]: v for k, v in load_file(arguments.checkpoint).items() if k.startswith(PREFIX)}
    width = weights["positional_embedding"].shape[1]
    blocks = []
    while f"transformer.resblocks.{len(blocks)}.ln_1.weight" in weights:
        start = f"transformer.resblocks.{len(blocks)}."
        with torch.device("meta"):
            block = Block(width)
        block.load_state_dict({k[len(start):]: v for k, v in weights.items() if k.startswith(start)}, assign=True)
        blocks.append(block.eval())
    recorded = load_file(arguments.out)
    with torch.inference_mode():
        encode(weights, blocks, recorded["tokens"][:1])
        begin = time.process_time()
        features = torch.cat([encode(weights, blocks, part) for part in recorded["tokens"].split(arguments.batch)])
        seconds = time.process_time() - begin
    worst = (features - recorded["features"]).abs().max() / features.abs().max()
    print(f"largest difference {worst:.1e} of the largest feature")
    print(f"torch {torch.__version__}: {len(features)} prompts, {arguments.threads} threads, {seconds:.2f} CPU seconds")


if __name__ == "__main__":
    main()
