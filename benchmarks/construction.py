"""Making PyTorch modules: `python -m benchmarks.construction ROUNDS`, prints JSON in milliseconds.

The class of the generated source is called as a user of the file would, and peers as theirs; what generates
and executes the source is timed by itself.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn

from benchmarks.page import LIVE, OURS
from benchmarks.peers import Maker, peers
from benchmarks.turns import THREADS, in_turn, single
from resdsl import load

NETWORKS = ("resnet34", "resnet50")
LARGE = "resnet152"


def main() -> None:
    """Measure and print the rounds: sources by network, then the calls of each network by maker."""
    rounds = int(sys.argv[1])
    torch.set_num_threads(THREADS)
    sources = {name: load(name).to_torch_source for name in (*NETWORKS, LARGE)}
    texts = {name: write() for name, write in sources.items()}
    found = {
        "generated": in_turn(sources, 5 * rounds, single),
        "executed": in_turn({name: partial(run, text) for name, text in texts.items()}, 5 * rounds, single),
    }
    for name in NETWORKS:
        found[name] = in_turn(calls(name, run(texts[name])[name]), rounds, single)
        found[f"{name} on meta"] = in_turn(calls(name, run(texts[name])[name], "meta"), 3 * rounds, single)
    print(json.dumps(found))


def run(text: str) -> dict[str, Any]:
    """The names of a generated file."""
    names: dict[str, Any] = {"__name__": "generated"}
    exec(compile(text, "<generated>", "exec", dont_inherit=True), names)
    return names


def calls(network: str, ours: Maker, device: str = "cpu") -> dict[str, Callable[[], nn.Module]]:
    """The calls that are compared: of the class, of each peer's, and `to_torch` from the IR on."""
    made = {OURS: ours, **peers(network)}
    found: dict[str, Callable[[], nn.Module]] = {name: partial(_on, device, make) for name, make in made.items()}
    live = load(network).to_torch
    return {**found, LIVE: partial(live, device=device)}


def _on(device: str, make: Maker) -> nn.Module:
    with torch.device(device):
        return make()


if __name__ == "__main__":
    main()
