"""Bounds on what a network costs, such as `params<=26M, macs<=4.1G`, and by how much they are missed.

Why it exists: a build is to fail when a network grows too large, and to say by how much, without a word in its text.
Numbers are those of the language: 26M, 4.1G, 26_000_000. As there, a figure that is equalled with `=` may be off by
half of its last digit where it has a suffix or a point.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, cast

from resdsl.analysis.costs import Costs
from resdsl.analysis.expectations import quantity
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.printable import one_line
from resdsl.refusal import Refused

if TYPE_CHECKING:
    from resdsl.analysis.memory.totals import Memory

Relation = Literal["<=", "<", ">=", ">", "="]

_EXPECTED = ("depth", "params", "macs", "flops", "activations")
_OTHERS = ("weights", "biases", "norms", "buffers", "layers", "elements", "shortcut_params", "shortcut_macs")
OF_MEMORY = {"peak_bytes": "peak", "training_bytes": "training"}
"""What a budget may say of `Memory`, by what it is called there."""
BOUNDABLE = (*_EXPECTED, *_OTHERS, *OF_MEMORY)
"""What a budget may speak of: what `expect` does, further counts of `Costs`, and memory."""

_EXAMPLE = "params<=26M, macs<=4.1G"
_LONGEST = 60
_POWERS = {"": 0, "k": 3, "M": 6, "G": 9, "T": 12}
_SPLIT = re.compile(r"(?P<name>[^<>=]*)(?P<relation>[<>=]+)(?P<figure>[^<>=]*)")
_FIGURE = re.compile(
    r"(?P<whole>\d+(?:_\d+)*)(?:\.(?P<part>\d+(?:_\d+)*))?(?:[eE](?P<power>[+-]?\d{1,2}))?(?P<suffix>[kMGT]?)",
    re.ASCII,
)
_HOLDS: Mapping[Relation, Callable[[Fraction, Fraction], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
}


class InvalidBudget(Refused):
    """A budget that cannot be read."""

    of_usage = True


@dataclass(frozen=True, slots=True)
class BudgetBound:
    """One bound of a budget.

    Attributes:
        quantity: what is bounded; one of `BOUNDABLE`.
        relation: how the figure is to stand to the limit.
        limit: the limit, exactly.
        slack: by how much an `=` may be missed.
        text: the bound as it was written, without blanks.
    """

    quantity: str
    relation: Relation
    limit: Fraction
    slack: Fraction
    text: str

    def holds(self, actual: int) -> bool:
        """Whether a figure is within the bound."""
        if self.relation == "=":
            return abs(actual - self.limit) <= self.slack
        return _HOLDS[self.relation](Fraction(actual), self.limit)


@dataclass(frozen=True, slots=True)
class Overrun:
    """A bound that is not kept.

    Attributes:
        actual: the network's figure.
    """

    bound: BudgetBound
    actual: int

    @property
    def excess(self) -> Fraction:
        """How far the figure is from the limit; zero where the limit itself is not allowed."""
        return abs(self.actual - self.bound.limit)

    def __str__(self) -> str:
        figure = f"{self.bound.quantity} is {self.actual:_}"
        if not self.excess:
            return f"{figure}, and the budget is {self.bound.text}: the limit itself is not allowed"
        side = "above" if self.actual > self.bound.limit else "below"
        share = f" ({_share(self.excess / self.bound.limit)})" if self.bound.limit else ""
        return f"{figure}, {_number(self.excess)}{share} {side} what the budget {self.bound.text} allows"


def parse_budget(text: str) -> tuple[BudgetBound, ...]:
    """The bounds of a budget, parted by commas.

    Raises:
        InvalidBudget: it has none, one cannot be read, or one bounds what is not counted.
    """
    if not text.strip():
        raise InvalidBudget(f"the budget is empty; one is written as `{_EXAMPLE}`")
    return tuple(_bound(part.strip(), text) for part in text.split(","))


def over(bounds: tuple[BudgetBound, ...], costs: Costs, memory: Memory | None = None) -> tuple[Overrun, ...]:
    """The bounds that a network with these costs does not keep, in the order of the budget.

    Args:
        bounds: the budget.
        costs: what the network costs, for one sample.
        memory: what it takes; needed where that is bounded, see `speaks_of_memory`.

    Raises:
        ValueError: memory is bounded and not given.
    """
    figures = [(bound, _figure(costs, memory, bound.quantity)) for bound in bounds]
    return tuple(Overrun(bound, actual) for bound, actual in figures if not bound.holds(actual))


def speaks_of_memory(bounds: tuple[BudgetBound, ...]) -> bool:
    """Whether a budget bounds what a network takes of memory, which takes longer to find than what it costs."""
    return any(bound.quantity in OF_MEMORY for bound in bounds)


def _bound(part: str, budget: str) -> BudgetBound:
    if not part:
        raise InvalidBudget(f"the budget `{_short(budget)}` has a comma too many")
    match = _SPLIT.fullmatch(part)
    if match is None or not match["name"].strip() or not match["figure"].strip():
        raise InvalidBudget(
            f"`{_short(part)}` is no bound; one is a name, <=, <, >=, > or =, and a number, as in `{_EXAMPLE}`"
        )
    name, relation, figure = (match[group].strip() for group in ("name", "relation", "figure"))
    if relation not in (*_HOLDS, "="):
        raise InvalidBudget(f"`{_short(relation)}` in `{_short(part)}` is no relation; there is <=, <, >=, > and =")
    if name not in BOUNDABLE:
        hint = did_you_mean(name, BOUNDABLE) or f"there is {', '.join(f'`{each}`' for each in BOUNDABLE)}"
        raise InvalidBudget(f"a budget cannot bound `{_short(name)}`; {hint}")
    limit, slack = _read(figure, part)
    return BudgetBound(name, cast(Relation, relation), limit, slack, f"{name}{relation}{figure}")


def _read(figure: str, part: str) -> tuple[Fraction, Fraction]:
    """A number of the language, and half of its last digit where it is a rounded one."""
    match = _FIGURE.fullmatch(figure)
    if match is None or len(figure) > _LONGEST:
        raise InvalidBudget(
            f"`{_short(figure)}` in `{_short(part)}` is no number; numbers are written as 26_000_000, 26M or 4.1G "
            "(k, M, G and T are thousand, million, 1e9 and 1e12)"
        )
    decimals = (match["part"] or "").replace("_", "")
    power = int(match["power"] or 0) + _POWERS[match["suffix"]] - len(decimals)
    last = Fraction(10) ** power
    rounded = bool(decimals or match["suffix"] or match["power"])
    return int(match["whole"].replace("_", "") + decimals) * last, last / 2 if rounded else Fraction(0)


def _figure(costs: Costs, memory: Memory | None, name: str) -> int:
    if name in _EXPECTED:
        return quantity(costs, name)
    if name in OF_MEMORY and memory is None:
        raise ValueError(f"a budget bounds {name}, and what the network takes of memory is not given")
    count: int = getattr(memory, OF_MEMORY[name]) if name in OF_MEMORY else getattr(costs, name)
    return count


def _number(value: Fraction) -> str:
    return f"{value.numerator:_}" if value.denominator == 1 else f"{float(value):_g}"


def _share(share: Fraction) -> str:
    """A part of the limit in per cent with two digits, but never nothing; beyond that, how often it is in there."""
    hundredths = float(share * 100)
    if hundredths >= 1000:
        return f"{float(share):.3g} times the limit"
    if hundredths < 0.01:
        return "less than 0.01 %"
    return f"{hundredths:.2g} %" if hundredths < 10 else f"{hundredths:.0f} %"


def _short(text: str) -> str:
    return one_line(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")
