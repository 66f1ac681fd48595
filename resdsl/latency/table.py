"""Times of a network as a table and as a record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

from resdsl.latency.measuring import Bench, Latency
from resdsl.latency.of_points import Latencies
from resdsl.latency.turns import CALLS
from resdsl.report.table import LATENCY, Cell, Column, Table, TableLine

JSON_VERSION = 1
"""The version of the format of `bench_record`. Keys may be added within a version."""
_COLUMNS = (
    Column("form", "form", "text", whole=True),
    Column("batch", "batch", "exact"),
    Column("milliseconds", "ms", "number"),
    Column("first_quartile_ms", "from", "number"),
    Column("third_quartile_ms", "to", "number"),
    Column("samples_per_second", "samples/s", "number"),
    Column("speed", "speed", "number"),
    Column("what", "what it is", "text"),
)


def bench_table(found: Bench) -> Table:
    """A line for each form and size of the batch."""
    inputs = ", ".join("x".join(map(str, shape)) for shape in found.inputs)
    lines = tuple([TableLine(_cells(found, each)) for each in found.latencies])
    return Table(f"{found.network} of {inputs}: times on this machine", _COLUMNS, lines, tuple(_notes(found)))


def bench_record(found: Bench) -> dict[str, Any]:
    """All of it, with the time of each round, in milliseconds."""
    return {
        "resdsl_bench": JSON_VERSION,
        "network": found.network,
        "inputs": [list(shape) for shape in found.inputs],
        "rounds": found.rounds,
        "calls": CALLS,
        "threads": found.threads,
        "machine": found.machine.record(),
        "times": [_record(each) for each in found.latencies],
    }


def with_latencies(table: Table, found: Latencies, names: Sequence[str]) -> Table:
    """A table with a line for each network, and the time of each as a last column."""
    times = [found.milliseconds[name] for name in names]
    cells = [time if isfinite(time) else None for time in times]
    lines = [replace(line, cells=(*line.cells, cell)) for line, cell in zip(table.lines, cells, strict=True)]
    columns = (*table.columns, LATENCY)
    return replace(table, columns=columns, lines=tuple(lines), notes=(*table.notes, *found.notes))


def measured_how(found: Bench) -> str:
    """How the times were measured, and on what, in a sentence."""
    times = "1 round" if found.rounds == 1 else f"{found.rounds} rounds"
    threads = "1 thread" if found.threads == 1 else f"{found.threads} threads"
    return f"Median and quartiles of {times} in turn, {CALLS} calls each; {threads} of {found.machine.text}."


def _record(each: Latency) -> dict[str, Any]:
    return {
        "form": each.form.name,
        "batch": each.batch,
        "milliseconds": each.milliseconds,
        "quartiles": each.spread,
        "rounds": list(each.times),
        "reason": each.reason,
    }


def _cells(found: Bench, each: Latency) -> tuple[Cell, ...]:
    middle, spread = each.milliseconds, each.spread
    if middle is None or spread is None:
        return (each.form.name, each.batch, None, None, None, None, None, f"not possible: {each.reason}")
    first = next(other.milliseconds for other in found.latencies if other.batch == each.batch)
    speed = None if first is None else first / middle
    return (each.form.name, each.batch, middle, *spread, 1000 * each.batch / middle, speed, each.form.title)


def _notes(found: Bench) -> Iterator[str]:
    for batch in dict.fromkeys(each.batch for each in found.latencies):
        if (best := found.fastest(batch)) is not None:
            yield f"Fastest at batch {batch}: {best.form.name}, {best.milliseconds:.4g} ms."
    yield measured_how(found)
