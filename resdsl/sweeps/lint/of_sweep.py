"""The lint of a sweep as the language has it."""

from __future__ import annotations

from collections.abc import Sequence

from resdsl.diagnostics.problem import Problem
from resdsl.elaborate.sweeps import axes_of
from resdsl.source import Span
from resdsl.sweeps.lint.again import rebuilding
from resdsl.sweeps.lint.findings import Finding, LintedPoint
from resdsl.sweeps.lint.lint import lint
from resdsl.sweeps.plan import Axis
from resdsl.sweeps.point import Point
from resdsl.sweeps.sweep import Sweep


def findings_of(sweep: Sweep, linted: Sequence[LintedPoint], points: Sequence[Point]) -> tuple[Finding, ...]:
    """The findings of the lint.

    Args:
        sweep: the sweep.
        linted: its points as the lint sees them.
        points: the same points.
    """
    solved = sweep.plan.solve.name.text if sweep.plan.solve is not None else None
    axes = [axis.names for axis in sweep.axes]
    thinned = [" and ".join(axis.names) for axis in sweep.axes if _values(axis, points) < len(axis.rows)]
    again = rebuilding(sweep, points)
    return lint(
        linted,
        axes,
        fixed=tuple(sweep.plan.fixed),
        solved=solved,
        again=again,
        thinned=thinned,
        drawn=sweep.plan.sampling is not None,
    )


def _values(axis: Axis, points: Sequence[Point]) -> int:
    """The number of remaining values of an axis."""
    return len({tuple([point.texts[name] for name in axis.names]) for point in points})


def problems_of(sweep: Sweep, findings: Sequence[Finding]) -> list[Problem]:
    """Findings as warnings, with their places in the lines of the sweep."""
    return [finding.problem(_place(sweep, finding)) for finding in findings]


def _place(sweep: Sweep, finding: Finding) -> Span | None:
    """The position of a finding: an axis, or the sweep as a whole."""
    spans = {axis.name.text: axis.span for axis in axes_of(sweep.plan.node)}
    spans |= {" and ".join(axis.names): axis.span for axis in sweep.axes}
    if finding.axis in spans:
        return spans[finding.axis]
    override = sweep.plan.fixed.get(finding.axis or "")
    return override.span if override is not None else sweep.plan.place
