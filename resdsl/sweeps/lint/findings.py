"""The input and the findings of the lint, and their wording."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from resdsl.analysis.costs import Costs
from resdsl.diagnostics.problem import Problem
from resdsl.elaborate import errors
from resdsl.ir.network import Network
from resdsl.source import Span
from resdsl.sweeps.canonical import network_hash

COMPARED_COSTS = ("params", "macs", "activations", "depth")
"""The quantities that an axis may change as a side effect, in the order of reporting."""
LONGEST = 60
"""The maximum length of the name of a point in a sentence."""
MOST_NAMED = 6
"""How many points, or groups of points, are named; the others are only counted."""

Along = tuple[tuple[str, ...], tuple[str, ...]]
"""An axis and some of its values."""
Again = Callable[[str, Mapping[str, int | None]], Network | None]
"""Builds the point of that name once more, some parameters changed: to a number, or with None as the
network has them by itself. None where that cannot be built."""


@dataclass(frozen=True, slots=True)
class LintedPoint:
    """A point as the lint sees it.

    Attributes:
        name: its name.
        values: its parameters in the syntax of the language.
        digest: the hash of its network.
        figures: its `COMPARED_COSTS`.
    """

    name: str
    values: Mapping[str, str]
    digest: str
    figures: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding that matters for the comparison.

    Attributes:
        kind: `same` for a network under several names, `dead` for something that changes nothing, `confound` for an
            axis that changes a cost as a side effect.
        text: one line that is understandable on its own.
        hint: what to do about it, if anything.
        points: names of the points concerned; empty for an axis as a whole.
        axis: the axis concerned.
    """

    kind: Literal["same", "dead", "confound"]
    text: str
    hint: str | None = None
    points: tuple[str, ...] = ()
    axis: str | None = None

    def problem(self, span: Span | None) -> Problem:
        """The finding as a warning at its position in the text."""
        kinds = {
            "same": errors.sweeps.SameNetwork,
            "dead": errors.sweeps.ChangesNothing,
            "confound": errors.sweeps.AlsoMoves,
        }
        return kinds[self.kind](span=span, text=self.text, advice=self.hint)

    @property
    def plain(self) -> dict[str, object]:
        """The finding as a JSON record."""
        return {
            "code": self.problem(None).code,
            "kind": self.kind,
            "text": self.text,
            "hint": self.hint,
            "points": list(self.points),
            "axis": self.axis,
        }


def figures_of(costs: Costs) -> tuple[int, ...]:
    """The `COMPARED_COSTS` of a point."""
    return tuple([getattr(costs, each) for each in COMPARED_COSTS])


def look_of(name: str, values: Mapping[str, str], network: Network, costs: Costs) -> LintedPoint:
    """The data of a point that the lint needs; its network need not be kept."""
    return LintedPoint(name, values, network_hash(network), figures_of(costs))


def place(point: LintedPoint, axis: tuple[str, ...]) -> str:
    """The value of the point on an axis, human-readable."""
    return ", ".join([point.values[name] for name in axis])


def axis_text(axis: tuple[str, ...]) -> str:
    """An axis as part of a sentence: its names, several if they run in step."""
    return " and ".join([f"`{name}`" for name in axis])


def verb(axis: tuple[str, ...], one: str, several: str) -> str:
    """The verb form for an axis: plural for names that run in step."""
    return one if len(axis) == 1 else several


def called(name: str) -> str:
    """A name or value as part of a sentence, shortened if it is long."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..."


def listed(names: Sequence[str]) -> str:
    """A list of names with `and` before the last; if there are many, the first ones and the number of others."""
    visible = [f"`{called(name)}`" for name in names[:MOST_NAMED]]
    if len(names) > MOST_NAMED:
        return f"{', '.join(visible)} and {len(names) - MOST_NAMED:,} more"
    return " and ".join([", ".join(visible[:-1]), visible[-1]] if len(visible) > 1 else visible)
