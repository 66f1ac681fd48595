"""Points costed in chunks by a pool: the same points, warnings and errors in the same order as in one process."""

from __future__ import annotations

import random
from collections.abc import Generator, Iterable

import pytest

from resdsl.compiler import read_spec
from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.spec_error import SpecError
from resdsl.source import Source
from resdsl.sweeps import chunks
from resdsl.sweeps.chunks import Chunk, InChunks
from resdsl.sweeps.lint.of_sweep import findings_of
from resdsl.sweeps.lint.sample import LintSample
from resdsl.sweeps.point import Point
from resdsl.sweeps.sweep import Sweep
from resdsl.sweeps.units.run import Pool
from resdsl.sweeps.units.unit import Outcome, SweepUnit, make
from resdsl.sweeps.units.workers import outcomes_of

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
    "equal names": 'over n = 1..10, shortcut = [A, B]\nname "net{n % 7}{shortcut}"',
}
SIZE = 7


def family(lines: str) -> Sweep:
    return read_spec(Source("net.res", TEXT.format(lines))).sweep("family", with_memory=True)


def in_order(units: Iterable[SweepUnit], _: int) -> Generator[Outcome, None, None]:
    yield from map(make, units)


def shuffled(units: Iterable[SweepUnit], _: int) -> Generator[Outcome, None, None]:
    """All outcomes that a pool may hold back, in any order."""
    outcomes = [make(unit) for unit in units]
    random.Random(1).shuffle(outcomes)
    yield from outcomes


def deadly(units: Iterable[SweepUnit], jobs: int) -> Generator[Outcome, None, None]:
    """One of the first chunks kills its process each time, which is known last."""
    lost = []
    for number, unit in enumerate(units):
        if number == 1:
            lost.append(unit)
        else:
            yield make(unit)
    yield from [Outcome(unit.name, "failed", "its process was killed") for unit in lost]


Found = tuple[list[Point], list[Problem], list[str], str]


def found(sweep: Sweep, pool: Pool | None) -> Found:
    """The points, the warnings, the findings of the lint, and the error if there is one."""
    sample = LintSample(sweep.axes)
    cost = InChunks(sweep, pool, 2, lambda: sample.grid) if pool is not None else None
    points: list[Point] = []
    try:
        points.extend(sample.noting(sweep.found(cost)))
    except SpecError as error:
        return points, sweep.warnings, [], str(error)
    return points, sweep.warnings, [finding.text for finding in findings_of(sweep, sample.linted, sample.points)], ""


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "_SIZE", SIZE)
    monkeypatch.setattr(chunks, "_AHEAD", 2)


@pytest.mark.parametrize("pool", [in_order, shuffled, deadly])
@pytest.mark.parametrize("lines", FAMILIES.values(), ids=FAMILIES)
def test_chunks_give_what_one_process_gives(lines: str, pool: Pool) -> None:
    sweep = family(lines)
    here, there = found(sweep, None), found(family(lines), pool)
    assert [point.name for point in there[0]] == [point.name for point in here[0]]
    assert [point.plain for point in there[0]] == [point.plain for point in here[0]]
    assert [(point.index, point.costs, point.memory) for point in there[0]] == [
        (point.index, point.costs, point.memory) for point in here[0]
    ]
    assert [repr(problem) for problem in there[1]] == [repr(problem) for problem in here[1]]
    assert there[2:] == here[2:]


def test_values_of_points_are_those_of_the_axes() -> None:
    sweep = family(FAMILIES["a product"])
    points, *_ = found(sweep, in_order)
    assert [sweep.network(point) for point in points] == [network for _, network in sweep.built()]


def test_no_more_is_handed_out_than_may_be_held_back() -> None:
    handed: list[list[int]] = []

    def pool(units: Iterable[SweepUnit], jobs: int) -> Generator[Outcome, None, None]:
        taken = list(units)
        handed.append([unit.indices.start // SIZE for unit in taken if isinstance(unit, Chunk)])
        yield from map(make, taken)

    found(family(FAMILIES["a product"]), pool)
    assert handed == [[0, 1, 2, 3], [4, 5, 6, 7]], "four at a time, two for each of two jobs"


def test_two_processes_give_what_one_gives() -> None:
    here, there = (found(family(FAMILIES["a product"]), pool) for pool in (None, outcomes_of))
    assert [point.plain for point in there[0]] == [point.plain for point in here[0]]
    assert there[2] == here[2]


def test_only_what_is_linted_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resdsl.sweeps.lint.sample.MOST_LINTED", 6)
    sweep = family(FAMILIES["a product"])
    here, there = found(sweep, None), found(family(FAMILIES["a product"]), in_order)
    assert there[2] == here[2]
