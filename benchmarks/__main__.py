"""`python -m benchmarks`: everything that is promised about speed, as ratios in one run.

Needs the test requirements and, for the exporters, onnxscript (`make bench` sees to both). torchvision's modules
are measured too where it can be imported. Trust ratios to about a tenth; single times belong to the machine.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import branching, editing, loading, pytorch, reports, results, sweeps, training, watching
from benchmarks.page import gpu_section, machine, ratios, spread, version_of
from benchmarks.processes import Command, Runs, loaded_by, python, resdsl, run_in_turn

SPEC = "specs/resnet34.res"
PACKAGES = ("resdsl", "torch", "torchvision", "onnx", "onnxscript", "onnxruntime", "numpy", "lark", "pydantic", "click")
HEAVY = ("numpy", "onnx", "torch")
PEERS = {
    "fixed": "`torch.onnx.export`, batch fixed",
    "open": "`torch.onnx.export`, batch open",
    "older": "`torch.onnx.export(dynamo=False)`, batch open",
}
OURS = f"`resdsl build {SPEC} --to onnx`, batch open"


def main() -> None:
    """Run and print; `--write` keeps the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="counted runs of each measurement (7)")
    parser.add_argument("--without-peers", action="store_true", help="leave out what needs torch.onnx.export")
    parser.add_argument("--write", metavar="FILE", help="write the page to a file, such as docs/performance.md")
    chosen = parser.parse_args()
    if not chosen.without_peers and version_of("onnxscript") == "not installed":
        parser.exit(2, "torch's exporter needs onnxscript: pip install onnxscript, or --without-peers\n")
    kept = Path(chosen.write).read_text(encoding="utf-8") if chosen.write and Path(chosen.write).exists() else ""
    page = "\n".join(_page(chosen.rounds, not chosen.without_peers)) + "\n\n" + gpu_section(kept)
    print(page, end="")
    if chosen.write:
        Path(chosen.write).write_text(page, encoding="utf-8")


def _page(rounds: int, peers: bool) -> Iterator[str]:
    yield "# Performance\n"
    yield f"The last run of `python -m benchmarks --rounds {rounds}`, {date.today().isoformat()}."
    yield "Each row has the median and the extremes of its rounds, a warm-up left out, and what is compared took turns."
    yield "Trust the ratios, to about a tenth, and not the times, which belong to the machine; where the maximum is"
    yield "far from the median, other work was in the way. All but the last section is of the processor alone.\n"
    yield machine(PACKAGES)
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / name / "model.onnx" for name in ("ours", *PEERS)}
        yield from _builds(files, rounds, peers)
        if peers:
            yield from _inference(files, rounds)
    yield from pytorch.construction(_json("benchmarks.construction", str(rounds)))
    at_work = _json("benchmarks.eager", str(rounds))
    yield from pytorch.eager(at_work)
    yield from pytorch.memory(pytorch.peaks(pytorch.peers_in(at_work), rounds))
    yield from _commands(rounds)
    yield from reports.section(rounds, _json("benchmarks.reports", str(rounds)))
    yield from _within(rounds)
    yield from sweeps.page(_json("benchmarks.sweeps", str(rounds)), rounds)
    yield from branching.page(_json("benchmarks.branching", str(rounds)))
    yield from loading.page(_json("benchmarks.loading", str(rounds)))
    yield from editing.page(_json("benchmarks.editing", str(rounds)))
    yield from results.section(rounds)
    yield from training.page(_json("benchmarks.training", str(rounds), "12"))
    yield from watching.page(_json("benchmarks.watching", str(5 * rounds)))


def _builds(files: dict[str, Path], rounds: int, peers: bool) -> Iterator[str]:
    commands = {OURS: Command(resdsl("build", SPEC, "--to", "onnx", "-o", str(files["ours"])), files["ours"].parent)}
    for name, title in PEERS.items() if peers else ():
        line = python("-m", "benchmarks.export_plain", str(files[name]), name)
        commands[title] = Command(line, files[name].parent)
    runs = run_in_turn(commands, rounds)
    yield "## ResNet-34 to ONNX, weights included, whole process\n"
    yield "| what | s: median | min | max | peak MiB | time / ours |"
    yield "|---|---|---|---|---|---|"
    for name, run in runs.items():
        yield f"| {name} | {_seconds(run)} | {run.mebibytes:.0f} | {run.median / runs[OURS].median:.1f} |"
    yield "\nThe peer is a plain hand-written module (`benchmarks/plain_resnet.py`), the file a new one in each round."
    yield "Goal: at most one tenth of the time of the default exporter, aiming at a twelfth, and at most 200 MiB.\n"


