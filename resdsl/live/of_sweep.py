"""What the page shows of a sweep: its points as a table, and as a chart of two of their costs."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from resdsl.diagnostics.problem import Problem
from resdsl.draw.figure import figure_of_scene
from resdsl.live.order import BuildOrder
from resdsl.live.records import Record, figure_record, table_record
from resdsl.printable import one_line
from resdsl.refusal import Refused
from resdsl.sweeps.lint.findings import LintedPoint, look_of
from resdsl.sweeps.lint.of_sweep import findings_of, problems_of
from resdsl.sweeps.plotting import plot_scene
from resdsl.sweeps.point import Point
from resdsl.sweeps.sweep import Sweep
from resdsl.sweeps.table import points_table

MOST_POINTS = 2_000
"""The page stops after so many points, and says so: a chart of more is black, and `resdsl sweep` has them all."""
MOST_LINES = 500
_EVERY = 20
"""Points from one word about progress to the next."""


def sweep_updates(sweep: Sweep, order: BuildOrder) -> Generator[Record, None, list[Problem]]:
    """The progress of a sweep, then its sections; returns its warnings.

    Raises:
        SpecError: a point cannot be built.
    """
    points: list[Point] = []
    looks: list[LintedPoint] = []
    yield {"progress": {"count": 0, "size": sweep.size}}
    for point, network in sweep.built():
        if len(points) == MOST_POINTS:
            break
        points.append(point)
        looks.append(look_of(point.name, point.texts, network, point.costs))
        if len(points) % _EVERY == 0:
            yield {"progress": {"count": len(points), "size": sweep.size}}
    yield {"progress": None, "tables": _tables(sweep, points), "figure": _chart(sweep, points, order)}
    yield {"good": None, "compared": None, "difference": {"headline": "", "tables": [], "pinned": False}}
    return [*sweep.warnings, *problems_of(sweep, findings_of(sweep, looks, points))]


def _tables(sweep: Sweep, points: Sequence[Point]) -> Record:
    table = table_record(points_table(sweep, points, _baseline(points)), MOST_LINES)
    if len(points) == MOST_POINTS < sweep.size:
        table["notes"].insert(0, f"Only the first {MOST_POINTS:,} points were built; `resdsl sweep` builds all.")
    return {"tables": [table], "checks": []}


def _chart(sweep: Sweep, points: Sequence[Point], order: BuildOrder) -> Record:
    if not points:
        return {"refusal": "there are no points left to draw"}
    scene = plot_scene(points, _baseline(points), "macs", "params", one_line(sweep.name))
    try:
        return figure_record([figure_of_scene(scene, style=style) for style in order.styles])
    except Refused as error:
        return {"refusal": str(error)}


def _baseline(points: Sequence[Point]) -> Point | None:
    return points[0] if len(points) > 1 else None
