"""`python -m tests.random --seed 1 --count 3000`: many networks in one process, with a tally at the end."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path

import torch

from resdsl.ir.walk import steps
from tests.random.census import uses, wanted
from tests.random.trying import Disagreement, of_seed, try_seed


def main() -> int:
    """Try them all; the number of networks that disagree is the exit status, up to one."""
    parser = ArgumentParser(prog="python -m tests.random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--failed", type=Path, default=Path("build/random"))
    parser.add_argument("--census", action="store_true", help="which constructs they use, the rarest first")
    options = parser.parse_args()
    torch.set_num_threads(1)
    compared, ops, used, layers, wrong = Counter[str](), Counter[str](), Counter[str](), 0, 0
    for index in range(options.count):
        try:
            net, found = try_seed(options.seed + index, options.failed)
        except Disagreement as disagreement:
            wrong += 1
            sys.stdout.write(f"{disagreement}\n")
        else:
            compared += found
            ops += Counter(step.layer.op.kind() for step in steps(net.ir))
            used += Counter(uses(of_seed(options.seed + index), net))
            layers += net.costs.layers
        if (index + 1) % 100 == 0:
            _tell(index + 1, layers, compared, ops, wrong)
    _tell(options.count, layers, compared, ops, wrong)
    if options.census:
        rows = sorted(wanted(), key=lambda construct: used[construct])
        sys.stdout.writelines(f"{used[construct]:6}  {construct}\n" for construct in rows)
    return min(wrong, 1)


def _tell(count: int, layers: int, compared: Counter[str], ops: Counter[str], wrong: int) -> None:
    sys.stdout.write(f"{count} networks, {layers} layers, {compared.total()} comparisons, {wrong} disagree\n")
    sys.stdout.write(f"  compared: {dict(compared.most_common())}\n  layers: {dict(ops.most_common())}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
