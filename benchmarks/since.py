"""Commands of this checkout against those of another one, in processor time: `python -m benchmarks.since CHECKOUT`.

Processor time, since other work on the machine hardly changes it. Both checkouts need the tables of their parser
(`python -c "from resdsl.syntax.tables import keep_tables; keep_tables()"`, run within each).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.processes import Command, resdsl, run_in_turn

HERE = Path(__file__).parent.parent
COMMANDS = {
    "check of ResNet-34": ("check", "specs/resnet34.res"),
    "report of ResNet-152": ("report", "specs/resnet152.res"),
    "render of ResNet-34": ("render", "specs/resnet34.res", "--format", "svg"),
    "sweep of width and depth": ("sweep", "specs/studies/width_depth.res"),
}


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.since", description=__doc__.partition(":")[0])
    parser.add_argument("checkout", type=Path, help="the other checkout")
    parser.add_argument("--rounds", type=int, default=15, help="runs of each, after one that is not counted")
    chosen = parser.parse_args()
    for line in table(chosen.checkout.resolve(), chosen.rounds):
        print(line, flush=True)


def table(other: Path, rounds: int) -> Iterator[str]:
    """The lines of the table: medians, and the median of the ratios of neighbours."""
    yield "| what | other, s | this, s | this / other | MiB: other | this |"
    yield "|---|---|---|---|---|---|"
    for name, arguments in COMMANDS.items():
        places = {"other": other, "this": HERE}
        runs = run_in_turn({key: Command(resdsl(*arguments), root=root) for key, root in places.items()}, rounds)
        ratio = median(new / old for old, new in zip(runs["other"].processor, runs["this"].processor, strict=True))
        seconds = " | ".join(f"{median(run.processor):.3f}" for run in runs.values())
        memory = " | ".join(f"{run.mebibytes:.0f}" for run in runs.values())
        yield f"| {name} | {seconds} | {ratio:.2f} | {memory} |"


if __name__ == "__main__":
    main()
