"""The points of an experiment: the runs that differ in their seed alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.experiments.rows import Row, RunValue, columns_of, measures_of, parameters_of, value_text
from resdsl.experiments.statistics import Summary, summary
from resdsl.printable import one_line
from resdsl.refusal import Refused


class UnknownPoint(Refused):
    """The runs have no point, parameter or cost of a name."""

    of_usage = True

    def __init__(self, what: str, name: str, known: Sequence[str]) -> None:
        hint = did_you_mean(name, known) or (f"there are {len(known)}" if known else "there is none")
        super().__init__(f"there is no {what} `{one_line(name)}`; {hint}")


@dataclass(frozen=True, slots=True)
class MeasuredPoint:
    """A point with the rows of its runs, at least one, each of another seed."""

    name: str
    rows: tuple[Row, ...]

    def value(self, name: str) -> RunValue:
        """A parameter or a cost; None where it has no such value."""
        return self.rows[0].get(name)

    def number(self, name: str) -> float | None:
        """The same, if it is a number."""
        value = self.value(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def by_seed(self, measure: str) -> dict[int, float]:
        """The values of a measure."""
        found = {row["seed"]: row[measure] for row in self.rows if measure in row}
        return {
            seed: float(value)
            for seed, value in found.items()
            if isinstance(seed, int) and isinstance(value, int | float)
        }

    def summary(self, measure: str, *, more_is_better: bool = False) -> Summary | None:
        """The statistics of a measure; None if no run has it."""
        values = list(self.by_seed(measure).values())
        return summary(values, more_is_better=more_is_better) if values else None


@dataclass(frozen=True, slots=True)
class MeasuredPoints:
    """The points of an experiment, in the order of their first rows.

    Attributes:
        parameters: the names of the parameters of the sweep.
        measures: the names of everything that was measured.
    """

    points: tuple[MeasuredPoint, ...]
    parameters: tuple[str, ...]
    measures: tuple[str, ...]

    @property
    def varying(self) -> tuple[str, ...]:
        """The parameters of which not all points have the same value."""
        return tuple(name for name in self.parameters if self._differ(name))

    def named(self, name: str) -> MeasuredPoint:
        """The point of a name.

        Raises:
            UnknownPoint: there is none.
        """
        found = next((point for point in self.points if point.name == name), None)
        if found is None:
            raise UnknownPoint("point", name, [point.name for point in self.points])
        return found

    def refuse_unknown(self, name: str, more: Sequence[str] = ()) -> None:
        """Refuse the name of a parameter that there is not; `more` names are known too.

        Raises:
            UnknownPoint: the name is unknown.
        """
        known = (*self.parameters, *more)
        if name not in known:
            raise UnknownPoint(f"parameter{' or cost' if more else ''}", name, known)

    def apart_from(self, name: str, point: MeasuredPoint) -> tuple[str, ...]:
        """The values of all parameters but one, by which points that differ in it alone are found."""
        return tuple(value_text(point.value(each)) for each in ("network", *self.parameters) if each != name)

    def _differ(self, name: str) -> bool:
        first = self.points[0].value(name)
        return any(point.value(name) != first for point in self.points)


def points_of(rows: Sequence[Row]) -> MeasuredPoints:
    """The points of rows; of two rows of a point and a seed, the first counts."""
    found: dict[str, dict[Any, Row]] = {}
    for row in rows:
        found.setdefault(str(row["point"]), {}).setdefault(row["seed"], row)
    columns = columns_of(rows)
    return MeasuredPoints(
        tuple(MeasuredPoint(name, tuple(by_seed.values())) for name, by_seed in found.items()),
        parameters_of(columns),
        measures_of(columns),
    )
