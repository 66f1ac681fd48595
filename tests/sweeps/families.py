"""Sweeps of all kinds, and all that is found in them, whoever costs their points."""

from __future__ import annotations

from collections.abc import Callable

from resdsl.compiler import read_spec
from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.spec_error import SpecError
from resdsl.source import Source
from resdsl.sweeps.lint.of_sweep import findings_of
from resdsl.sweeps.lint.sample import LintSample
from resdsl.sweeps.point import Point
from resdsl.sweeps.sweep import Cost, Sweep

TEXT = """
network net(n = 1, width = 4, shortcut = A, block = basic) {{
  require n < 20
  input 3x8x8
  conv 3x3, width; norm; act
  stage layer1: block(width) x n
  avgpool global
  fc 3
}}
sweep family {{ network net
{} }}
"""
FAMILIES = {
    "a product": "over n = 1..10, shortcut = [A, B, none], block = [basic, bottleneck]",
    "few left": "over n = 1..10, shortcut = [A, B, none]\nkeep params > 2k and depth != 9",
    "solved": "over n = 1..10\nsolve width in 2..9 for macs = 40k within 20%",
    "dropped": "over n = 1..10\nsolve width in 2..9 for macs = 40k\nkeep params > 1200",
    "in step": "together n = 1..10, width = 2..11",
    "none left": "over n = 1..10\nkeep params > 1G",
    "one that fails": "over n = 9..30, shortcut = [A, B]",
    "drawn": "over n = [1, 2]\ndraw width = 4..40 log\nwhen width % 3 > 0\nkeep params > 1k\nsample 6 seed 1",
    "drawn for each": "over n = [1, 9, 2]\ndraw width = 4..40 log\nkeep params < 30k\nsample 4 within 40",
    "few drawn for each": "over n = 1..8\ndraw width = 4..40\nsample 2 seed 1 within 5",
    "all drawn": "over n = [1, 2]\ndraw width = 4..7, block = [basic, bottleneck]\nsample 9 seed 1",
    "all drawn and solved": "draw n = 1..4\nsolve width in 2..9 for macs = 40k within 5%\nsample 9 seed 1",
    "equal names": 'over n = 1..10, shortcut = [A, B]\nname "net{n % 7}{shortcut}"',
}


def family(lines: str) -> Sweep:
    return read_spec(Source("net.res", TEXT.format(lines))).sweep("family", with_memory=True)


Costs = Callable[[Sweep, LintSample], Cost]
Found = tuple[list[Point], list[Problem], list[str], str]


def found(sweep: Sweep, costs: Costs | None = None) -> Found:
    """The points, the warnings, the findings of the lint, and the error if there is one."""
    sample = LintSample(sweep.axes, sweep.draws)
    points: list[Point] = []
    try:
        points.extend(sample.noting(sweep.found(costs(sweep, sample) if costs is not None else None)))
    except SpecError as error:
        return points, sweep.warnings, [], str(error)
    return points, sweep.warnings, [finding.text for finding in findings_of(sweep, sample.linted, sample.points)], ""


def expect_equal(there: Found, here: Found) -> None:
    """Two runs must have found the same."""
    assert [(point.index, point.name, point.plain) for point in there[0]] == [
        (point.index, point.name, point.plain) for point in here[0]
    ]
    assert [(point.network, point.costs, point.memory) for point in there[0]] == [
        (point.network, point.costs, point.memory) for point in here[0]
    ]
    assert [repr(problem) for problem in there[1]] == [repr(problem) for problem in here[1]]
    assert there[2:] == here[2:]
