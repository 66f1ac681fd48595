"""What happens within one process: `python -m benchmarks.within ROUNDS`, prints JSON in milliseconds."""

from __future__ import annotations

import gc
import json
import sys
from functools import partial
from itertools import product

from benchmarks.turns import in_turn, single
from resdsl.analysis.costs import network_costs
from resdsl.compiler import Spec, read_spec
from resdsl.elaborate.binding import Override
from resdsl.elaborate.networks import build_network
from resdsl.resources import spec_folder
from resdsl.settings import overrides_of
from resdsl.source import Source
from resdsl.syntax.parser import parse

SHORTCUTS = ("A", "B", "C", "none")
POINTS = tuple(product(range(1, 51), range(1, 11), SHORTCUTS))
"""Blocks of a stage, factor of the widths, shortcut: 2,000 CIFAR networks."""
LINES = (5_000, 10_000)


def main() -> None:
    """Measure and print the times of each round, after one that is not counted; of the sweep that one too."""
    rounds = int(sys.argv[1])
    resnet34, cifar = Source("resnet34.res", _text("resnet34")), Source("cifar.res", _text("cifar"))
    found = {"sweep_cold": [single(partial(_sweep, cifar))]}
    works = {
        "resnet34": lambda: read_spec(resnet34).build(),
        "resnet20": lambda: read_spec(cifar).build("resnet20"),
        "resnet1202": lambda: read_spec(cifar).build("resnet1202"),
    }
    found |= in_turn(works, 5 * rounds, single)
    found |= in_turn({"sweep": partial(_sweep, cifar)}, rounds, single)
    texts = {f"parse_{lines}": partial(parse, Source("long.res", long_text(lines))) for lines in LINES}
    found |= in_turn({f"{name}_collecting": work for name, work in texts.items()}, rounds, single)
    # As the command runs; whole heaps looked through again and again are no part of parsing.
    gc.disable()
    found |= in_turn(texts, rounds, single)
    print(json.dumps(found))


def _sweep(source: Source) -> None:
    """Parameters and multiply-adds of all points, from the text."""
    spec: Spec = read_spec(source)
    definition = spec.module.networks[0]
    shortcuts = {name: overrides_of({"shortcut": name}) for name in SHORTCUTS}
    for n, k, shortcut in POINTS:
        values = {"n": Override(n), "k": Override(k), **shortcuts[shortcut]}
        network_costs(build_network(definition, values, spec.session).network)


def _text(name: str) -> str:
    return (spec_folder() / f"{name}.res").read_text(encoding="utf-8")


def long_text(lines: int) -> str:
    """Blocks of ten lines, as many as it takes."""
    begin = "block b{}(width, stride = 1) {{\n  residual {{\n"
    layers = "    conv 3x3, width; norm; act\n" * 5
    block = begin + layers + "  }}\n  act\n}}\n"
    return "".join(block.format(number) for number in range(lines // 10))


if __name__ == "__main__":
    main()
