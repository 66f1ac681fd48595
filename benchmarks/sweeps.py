"""Points of sweeps: `python -m benchmarks.sweeps ROUNDS` prints JSON, points a second of each family.

Ours is the whole of a sweep within a process: reading the text, building each point, counting, filtering, naming. The
peer is what one would do by hand: the network as modules on the meta device, its parameters summed, its multiply-adds
counted by torch's own counter in a pass on the meta device.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.processes import Command, resdsl, run_in_turn
from benchmarks.turns import in_turn, single
from resdsl.compiler import read_spec
from resdsl.source import Source

CIFAR = """
network cifar(n = 3, w = 16, shortcut = A, block = basic, classes = 10) {
  require n >= 1
  input 3x32x32
  conv 3x3, 16; norm; act
  for s, width in [w, 2 * w, 4 * w] {
    stage "layer{s + 1}": block(width) x n, /(if s == 0 then 1 else 2)
  }
  avgpool global
  fc classes
}
"""
IMAGENET = """
network imagenet(depths = [3, 4, 6, 3], width = 64, shortcut = B, block = basic) {
  input 3x224x224
  conv 7x7, width, /2; norm; act
  maxpool 3x3, /2
  for s, depth in depths {
    stage "layer{s + 1}": block(width * 2 ** s) x depth, /(if s == 0 then 1 else 2)
  }
  avgpool global
  fc 1000
}
"""
SWEEPS = {
    "cifar": CIFAR
    + """sweep family {
  network cifar
  over    n = 1..126, shortcut = [A, B, C, none], w = [16, 32], block = [basic, bottleneck]
  keep    params <= 1G
}
""",
    "imagenet": IMAGENET
    + """sweep family {
  network imagenet
  over    depths = [[2 + c // 12, 4, c, 3] for c in 2..52], width = [8 * i for i in 4..14], block = [basic, bottleneck]
  together shortcut = [A, B], act = [relu, silu]
  keep    params <= 1G
}
""",
}
MANY = (
    CIFAR
    + """sweep family {
  network cifar
  over    n = 1..26, w = [8 * i for i in 2..52], shortcut = [A, B, C, none], block = [basic, bottleneck]
  keep    params <= 100M
}
"""
)
GOAL = 2_000
"""Points a second on one core."""
TIMES = 150
"""How many times the points a second of the peer."""
MOST_SECONDS, MOST_MEBIBYTES = 8, 300


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1])
    gc.disable()
    counts = {name: points(text) for name, text in SWEEPS.items()}
    works: dict[str, Callable[[], object]] = {name: partial(points, text) for name, text in SWEEPS.items()}
    times = in_turn(works, rounds, single)
    found: dict[str, Any] = {name: [1000 * counts[name] / each for each in times[name]] for name in SWEEPS}
    peers = {f"{name}, by hand": partial(by_hand, name) for name in SWEEPS}
    for name, taken in in_turn(peers, max(1, rounds // 2), single).items():
        found[name] = [1000 * len(SAMPLES[name.split(",")[0]]) / each for each in taken]
    print(json.dumps({"rates": found, "points": counts}))


def points(text: str) -> int:
    """Count the costs of every point of the sweep `family`; how many there were."""
    return sum(1 for _ in read_spec(Source("family.res", text)).sweep("family").points())


SAMPLES: dict[str, Sequence[tuple[str, Sequence[int], int]]] = {
    "cifar": [(block, (n, n, n), 16) for n in (1, 9, 18, 36) for block in ("basic", "bottleneck")],
    "imagenet": [(block, (3, 4, c, 3), 64) for c in (6, 12, 23, 36) for block in ("basic", "bottleneck")],
}
"""Block, depths and width of the networks that the peer builds: mixed depths, as in the sweeps."""


def by_hand(family: str) -> list[tuple[int, int]]:
    """Parameters and multiply-adds of the samples of a family, by torch on the meta device."""
    return [counted(family, *sample) for sample in SAMPLES[family]]


def counted(family: str, block: str, depths: Sequence[int], width: int) -> tuple[int, int]:
    """Parameters and multiply-adds of one network, built and run on the meta device."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    side = 32 if family == "cifar" else 224
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        module = network(family, block, depths, width)
        module.eval()(torch.empty(1, 3, side, side))
    return sum(parameter.numel() for parameter in module.parameters()), counter.get_total_flops() // 2


def network(family: str, block: str, depths: Sequence[int], width: int) -> Any:
    """A network of one of the families, of hand-written modules, with shortcut B."""
    from torch import nn

    from benchmarks.plain_resnet import Basic, Bottleneck

    kind: Any = Basic if block == "basic" else Bottleneck
    if family == "cifar":
        stem = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
        channels, classes = 16, 10
    else:
        stem = [nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
        channels, classes = width, 1000
    blocks = []
    for stage, depth in enumerate(depths):
        for index in range(depth):
            blocks.append(kind(channels, width << stage, 2 if stage and not index else 1))
            channels = (width << stage) * kind.expansion
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))


def page(found: dict[str, Any], rounds: int) -> Iterator[str]:
    """The section of the page of performance."""
    yield "## Sweeps\n"
    yield "| family | points | points a second: median | min | max | by hand on the meta device | times that |"
    yield "|---|---|---|---|---|---|---|"
    for name in SWEEPS:
        rates, peers = found["rates"][name], found["rates"][f"{name}, by hand"]
        spread = " | ".join(f"{value:,.0f}" for value in (median(rates), min(rates), max(rates)))
        factor = median(rates) / median(peers)
        yield f"| {name} | {found['points'][name]:,} | {spread} | {median(peers):.1f} | {factor:,.0f} |"
    yield f"\nGoals: {GOAL:,} a second, and {TIMES} times what building the same kind of networks as modules on the"
    yield "meta device and counting them with torch's counter gives.\n"
    run = many(rounds)
    yield "`resdsl sweep` over 10,000 points of the CIFAR family, as a whole process, costed, filtered and linted:"
    yield f"{run[0]:.1f} s, {run[1]:.0f} MiB at the peak. Goals: {MOST_SECONDS} s, {MOST_MEBIBYTES} MiB."


def many(rounds: int) -> tuple[float, float]:
    """Median seconds and peak MiB of a process that sweeps 10,000 points."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "family.res"
        spec.write_text(MANY, encoding="utf-8")
        line = resdsl("sweep", str(spec), "--format", "json", "-o", str(Path(folder) / "points.json"))
        run = run_in_turn({"many": Command(line)}, rounds)["many"]
    return run.median, run.mebibytes


if __name__ == "__main__":
    main()