def _inference(files: dict[str, Path], rounds: int) -> Iterator[str]:
    found = _json("benchmarks.inference", str(files["ours"]), str(files["open"]), str(2 * rounds))
    yield "## The file in onnxruntime, two threads, against the default exporter's\n"
    yield "| batch | ours, ms: median | min | max | exporter's, ms: median | min | max | ratio of medians | of minima |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for batch, (ours, theirs) in found.items():
        yield f"| {batch} | {spread(ours)} | {spread(theirs)} | {ratios(ours, theirs)} |"
    yield "\nGoal: at least as fast. Where the two ratios differ, other work took a core from one of the files.\n"


def _commands(rounds: int) -> Iterator[str]:
    least, shown, checked = "python -c pass", "resdsl --help", f"resdsl check {SPEC}"
    lines = {least: python("-c", "pass"), shown: resdsl("--help"), checked: resdsl("check", SPEC)}
    runs = run_in_turn({name: Command(line) for name, line in lines.items()}, 2 * rounds)
    yield "## Commands, whole process\n"
    yield f"| what | s: median | min | max | peak MiB | time / `{least}` | of {', '.join(HEAVY)} it imports |"
    yield "|---|---|---|---|---|---|---|"
    for name, run in runs.items():
        heavy = ", ".join(sorted(loaded_by(lines[name]).intersection(HEAVY))) or "none"
        ratio = run.median / runs[least].median
        yield f"| `{name}` | {_seconds(run)} | {run.mebibytes:.0f} | {ratio:.1f} | {heavy} |"
    yield "\nGoals: 0.15 s for `--help`, 0.3 s for `check`, none of those imports.\n"


def _within(rounds: int) -> Iterator[str]:
    found = _json("benchmarks.within", str(rounds))
    middle = {name: median(times) for name, times in found.items()}
    titles = {
        "resnet34": "text of ResNet-34 to its IR",
        "resnet20": "text of ResNet-20 to its IR",
        "resnet1202": "text of ResNet-1202 to its IR",
        "sweep": "costs of 2,000 CIFAR variants",
        "sweep_cold": "the same as the first that a process does",
        "parse_5000": "parsing 5,000 lines, garbage collector off, as in the command",
        "parse_10000": "parsing 10,000 lines, collector off",
        "parse_5000_collecting": "parsing 5,000 lines, collector on",
        "parse_10000_collecting": "parsing 10,000 lines, collector on",
    }
    compared = {
        "resnet1202": f"{middle['resnet1202'] / middle['resnet20']:.2f} times ResNet-20",
        "sweep": f"{2000 / middle['sweep'] * 1000:,.0f} a second",
        "sweep_cold": f"{2000 / middle['sweep_cold'] * 1000:,.0f} a second",
    }
    for kind in ("", "_collecting"):
        compared[f"parse_10000{kind}"] = f"{middle[f'parse_10000{kind}'] / middle[f'parse_5000{kind}']:.2f} times 5,000"
    yield "## Within one process, warm\n"
    yield "| what | ms: median | min | max | ratio |"
    yield "|---|---|---|---|---|"
    for name, title in titles.items():
        yield f"| {title} | {spread(found[name])} | {compared.get(name, '')} |"
    yield "\nGoals: 10 ms for ResNet-34; ResNet-1202 at most 3 times ResNet-20; parsing linear, that is twice; 2,000"
    yield "variants a second.\n"


def _json(module: str, *arguments: str) -> Any:
    done = subprocess.run(python("-m", module, *arguments), check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def _seconds(run: Runs) -> str:
    return f"{run.median:.3f} | {min(run.seconds):.3f} | {max(run.seconds):.3f}"


if __name__ == "__main__":
    main()
