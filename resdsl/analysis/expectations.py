"""Checks what a text states about its network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from resdsl.analysis.costs import Costs, network_costs
from resdsl.analysis.errors import ExpectationFailed
from resdsl.diagnostics.problem import Problem
from resdsl.ir.network import Expectation, Network
from resdsl.source import Span

Verdict = Literal["holds", "fails", "not checked"]


@dataclass(frozen=True, slots=True)
class Checked:
    """A statement and its result.

    Attributes:
        actual: the network's figure; None if it was not checked.
        reason: the reason why it was not checked, if it was not.
    """

    expectation: Expectation
    verdict: Verdict
    actual: int | None = None
    reason: str | None = None


def check_expectations(network: Network, costs: Costs | None = None) -> tuple[Checked, ...]:
    """Every statement of the text about this network, in order; the costs are counted unless they are given."""
    if not network.expectations:
        return ()
    costs = costs or network_costs(network)
    return tuple(_check(expectation, costs) for expectation in network.expectations)


def failure(check: Checked) -> ExpectationFailed | None:
    """The problem with a statement that is not met, or None; the caller adds its place."""
    if check.verdict != "fails" or check.actual is None:
        return None
    stated = check.expectation.text.removeprefix("expect ")
    return ExpectationFailed(quantity=check.expectation.quantity, stated=stated, actual=check.actual)


def failures(checks: Iterable[Checked], places: Iterable[Span]) -> list[Problem]:
    """The problems with all statements that are not met, each at its place in the text."""
    found = [(failure(check), place) for check, place in zip(checks, places, strict=True)]
    return [problem.at(place) for problem, place in found if problem]


def quantity(costs: Costs, name: str) -> int:
    """A figure by its name in the language; raises KeyError for an unknown name.

    `depth` counts weighted layers of the main path; `params` learned elements; `macs` multiply-adds of
    convolutions and linear layers; `flops` twice that; `activations` elements of convolutions' outputs.
    """
    match name:
        case "depth":
            return costs.depth
        case "params":
            return costs.params
        case "macs":
            return costs.work.macs
        case "flops":
            return 2 * costs.work.macs
        case "activations":
            return costs.activations
    raise KeyError(name)


def _check(expectation: Expectation, costs: Costs) -> Checked:
    if expectation.skipped is not None:
        return Checked(expectation, "not checked", reason=expectation.skipped)
    if expectation.quantity == "shape":
        return Checked(expectation, "holds")
    actual = quantity(costs, expectation.quantity)
    return Checked(expectation, "holds" if _holds(expectation, actual) else "fails", actual)


def _holds(expectation: Expectation, actual: int) -> bool:
    value = expectation.value
    assert not isinstance(value, tuple)
    match expectation.relation:
        case "=":
            return abs(actual - value) <= expectation.tolerance
        case "<":
            return actual < value
        case "<=":
            return actual <= value
        case ">":
            return actual > value
        case ">=":
            return actual >= value
