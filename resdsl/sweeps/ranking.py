"""Points chosen and put in order by what they cost: sorted, the first few, the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.elaborate.sweeps import QUANTITIES
from resdsl.refusal import Refused
from resdsl.sweeps.point import Point

FIGURES = ("params", "macs", "flops", "depth", "activations", "memory")
"""Figures that points can be sorted and compared by."""


class NoSuchFigure(Refused):
    """Points are sorted or compared by something that they have not."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        hint = did_you_mean(name, known) or "there is " + ", ".join(f"`{other}`" for other in known)
        if name in QUANTITIES:
            hint = f"it is known while a point is built, to `keep`, `solve` and `name`; here {hint}"
        super().__init__(f"the points have no `{name}`; {hint}")


class NoSuchPoint(Refused):
    """A point is named that the sweep has not, or that a condition leaves out."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        hint = did_you_mean(name, known)
        super().__init__(f"no point is called `{name}`" + (f"; {hint}" if hint else ""))


def refuse_unknown(names: Sequence[str]) -> None:
    """Refuse figures that no point has.

    Raises:
        NoSuchFigure: one is none.
    """
    for name in names:
        if name not in FIGURES:
            raise NoSuchFigure(name, FIGURES)


def cost(point: Point, name: str) -> int:
    """A figure of a point.

    Raises:
        NoSuchFigure: it has none of that name.
    """
    match name:
        case "macs":
            return point.costs.macs
        case "flops":
            return 2 * point.costs.macs
        case "memory":
            return point.memory
        case "params" | "depth" | "activations":
            found: int = getattr(point.costs, name)
            return found
    raise NoSuchFigure(name, FIGURES)


def in_order_of(points: Sequence[Point], name: str) -> list[Point]:
    """The points sorted by a figure or a parameter, equal ones as they were; `-params` is from high to low.

    Raises:
        NoSuchFigure: they have none of that name.
    """
    wanted, down = name.removeprefix("-"), name.startswith("-")
    if wanted in FIGURES:
        return sorted(points, key=lambda point: cost(point, wanted), reverse=down)
    if wanted == "name":
        return sorted(points, key=lambda point: point.name, reverse=down)
    if any(wanted not in dict(point.parameters) for point in points):
        known = [parameter for parameter, _ in points[0].parameters]
        raise NoSuchFigure(wanted, (*FIGURES, "name", *known))
    return sorted(points, key=lambda point: _rank(point, wanted), reverse=down)


def _rank(point: Point, name: str) -> tuple[int, float, str]:
    """Numbers by their size and before all else, which goes by the alphabet."""
    value = point.value(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (0, value, "")
    return (1, 0, point.texts[name])


def front(points: Sequence[Point], names: Sequence[str]) -> list[Point]:
    """The points that no other is at least as low as in every figure, and lower in one; in their own order.

    Raises:
        NoSuchFigure: they have none of that name.
    """
    figures = [tuple([cost(point, name) for name in names]) for point in points]
    kept: list[tuple[int, ...]] = []
    for candidate in sorted(set(figures)):
        if not any(all(a <= b for a, b in zip(other, candidate, strict=True)) for other in kept):
            kept.append(candidate)
    best = set(kept)
    return [point for point, own in zip(points, figures, strict=True) if own in best]


def named(points: Sequence[Point], name: str) -> Point:
    """The point of that name.

    Raises:
        NoSuchPoint: there is none.
    """
    for point in points:
        if point.name == name:
            return point
    raise NoSuchPoint(name, [point.name for point in points])
