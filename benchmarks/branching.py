"""A sweep over U-Nets against one over CIFAR networks: `python -m benchmarks.branching ROUNDS` prints JSON.

What a U-Net adds are values beside the flow, lists of named values and joins. So both sweeps have axes of the same
lengths, and what is compared is the time for one layer as the network has it, where the repeats of a stage are one
body: a block more costs neither sweep anything.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from statistics import median
from typing import Any

from benchmarks.sweeps import CIFAR, points
from benchmarks.turns import in_turn, single
from resdsl.compiler import read_spec
from resdsl.ir.network import Call, Layer, Node
from resdsl.source import Source

UNET = """
block convs(width) {
  conv 3x3, width; norm; act
  conv 3x3, width; norm; act
}
block up(width, skip) {
  conv_transpose 2x2, width, /2; as risen
  from concat(skip, risen)
  convs(width)
}
network unet(depth = 4, width = 64, classes = 2) {
  input 3x256x256
  for level in 0..depth {
    "down{level}": convs(width * 2 ** level); as fine[level]
    maxpool 2x2, /2
  }
  bottom: convs(width * 2 ** depth)
  for step in 0..depth {
    let level = depth - 1 - step
    "up{level}": up(width * 2 ** level, skip=fine[level])
  }
  conv 1x1, classes, bias=true
}
"""
SWEEPS = {
    "cifar": f"""{CIFAR}sweep family {{
  network cifar
  over    n = 2..7, w = [4 * i for i in 4..24], norm = [bn, group_norm(4), layer_norm, none]
}}
""",
    "unet": f"""{UNET}sweep family {{
  network unet
  over    depth = 2..7, width = [4 * i for i in 4..24], norm = [bn, group_norm(4), layer_norm, none]
}}
""",
}
MOST = 1.5
"""Times the time per layer of the sweep over `cifar`."""


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1])
    gc.disable()
    counts = {name: layers(text) for name, text in SWEEPS.items()}
    times = in_turn({name: partial(points, text) for name, text in SWEEPS.items()}, rounds, single)
    print(json.dumps({"points": {name: points(text) for name, text in SWEEPS.items()}, "layers": counts, "ms": times}))


def layers(text: str) -> int:
    """Layers of all points of the sweep `family`, of which equal repeats in a stage count once."""
    networks = (network for _, network in read_spec(Source("family.res", text)).sweep("family").built())
    return sum(_layers(network.nodes) for network in networks)


def _layers(nodes: Iterable[Node]) -> int:
    return sum(map(_layers_of, nodes))


def _layers_of(node: Node) -> int:
    if isinstance(node, Layer):
        return 1
    if isinstance(node, Call):
        return _layers(node.body.nodes)
    return sum(_layers(run.body.nodes) for run in node.runs)


def page(found: dict[str, Any]) -> Iterator[str]:
    """What the page of performance says of it."""
    each = {name: [1000 * ms / found["layers"][name] for ms in times] for name, times in found["ms"].items()}
    ratios = [unet / cifar for unet, cifar in zip(each["unet"], each["cifar"], strict=True)]
    yield "\n| sweep over depth, width and norm | points | layers | µs a layer: median | min | max | ratio of rounds |"
    yield "|---|---|---|---|---|---|---|"
    for name, taken in each.items():
        spread = " | ".join(f"{value:.1f}" for value in (median(taken), min(taken), max(taken)))
        compared = f"{median(ratios):.2f} | " if name == "unet" else "1 | "
        yield f"| {name} | {found['points'][name]:,} | {found['layers'][name]:,} | {spread} | {compared.strip()}"
    yield f"\nGoal: a U-Net costs at most {MOST} times the time per layer. Repeats of a stage count once, since they"
    yield "are one body in both sweeps."


if __name__ == "__main__":
    main()
