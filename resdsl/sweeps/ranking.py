"""Sorts and selects points by their costs: in order, the first few, the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence

from resdsl.analysis.expectations import quantity
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.elaborate.sweep_names import SWEEP_QUANTITIES
from resdsl.refusal import Refused
from resdsl.sweeps.point import Point

FIGURES = ("params", "macs", "flops", "depth", "activations", "memory")
"""The figures by which points can be sorted and compared."""
MEASURED = ("latency",)
"""Those that are measured on a machine, where that is asked for."""


class NoSuchFigure(Refused):
    """Points are sorted or compared by an unknown figure."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        hint = did_you_mean(name, known) or "available: " + ", ".join(f"`{other}`" for other in known)
        headline = f"unknown figure or parameter `{name}`"
        if name in MEASURED:
            headline = f"`{name}` is known with --measure {name}"
        if name in SWEEP_QUANTITIES:
            headline = f"`{name}` is known only while a point is built, to `keep`, `solve` and `name`"
        super().__init__(f"{headline}; {hint}")


class NoSuchPoint(Refused):
    """The sweep has no point of this name, or a condition leaves it out."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        hint = did_you_mean(name, known)
        super().__init__(f"there is no point `{name}`" + (f"; {hint}" if hint else ""))


def refuse_unknown(names: Sequence[str], measured: Sequence[str] = ()) -> None:
    """Refuse unknown figures, and those that are not measured.

    Raises:
        NoSuchFigure: a name is unknown.
    """
    for name in names:
        if name not in FIGURES and name not in measured:
            raise NoSuchFigure(name, (*FIGURES, *measured))


def cost(point: Point, name: str) -> int | float:
    """A figure of a point.

    Raises:
        NoSuchFigure: the name is unknown, or the figure was not measured.
    """
    if name == "latency" and point.latency is not None:
        return point.latency
    if name not in FIGURES:
        raise NoSuchFigure(name, FIGURES)
    return point.memory if name == "memory" else quantity(point.costs, name)


def in_order_of(points: Sequence[Point], name: str) -> list[Point]:
    """The points in stable order of a figure or a parameter; `-params` sorts from high to low.

    Raises:
        NoSuchFigure: the name is unknown.
    """
    wanted, down = name.removeprefix("-"), name.startswith("-")
    if wanted in (*FIGURES, *MEASURED):
        return sorted(points, key=lambda point: cost(point, wanted), reverse=down)
    if wanted == "name":
        return sorted(points, key=lambda point: point.name, reverse=down)
    if any(wanted not in dict(point.parameters) for point in points):
        known = [parameter for parameter, _ in points[0].parameters]
        raise NoSuchFigure(wanted, (*FIGURES, "name", *known))
    return sorted(points, key=lambda point: _rank(point, wanted), reverse=down)


def _rank(point: Point, name: str) -> tuple[int, float, str]:
    """A sort key: numbers by size, followed by everything else in alphabetical order."""
    value = point.value(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (0, value, "")
    return (1, 0, point.texts[name])


def front(points: Sequence[Point], names: Sequence[str]) -> list[Point]:
    """The Pareto front, in the original order: points that no other beats in one figure and matches in all others.

    Raises:
        NoSuchFigure: a name is unknown.
    """
    figures = [tuple([cost(point, name) for name in names]) for point in points]
    kept: list[tuple[float, ...]] = []
    for candidate in sorted(set(figures)):
        if not any(all(a <= b for a, b in zip(other, candidate, strict=True)) for other in kept):
            kept.append(candidate)
    best = set(kept)
    return [point for point, own in zip(points, figures, strict=True) if own in best]


def named(points: Sequence[Point], name: str) -> Point:
    """The point of this name.

    Raises:
        NoSuchPoint: there is no such point.
    """
    for point in points:
        if point.name == name:
            return point
    raise NoSuchPoint(name, [point.name for point in points])
