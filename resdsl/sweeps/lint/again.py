"""Rebuilds points of a sweep with some parameters changed, for the lint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from resdsl.diagnostics.problem import ProblemFound
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate.sweep_names import NETWORK
from resdsl.ir.network import Network
from resdsl.sweeps.lint.findings import Again
from resdsl.sweeps.point import Point
from resdsl.sweeps.sweep import Sweep


def rebuilding(sweep: Sweep, points: Sequence[Point]) -> Again:
    """A function that rebuilds points of the sweep by name."""
    by_name = {point.name: point for point in points}

    def again(name: str, changes: Mapping[str, int | None]) -> Network | None:
        if NETWORK in changes:
            return None
        point = by_name[name]
        kept = [(parameter, value) for parameter, value in point.parameters if parameter not in changes]
        given = [(parameter, value) for parameter, value in changes.items() if value is not None]
        fixed = {parameter: value for parameter, value in sweep.plan.fixed.items() if parameter not in changes}
        other = replace(sweep, plan=replace(sweep.plan, fixed=fixed))
        try:
            return other.network(replace(point, parameters=(*kept, *given)))
        except (SpecError, ProblemFound):
            return None

    return again
