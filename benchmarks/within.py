"""What happens within one process: `python -m benchmarks.within ROUNDS`, prints JSON in milliseconds."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from itertools import product
from statistics import median

from resdsl.analysis.costs import network_costs
from resdsl.api import overrides_of
from resdsl.compiler import Spec, read_spec
from resdsl.elaborate.levels import Override
from resdsl.elaborate.networks import build_network
from resdsl.resources import spec_folder
from resdsl.source import Source
from resdsl.syntax.parser import parse

POINTS = tuple(product(range(1, 51), range(1, 11), ("A", "B", "C", "none")))


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1])
    resnet34, cifar = (_text(name) for name in ("resnet34", "cifar"))
    half, whole = (_long_text(lines) for lines in (5_000, 10_000))
    found = {
        "resnet34": _median(lambda: read_spec(Source("spec.res", resnet34)).build(), rounds),
        "resnet20": _median(lambda: read_spec(Source("cifar.res", cifar)).build("resnet20"), rounds),
        "resnet1202": _median(lambda: read_spec(Source("cifar.res", cifar)).build("resnet1202"), rounds),
        "parse_5000": _median(lambda: parse(Source("half.res", half)), 3),
        "parse_10000": _median(lambda: parse(Source("whole.res", whole)), 3),
        "sweep_2000": _median(lambda: _sweep(read_spec(Source("cifar.res", cifar))), 3),
    }
    print(json.dumps(found))


def _sweep(spec: Spec) -> None:
    definition = spec.module.networks[0]
    shortcuts = {name: overrides_of({"shortcut": name}) for name in ("A", "B", "C", "none")}
    for n, k, shortcut in POINTS:
        values = {"n": Override(n), "k": Override(k), **shortcuts[shortcut]}
        network_costs(build_network(definition, values, spec.session))


def _median(work: Callable[[], object], rounds: int) -> float:
    work()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return 1000 * median(times)


def _text(name: str) -> str:
    return (spec_folder() / f"{name}.res").read_text(encoding="utf-8")


def _long_text(lines: int) -> str:
    """Blocks of ten lines, as many as it takes."""
    block = (
        "block b{}(width, stride = 1) {{\n  residual {{\n"
        + "    conv 3x3, width; norm; act\n" * 5
        + "  }}\n  act\n}}\n"
    )
    return "".join(block.format(number) for number in range(lines // 10))


if __name__ == "__main__":
    main()
