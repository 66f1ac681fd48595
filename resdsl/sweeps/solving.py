"""Solves a parameter of a point for a cost: the integer whose network comes closest to a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate import errors
from resdsl.elaborate.dispatch import evaluate
from resdsl.elaborate.scope import Scope
from resdsl.elaborate.values import Value, describe
from resdsl.sweeps.plan import MOST_CANDIDATES
from resdsl.sweeps.point import point_text
from resdsl.syntax import tree

_FAR = Fraction(1, 10)
"""The relative miss of the target above which a `solve` without a tolerance gives a warning."""


class Solution(NamedTuple):
    """What a `solve` found at a point.

    Attributes:
        value: the integer that comes closest.
        here: its cost and the point, for messages.
        fits: whether it is within the bound and the tolerance.
        distance: how far its cost is from the target, if that is far, there is no tolerance, all candidates miss the
            target on the same side, and the integer is the smallest or the largest of them; None otherwise.
    """

    value: int
    here: str
    fits: bool
    distance: str | None = None


def solution(solve: tree.Solve, values: Mapping[str, Value], scope: Scope, cost: Callable[[int], int]) -> Solution:
    """The integer whose cost is closest to the target.

    Of two equally close integers, the smaller wins. If the target bounds the cost, only integers within the bound
    count, and for an upper bound the larger of two wins. Every candidate is tried, since costs need not grow with a
    parameter.

    Args:
        solve: the line.
        values: the other parameters of the point.
        scope: the names that the line may use.
        cost: the cost of the network with an integer.

    Raises:
        ProblemFound: the candidates are not integers, or the target is not a number.
        SpecError: a candidate does not make a network.
    """
    candidates = _candidates(solve, scope)
    goal = evaluate(solve.target, scope)
    if isinstance(goal, bool) or not isinstance(goal, int | float):
        raise scope.refuse(errors.values.WrongType(found_value=describe(goal), wanted="a number"), solve.target.span)
    target = Fraction(goal)
    tried: list[_Tried] = []
    for candidate in candidates:
        try:
            actual = cost(candidate)
        except SpecError as error:
            raise SpecError([_with_candidate(error.problems[0], solve, values, candidate)]) from None
        rank = -candidate if solve.relation == "<=" else candidate
        tried.append(_Tried(abs(actual - target), rank, candidate, actual))
    best = min((each for each in tried if _is_within(each.cost, solve.relation, target)), default=None)
    away, _, candidate, actual = best or min(tried)
    here = f"{actual:_} at {point_text({**values, solve.name.text: candidate}.items())}"
    if best is None or (solve.within is not None and away > _tolerance(solve.within, target)):
        return Solution(candidate, here, fits=False)
    is_far = solve.within is None and away > abs(target) * _FAR and _ends_before(tried, best, target)
    return Solution(candidate, here, fits=True, distance=_distance(actual, target) if is_far else None)


def _candidates(solve: tree.Solve, scope: Scope) -> tuple[int, ...]:
    value = evaluate(solve.candidates, scope)
    found = tuple(item for item in value if type(item) is int) if isinstance(value, tuple) else ()
    if not isinstance(value, tuple) or len(found) != len(value):
        wanted = "a range or a list of integers"
        raise scope.refuse(errors.values.WrongType(found_value=describe(value), wanted=wanted), solve.candidates.span)
    if not found:
        raise scope.refuse(errors.sweeps.NoValues(name=solve.name.text), solve.candidates.span)
    if len(found) > MOST_CANDIDATES:
        problem = errors.files.LimitReached(what="values to be tried at each point", limit=MOST_CANDIDATES)
        raise scope.refuse(problem, solve.candidates.span)
    return found


class _Tried(NamedTuple):
    """A value tried by `solve`; better values sort first."""

    away: Fraction
    rank: int
    value: int
    cost: int


def _ends_before(tried: Sequence[_Tried], best: _Tried, target: Fraction) -> bool:
    """Whether several values were tried that end before the target: none reaches it, and the best is at an end."""
    ends = min(each.value for each in tried), max(each.value for each in tried)
    is_short = all(each.cost < target for each in tried) or all(each.cost > target for each in tried)
    return is_short and ends[0] != ends[1] and best.value in ends


def _is_within(cost: int, relation: str, target: Fraction) -> bool:
    return relation == "=" or (cost <= target if relation == "<=" else cost >= target)


def _tolerance(within: tree.Within, target: Fraction) -> Fraction:
    number = Fraction(within.number.value)
    return abs(target) * number / 100 if within.percent else number


def _distance(actual: int, target: Fraction) -> str:
    """By how much a cost misses its target, as a percentage or, if it is large, as a factor."""
    if target <= 0:
        return ""
    factor = float(actual / target)
    return f" ({factor:.3g} times the target)" if factor >= 10 else f" ({100 * (factor - 1):+.1f} %)"


def _with_candidate(reason: Problem, solve: tree.Solve, values: Mapping[str, Value], candidate: int) -> Problem:
    name = solve.name.text
    point = point_text({**values, name: candidate}.items())
    return errors.sweeps.PointFails(
        span=solve.candidates.span, chain=reason.chain, point=point, axis=name, reason=reason, tried=True
    )
