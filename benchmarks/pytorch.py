"""The sections on PyTorch modules: making them, running them, their memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.page import FORM, LIVE, OURS, header, ratios, spread
from benchmarks.processes import Command, python, run_in_turn
from benchmarks.turns import THREADS
from resdsl import load

NETWORKS = {"resnet34": "ResNet-34", "resnet50": "ResNet-50", "resnet152": "ResNet-152"}
MEASURED = ("resnet34", "resnet50")
FILE = "our file"
JOBS = {"inference": "inference", "training": "training step"}
BATCH = 8
"""Of which memory is told."""


def construction(found: Mapping[str, Mapping[str, Sequence[float]]]) -> Iterator[str]:
    """Page of what `benchmarks.construction` printed."""
    yield "## Making a PyTorch module\n"
    yield "The class of the generated file is called as the peers' are; weights are drawn by PyTorch, each"
    yield "convolution's twice, as it is in all of them. `to_torch` goes from the IR to a module with the weights of"
    yield "the seed, source included.\n"
    yield from header("network", "what", "ms: median", "min", "max", "time / ours: medians", "minima")
    for title, calls in found.items():
        if title in ("generated", "executed"):
            continue
        network = title.partition(" ")[0]
        named = title.replace(network, NETWORKS[network])
        ours = calls[OURS]
        for name, times in calls.items():
            shown = {OURS: "our class", LIVE: "`to_torch`"}.get(name, name)
            yield f"| {named} | {shown} | {spread(times)} | {ratios(times, ours)} |"
    yield "\nGoal: our class no slower than the peers', with values and on meta.\n"
    yield from header(
        "network", "source from the IR, ms: median", "min", "max", "executing it, ms: median", "min", "max"
    )
    for network, times in found["generated"].items():
        yield f"| {NETWORKS[network]} | {spread(times)} | {spread(found['executed'][network])} |"
    yield "\nGoal: source of ResNet-152 in 50 ms. Warm: a first call has imports before it.\n"


def eager(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Page of what `benchmarks.eager` printed."""
    others = peers_in(found)
    titles = [each for name in others for each in (f"{name}, ms: median", f"{name} / ours: medians", "minima")]
    yield f"## PyTorch modules at work, eager, {THREADS} threads\n"
    yield from header("network", "job", "layout", "batch", "ours, ms: median", "min", "max", *titles)
    for row in found:
        ours = row["times"][OURS]
        cells = [f"{median(row['times'][name]):.1f} | {ratios(row['times'][name], ours)}" for name in others]
        named = f"{NETWORKS[row['network']]} | {row['job']} | {row['layout']} | {row['batch']}"
        yield f"| {named} | {spread(ours)} | {' | '.join(cells)} |"
    yield "\nGoal: at least as fast as the peers, which have the same weights; a ratio above 1 is ours to have."
    yield "What the three ask of PyTorch is the same, operator for operator (`tests/backends/torch/test_same_work.py`;"
    yield "the plain one takes means where we pool), so that what differs here is the noise of the machine.\n"
    yield "## The inference form, `to_torch(inference=True)`, against contiguous eager modules\n"
    titles = [each for name in (OURS, *others) for each in (f"{name} / form: medians", "minima")]
    yield from header("network", "batch", "form, ms: median", "min", "max", *titles)
    for row in found:
        form = row["times"].get(FORM)
        if form:
            cells = [ratios(row["times"][name], form) for name in (OURS, *others)]
            yield f"| {NETWORKS[row['network']]} | {row['batch']} | {spread(form)} | {' | '.join(cells)} |"
    yield "\nGoal: 1.1 times plain eager at batch 1, 1.25 times at batch 8.\n"


def memory(found: Mapping[tuple[str, str], Mapping[str, Sequence[float]]]) -> Iterator[str]:
    """Page of what `peaks` gave."""
    yield f"## Peak memory of PyTorch at batch {BATCH}, whole process\n"
    yield from header("network", "job", "what", "MiB: median", "min", "max", "MiB / of our file: medians", "minima")
    for (network, job), processes in found.items():
        for what, taken in processes.items():
            compared = ratios(taken, processes[FILE])
            yield f"| {NETWORKS[network]} | {JOBS[job]} | {what} | {spread(taken, 0)} | {compared} |"
    yield "\nGoal: no higher than the peers'; the same process differs by some hundredths from run to run. The compiler"
    yield "is in the process of `to_torch`, and torchvision in that of torchvision's.\n"


def peaks(
    peers: Sequence[str],
    rounds: int,
    works: Iterable[tuple[str, str]] = tuple(product(MEASURED, JOBS)),
    size: tuple[int, int] = (BATCH, 224),
) -> dict[tuple[str, str], dict[str, tuple[float, ...]]]:
    """MiB that whole processes took at their peak in each round.

    Args:
        peers: what is compared with ours.
        rounds: of each.
        works: networks and jobs.
        size: images of a batch and pixels of their side.
    """
    found = {}
    for network, job in works:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{network}.py"
            file.write_text(load(network).to_torch_source(), encoding="utf-8")
            named = {FILE: str(file), "`to_torch`": LIVE, **{peer: peer for peer in peers}}
            words = (job, *map(str, size))
            lines = {what: python("-m", "benchmarks.memory", f"{it}:{network}", *words) for what, it in named.items()}
            runs = run_in_turn({what: Command(line) for what, line in lines.items()}, rounds)
        found[network, job] = {what: run.peaks for what, run in runs.items()}
    return found


def peers_in(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """The peers that `benchmarks.eager` met."""
    return [name for name in found[0]["times"] if name not in (OURS, FORM)]
