"""The way back, as whole processes: `python -m benchmarks.lifting --rounds 7` prints a table.

Files of the CIFAR family, written without weights, are lifted and compared with their models by digests; so that what
is measured is ours, they are not run in onnxruntime. The last column says whether a lift is linear in the nodes of a
file: the processor's milliseconds for each thousand nodes more than those of the first file.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import resdsl as package
from benchmarks.processes import Command, Runs, resdsl, run_in_turn
from resdsl.lifting.sources.onnx import read_onnx

NETWORKS = ("resnet20", "resnet56", "resnet110", "resnet1202", "resnet50", "densenet121")
VERSION, IDENTIFY = "--version", "identify resnet50"


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lifting", description=__doc__.partition(":")[0])
    parser.add_argument("--rounds", type=int, default=7, help="runs of each, after one that is not counted")
    for line in table(NETWORKS, parser.parse_args().rounds):
        print(line, flush=True)


def table(networks: tuple[str, ...], rounds: int) -> Iterator[str]:
    """The lines of the table: medians of all rounds."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / f"{name}.onnx" for name in networks}
        for name, path in files.items():
            package.load(name).to_onnx(path, no_weights=True)
        weights = Path(folder) / "resnet50.safetensors"
        package.load("resnet50").to_safetensors(weights)
        commands = {name: Command(resdsl("lift", str(path), "--no-run")) for name, path in files.items()}
        commands |= {IDENTIFY: Command(resdsl("identify", str(weights))), VERSION: Command(resdsl("--version"))}
        runs = run_in_turn(commands, rounds)
        counts = {name: len(read_onnx(path).nodes) for name, path in files.items()}
    yield "| what | nodes | s | beyond `--version`, s | of the processor, s | MiB | ms for a thousand nodes more |"
    yield "|---|---|---|---|---|---|---|"
    first = networks[0]
    for name, run in runs.items():
        more = counts.get(name, 0) - counts[first]
        each = (median(run.processor) - median(runs[first].processor)) / more if more > 0 else None
        yield _row(name, run, runs[VERSION], counts.get(name), each)


def _row(name: str, run: Runs, version: Runs, nodes: int | None, each: float | None) -> str:
    times = f"{run.median:.2f} | {run.median - version.median:.2f} | {median(run.processor):.2f}"
    return f"| {name} | {nodes or ''} | {times} | {run.mebibytes:.0f} | {f'{each * 1e6:,.0f}' if each else ''} |"


if __name__ == "__main__":
    main()
