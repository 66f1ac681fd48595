"""The points of a sweep as a table and as JSON, whole or row by row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from math import isfinite
from typing import Any

from resdsl.printable import in_json
from resdsl.report import csv
from resdsl.report.table import LATENCY, Cell, Column, Table, TableLine
from resdsl.sweeps.drawing import Sampling
from resdsl.sweeps.point import Point
from resdsl.sweeps.ranking import cost
from resdsl.sweeps.sweep import Sweep

_COSTS = (
    Column("depth", "depth", "number"),
    Column("params", "params"),
    Column("macs", "macs"),
    Column("activations", "activations"),
    Column("memory_bytes", "memory", "bytes"),
)
_COMPARED = ("params", "macs")
JSON_VERSION = 1
"""The version of the format of `points_record`. Keys may be added within a version."""
MOST_AHEAD = 1_000
"""How many points are looked at before the first row of a stream is written."""


def points_table(
    sweep: Sweep, points: Sequence[Point], baseline: Point | None, *, exact: bool = False, notes: Sequence[str] = ()
) -> Table:
    """A table with one line for each point.

    Args:
        sweep: the sweep of these points.
        points: at least one point, in the order of the lines.
        baseline: the point that changes are relative to; without it, there are no changes.
        exact: whether changes are counts, for programs, rather than percentages.
        notes: further sentences below the table, as on how latencies were measured.
    """
    given = _visible(points)
    columns = _columns(given, baseline, exact=exact, measured=_measured(points))
    lines = tuple([TableLine(_cells(point, given, baseline, exact)) for point in points])
    return Table(_title(sweep, points), columns, lines, (*_notes(baseline), *_of_draws(sweep), *notes))


def csv_rows(points: Iterable[Point], most: int | None = None) -> Iterator[str]:
    """The rows of `points_table` as CSV with exact figures, each as soon as its point is there.

    A parameter that the names of all points show has no column. If the names of the first `MOST_AHEAD` points do and
    there are more, it has one, since later names may not.

    Args:
        points: all points of a sweep.
        most: how many have a row.
    """
    rest, ahead, hidden = iter(points), list[Point](), set[str]()
    for point in rest:
        if most is None or len(ahead) < most:
            wording = {name for name, text in point.texts.items() if text == point.name}
            hidden = hidden & wording if ahead else wording
        ahead.append(point)
        if len(ahead) > MOST_AHEAD:
            hidden = set()
        if len(ahead) > 1 and (not hidden or len(ahead) == most):
            break
    given = [name for name, _ in ahead[0].parameters if name not in hidden] if ahead else []
    baseline = ahead[0] if len(ahead) > 1 else None
    columns = _columns(given, baseline, exact=True, measured=_measured(ahead))
    coming = islice(chain(ahead, rest), most)
    yield from csv.rows(columns, (_cells(point, given, baseline, exact=True) for point in coming))


def json_lines(points: Iterable[Point], baseline: Point | None = None) -> Iterator[str]:
    """The points as JSON lines: a record each, as in `points_record`, with changes if there is a baseline."""
    base = point_record(baseline) if baseline is not None else None
    for point in points:
        yield in_json(json.dumps(_compared(point_record(point), base), ensure_ascii=False)) + "\n"


def _columns(given: Sequence[str], baseline: Point | None, *, exact: bool, measured: bool) -> tuple[Column, ...]:
    return (
        Column("name", "name", "text", whole=True),
        *(Column(name, name, "text") for name in given),
        *_COSTS,
        *((LATENCY,) if measured else ()),
        *(_changes(exact) if baseline is not None else ()),
    )


def _changes(exact: bool) -> tuple[Column, ...]:
    measure: Any = "exact_change" if exact else "text"
    return tuple(Column(f"{name}_change", f"{name} +/-", measure) for name in _COMPARED)


def _visible(points: Sequence[Point]) -> list[str]:
    """The parameters that get a column: all except one that the names already show."""
    given = [name for name, _ in points[0].parameters] if points else []
    visible = [point.texts for point in points]
    wording = [
        name for name in given if all(each[name] == point.name for each, point in zip(visible, points, strict=True))
    ]
    return [name for name in given if name not in wording]


def _cells(point: Point, given: Sequence[str], baseline: Point | None, exact: bool) -> tuple[Cell, ...]:
    costs = (point.costs.depth, point.costs.params, point.costs.macs, point.costs.activations, point.memory)
    changes: tuple[Cell, ...] = ()
    if baseline is not None:
        changes = tuple([_change(cost(point, name), cost(baseline, name), exact) for name in _COMPARED])
    visible = point.texts
    measured = (_milliseconds(point),) if point.latency is not None else ()
    return (point.name, *[visible[name] for name in given], *costs, *measured, *changes)


def _measured(points: Sequence[Point]) -> bool:
    return bool(points) and points[0].latency is not None


def _milliseconds(point: Point) -> float | None:
    """Its latency; None where it cannot be run."""
    return point.latency if point.latency is not None and isfinite(point.latency) else None


def _change(figure: float, base: float, exact: bool) -> Cell:
    if exact:
        return figure - base
    if figure == base:
        return "0"
    if not base:
        return None
    return change_text(figure / base - 1)


def change_text(change: float) -> str:
    """A signed change as a percentage; small changes are not rounded to zero, and large ones are given as factors."""
    if change >= 10:
        return f"x {change + 1:.1f}"
    return f"{change:+.1%}" if abs(change) >= 0.0005 else ("+<0.1%" if change > 0 else "-<0.1%")


def _title(sweep: Sweep, points: Sequence[Point]) -> str:
    visible = "1 point" if len(points) == 1 else f"{len(points):,} points"
    return f"{sweep.name}: {visible}" + (f" of {sweep.size:,}" if len(points) < sweep.size else "")


def _notes(baseline: Point | None) -> list[str]:
    notes = ["For one sample; memory is what training keeps, with gradients, in float32."]
    return [*notes, f"Changes are against {baseline.name}."] if baseline is not None else notes


def _of_draws(sweep: Sweep) -> list[str]:
    return [f"Drawn from seed {sweep.plan.sampling.seed}: {sweep.acceptance}."] if sweep.plan.sampling else []


def points_record(
    sweep: Sweep, points: Sequence[Point], baseline: Point | None, measured: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The points as a JSON record with exact figures, and parameters as JSON values where possible.

    The baseline is included in full, since it need not be among the given points; `measured` says how latencies were
    measured, if they were.
    """
    solve = sweep.plan.solve
    base = point_record(baseline) if baseline else None
    return {
        "resdsl_sweep": JSON_VERSION,
        "sweep": sweep.name,
        "axes": [{"names": list(axis.names), "values": len(axis.rows)} for axis in sweep.axes],
        "solved": solve.name.text if solve else None,
        "size": sweep.size,
        **({"sample": _sample(sampling, sweep)} if (sampling := sweep.plan.sampling) else {}),
        "baseline": baseline.name if baseline else None,
        "baseline_point": base,
        **({"latency": measured} if measured is not None else {}),
        "points": [_compared(point_record(point), base) for point in points],
    }


def _sample(sampling: Sampling, sweep: Sweep) -> dict[str, Any]:
    """What was asked of a sample, and what was found."""
    axes = [axis.name for axis in sampling.axes]
    return {"axes": axes, "count": sampling.count, "seed": sampling.seed, "acceptance": sweep.acceptance}


def _compared(record: dict[str, Any], base: dict[str, Any] | None) -> dict[str, Any]:
    """The record of a point and, if there is a baseline, the differences of its figures from it."""
    if base is None:
        return record
    return {**record, "change": {column.name: record[column.name] - base[column.name] for column in _COSTS}}


def point_record(point: Point) -> dict[str, Any]:
    """One point: name, network, parameters, figures."""
    return {
        "name": point.name,
        "network": point.network,
        "parameters": point.plain,
        "depth": point.costs.depth,
        "params": point.costs.params,
        "macs": point.costs.macs,
        "flops": 2 * point.costs.macs,
        "activations": point.costs.activations,
        "memory_bytes": point.memory,
        **({"latency_ms": _milliseconds(point)} if point.latency is not None else {}),
    }
