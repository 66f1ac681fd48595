"""`python -m benchmarks`: everything that is promised about speed, as ratios in one run.

Needs the test requirements and, for the peers, `pip install onnxscript`. Trust ratios to about a tenth;
single times belong to the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.processes import Runs, resdsl, run_in_turn

SPEC = "specs/resnet34.res"
PACKAGES = ("resdsl", "torch", "onnx", "onnxscript", "onnxruntime", "numpy", "lark", "pydantic", "click")


def main() -> None:
    """Run and print; `--write` keeps the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="counted runs of each measurement (7)")
    parser.add_argument("--without-peers", action="store_true", help="leave out what needs torch.onnx.export")
    parser.add_argument("--write", metavar="FILE", help="write the page to a file, such as docs/performance.md")
    chosen = parser.parse_args()
    if not chosen.without_peers and _version("onnxscript") == "not installed":
        parser.exit(2, "torch's exporter needs onnxscript: pip install onnxscript, or --without-peers\n")
    page = "\n".join(_page(chosen.rounds, not chosen.without_peers)) + "\n"
    print(page)
    if chosen.write:
        Path(chosen.write).write_text(page, encoding="utf-8")


def _page(rounds: int, peers: bool) -> Iterator[str]:
    yield "# Performance\n"
    yield f"The last run of `python -m benchmarks --rounds {rounds}`, {date.today().isoformat()}. Times are medians"
    yield "with their extremes; trust the ratios, to about a tenth, and not the times, which belong to the machine."
    yield "No figure here comes from an accelerator.\n"
    yield from _machine()
    with tempfile.TemporaryDirectory() as folder:
        files = {name: str(Path(folder) / f"{name}.onnx") for name in ("ours", "default", "older")}
        yield from _builds(files, rounds, peers)
        if peers:
            yield from _inference(files, rounds)
    yield from _commands(rounds)
    yield from _within(rounds)


def _machine() -> Iterator[str]:
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield f"{platform.system()} {platform.machine()}, {cpus} cores, Python {platform.python_version()}; "
    yield ", ".join(f"{name} {_version(name)}" for name in PACKAGES) + ".\n"


def _builds(files: dict[str, str], rounds: int, peers: bool) -> Iterator[str]:
    commands = {"resdsl build": resdsl("build", SPEC, "--to", "onnx", "-o", files["ours"])}
    if peers:
        for name in ("default", "older"):
            commands[f"torch.onnx.export, {name}"] = [
                *(sys.executable, "-m", "benchmarks.export_plain", files[name], name)
            ]
    runs = run_in_turn(commands, rounds)
    yield "## ResNet-34 to ONNX, weights included, whole process\n"
    yield "| what | median s | min to max | peak MiB | time / ours |"
    yield "|---|---|---|---|---|"
    ours = runs["resdsl build"]
    for name, run in runs.items():
        yield f"| {name} | {_seconds(run)} | {run.mebibytes:.0f} | {run.median / ours.median:.1f} |"
    yield "\nThe peer is a plain hand-written module (`benchmarks/plain_resnet.py`). Goal: at most one tenth of the"
    yield "time of the default exporter, aiming at a twelfth, and at most 200 MiB.\n"


def _inference(files: dict[str, str], rounds: int) -> Iterator[str]:
    found = _json("benchmarks.inference", files["ours"], files["default"], str(rounds))
    yield "## The file in onnxruntime, against the default exporter's\n"
    yield "| batch | ours ms | exporter's ms | ours / exporter's |"
    yield "|---|---|---|---|"
    for batch, (ours, theirs) in found.items():
        yield f"| {batch} | {ours:.1f} | {theirs:.1f} | {ours / theirs:.2f} |"
    yield ""


def _commands(rounds: int) -> Iterator[str]:
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "resdsl --help": resdsl("--help"),
        f"resdsl check {SPEC}": resdsl("check", SPEC),
    }
    runs = run_in_turn(commands, 2 * rounds)
    yield "## Commands, whole process\n"
    yield "| what | median s | min to max | peak MiB | time / `python -c pass` |"
    yield "|---|---|---|---|---|"
    least = median(runs["python -c pass"].seconds)
    for name, run in runs.items():
        yield f"| `{name}` | {_seconds(run)} | {run.mebibytes:.0f} | {run.median / least:.1f} |"
    yield "\nGoals: 0.15 s for `--help`, 0.3 s for `check`.\n"


def _within(rounds: int) -> Iterator[str]:
    found = _json("benchmarks.within", str(5 * rounds))
    yield "## Within one process, warm\n"
    yield "| what | median |"
    yield "|---|---|"
    yield f"| text of ResNet-34 to its IR | {found['resnet34']:.1f} ms |"
    yield f"| text of ResNet-1202 to its IR, against ResNet-20 | {found['resnet1202'] / found['resnet20']:.2f} times |"
    doubled = found["parse_10000"] / found["parse_5000"]
    yield f"| parsing 10,000 lines, against 5,000 | {doubled:.2f} times ({found['parse_10000']:.0f} ms) |"
    yield f"| building and costing 2,000 CIFAR variants | {2000 / found['sweep_2000'] * 1000:.0f} a second |"
    yield "\nGoals: 10 ms; at most 3 times; linear; 2,000 a second."


def _json(module: str, *arguments: str) -> Any:
    done = subprocess.run([sys.executable, "-m", module, *arguments], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def _seconds(run: Runs) -> str:
    return f"{run.median:.3f} | {min(run.seconds):.3f} to {max(run.seconds):.3f}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


if __name__ == "__main__":
    main()
