"""Eager PyTorch modules at work: `python -m benchmarks.eager ROUNDS`, prints JSON.

All have the same weights. The inference form takes its turns among the contiguous ones.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.page import FORM
from benchmarks.peers import contenders, images, laid_out
from benchmarks.turns import THREADS, Work, in_turn, settled
from resdsl import load

NETWORKS = ("resnet34", "resnet50")
BATCHES = (1, 8)
LAYOUTS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def main() -> None:
    """Measure and print a list: network, job, layout, batch, and the milliseconds of each round by contender."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.eager", description=__doc__)
    parser.add_argument("rounds", type=int)
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--batches", nargs="+", type=int, default=BATCHES)
    parser.add_argument("--side", type=int, default=224, help="of the images, in pixels (224)")
    chosen = parser.parse_args()
    torch.set_num_threads(THREADS)
    found = [
        row
        for network in chosen.networks
        for layout in LAYOUTS
        for row in _measured(network, layout, chosen.batches, chosen.side, chosen.rounds)
    ]
    print(json.dumps(found))


def _measured(network: str, layout: str, batches: list[int], side: int, rounds: int) -> Iterator[dict[str, Any]]:
    form = LAYOUTS[layout]
    modules = {name: laid_out(module, form) for name, module in contenders(network)}
    for batch in batches:
        x = images(batch, side, form)
        works = {name: partial(infer, module.eval(), x) for name, module in modules.items()}
        if layout == "contiguous":
            works[FORM] = partial(infer, load(network).to_torch(inference=True), x)
        times = in_turn(works, rounds, settled)
        yield {"network": network, "job": "inference", "layout": layout, "batch": batch, "times": times}
    for batch in batches:
        x = images(batch, side, form)
        steps = {name: training_step(module.train(), x) for name, module in modules.items()}
        times = in_turn(steps, rounds, settled)
        yield {"network": network, "job": "training step", "layout": layout, "batch": batch, "times": times}


def infer(module: nn.Module, x: Tensor) -> Tensor:
    """Logits, without a record for gradients."""
    with torch.inference_mode():
        logits: Tensor = module(x)
    return logits


def training_step(module: nn.Module, x: Tensor) -> Work:
    """A step of SGD on the batch: forward, loss, backward, renewal of the weights."""
    # So small a rate that the weights stay ordinary numbers for as many steps as there are.
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-4, momentum=0.9, weight_decay=1e-4)
    labels = torch.arange(len(x)) % 1000

    def step() -> None:
        optimizer.zero_grad()
        torch.autograd.backward(F.cross_entropy(module(x), labels))
        optimizer.step()

    return step


if __name__ == "__main__":
    main()
