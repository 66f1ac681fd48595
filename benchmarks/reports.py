"""Reports and figures, as JSON in milliseconds and as a part of the page: `python -m benchmarks.reports ROUNDS`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec

import resdsl
from benchmarks.page import spread
from benchmarks.processes import Command, Runs, loaded_by, python, resdsl as command, run_in_turn
from benchmarks.turns import in_turn, single

NETWORKS = ("resnet50", "resnet20", "resnet1202")
PEERS = ("torchinfo", "fvcore")
VIEWS = ("columns", "stages", "block", "table")
REPORT = "`resdsl report specs/resnet152.res`"
HEAVY = ("numpy", "onnx", "torch")


def main() -> None:
    """Measure and print what happens within one process."""
    rounds = int(sys.argv[1])
    nets = {name: resdsl.load(name) for name in NETWORKS}
    works = {f"{name} {by}": partial(_report, nets[name], by) for name in NETWORKS for by in ("stage", "layer")}
    print(json.dumps(in_turn(works, 5 * rounds, single)))


def _report(net: resdsl.Net, by: str) -> None:
    net.report("stage" if by == "stage" else "layer").to("text")


def section(rounds: int, within: dict[str, list[float]]) -> Iterator[str]:
    """The part of the page."""
    lines = {REPORT: command("report", "specs/resnet152.res")}
    lines |= {f"`{peer}`, plain module": python("-m", "benchmarks.count_plain", peer) for peer in PEERS if _has(peer)}
    figures = {f"--view {view}": command("render", "resnet152", "--view", view) for view in VIEWS}
    figures["--view stages, ResNet-1202"] = command("render", "resnet1202", "--view", "stages")
    figures["--view ops --format dot, ResNet-1202"] = command(
        "render", "resnet1202", "--view", "ops", "--format", "dot"
    )
    yield "## Reports and figures\n"
    yield from _table(lines, rounds, "report of ResNet-152, whole process")
    yield ""
    yield from _table(figures, rounds, "figure, whole process; of ResNet-152 to SVG unless said")
    yield "\n| report as text, warm | ms: median | min | max |"
    yield "|---|---|---|---|"
    for name, times in within.items():
        yield f"| {name.replace(' ', ' by ')} | {spread(times)} |"
    yield "\nGoals: a report of ResNet-152 in 0.35 s, a sixth of the faster peer; of ResNet-50 in 5 ms; ResNet-1202 at"
    yield "most 3 times ResNet-20. Figures in 0.4 s, `ops` of ResNet-1202 in 2 s.\n"


def _table(lines: dict[str, list[str]], rounds: int, title: str) -> Iterator[str]:
    runs: dict[str, Runs] = run_in_turn({name: Command(line) for name, line in lines.items()}, rounds)
    first = next(iter(runs.values()))
    yield f"| {title} | s: median | min | max | peak MiB | time / first | of {', '.join(HEAVY)} it imports |"
    yield "|---|---|---|---|---|---|---|"
    for name, run in runs.items():
        heavy = ", ".join(sorted(loaded_by(lines[name]).intersection(HEAVY))) or "none"
        seconds = f"{run.median:.3f} | {min(run.seconds):.3f} | {max(run.seconds):.3f}"
        yield f"| {name} | {seconds} | {run.mebibytes:.0f} | {run.median / first.median:.2f} | {heavy} |"


def _has(package: str) -> bool:
    return find_spec(package) is not None


if __name__ == "__main__":
    main()
