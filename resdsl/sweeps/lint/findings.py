"""What the lint looks at, what it finds, and the words for both."""

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

QUANTITIES = ("params", "macs", "activations", "depth")
"""What an axis may move along, in the order in which it is told."""
LONGEST = 60
"""Characters of a point's name in a sentence."""
MOST_NAMED = 6
"""So many points, or groups of points, are named; of the others there is a number."""

Along = tuple[tuple[str, ...], tuple[str, ...]]
"""An axis, and values on it."""
Again = Callable[[str, Mapping[str, int | None]], Network | None]
"""Builds the point of that name once more, some parameters changed: to a number, or with None as the
network has them by itself. None where that cannot be built."""


@dataclass(frozen=True, slots=True)
class LintedPoint:
    """A point, as far as the lint looks at it.

    Attributes:
        name: its name.
        values: its parameters as the language writes them.
        digest: the hash of its network.
        figures: its `QUANTITIES`.
    """

    name: str
    values: Mapping[str, str]
    digest: str
    figures: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a reader of the comparison would want to know.

    Attributes:
        kind: `same` for one network under several names, `dead` for what changes nothing, `confound` for an
            axis that moves a cost along.
        text: one line that suffices alone.
        hint: what to do about it, if anything.
        points: names of the points it is about; for an axis as a whole none.
        axis: the axis it is about.
    """

    kind: Literal["same", "dead", "confound"]
    text: str
    hint: str | None = None
    points: tuple[str, ...] = ()
    axis: str | None = None

    def problem(self, span: Span | None) -> Problem:
        """The finding as a warning, at the place that it is about."""
        kinds = {
            "same": errors.sweeps.SameNetwork,
            "dead": errors.sweeps.ChangesNothing,
            "confound": errors.sweeps.AlsoMoves,
        }
        return kinds[self.kind](span=span, text=self.text, advice=self.hint)

    @property
    def plain(self) -> dict[str, object]:
        """The finding for JSON."""
        return {
            "code": self.problem(None).code,
            "kind": self.kind,
            "text": self.text,
            "hint": self.hint,
            "points": list(self.points),
            "axis": self.axis,
        }


def look_of(name: str, values: Mapping[str, str], network: Network, costs: Costs) -> LintedPoint:
    """What the lint needs of a point; the network need not be kept."""
    return LintedPoint(name, values, network_hash(network), tuple([getattr(costs, each) for each in QUANTITIES]))


def place(point: LintedPoint, axis: tuple[str, ...]) -> str:
    """The point's value on an axis, as people read it."""
    return ", ".join([point.values[name] for name in axis])


def axis_text(axis: tuple[str, ...]) -> str:
    """An axis in a sentence: its names, several where they go in step."""
    return " and ".join([f"`{name}`" for name in axis])


def verb(axis: tuple[str, ...], one: str, several: str) -> str:
    """What an axis does: names in step do it in the plural."""
    return one if len(axis) == 1 else several


def called(name: str) -> str:
    """A name or a value in a sentence, its beginning if it is long."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..."


def listed(names: Sequence[str]) -> str:
    """Names in a row, the last after `and`; of many the first, and how many more there are."""
    visible = [f"`{called(name)}`" for name in names[:MOST_NAMED]]
    if len(names) > MOST_NAMED:
        return f"{', '.join(visible)} and {len(names) - MOST_NAMED:,} more"
    return " and ".join([", ".join(visible[:-1]), visible[-1]] if len(visible) > 1 else visible)
