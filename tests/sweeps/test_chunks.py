"""Points costed in chunks by a pool: the same points, warnings and errors in the same order as in one process."""

from __future__ import annotations

import random
from collections.abc import Generator, Iterable

import pytest

from resdsl.sweeps import chunks
from resdsl.sweeps.chunks import Chunk, InChunks
from resdsl.sweeps.units.run import Pool
from resdsl.sweeps.units.unit import Outcome, SweepUnit, make
from resdsl.sweeps.units.workers import outcomes_of
from tests.sweeps.families import FAMILIES, Costs, expect_equal, family, found

SIZE = 7


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


def in_chunks(pool: Pool) -> Costs:
    return lambda sweep, sample: InChunks(sweep, pool, 2, lambda: sample.grid)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "_SIZE", SIZE)
    monkeypatch.setattr(chunks, "_AHEAD", 2)


@pytest.mark.parametrize("pool", [in_order, shuffled, deadly])
@pytest.mark.parametrize("lines", FAMILIES.values(), ids=FAMILIES)
def test_chunks_give_what_one_process_gives(lines: str, pool: Pool) -> None:
    expect_equal(found(family(lines), in_chunks(pool)), found(family(lines)))


def test_values_of_points_are_those_of_the_axes() -> None:
    sweep = family(FAMILIES["a product"])
    points, *_ = found(sweep, in_chunks(in_order))
    assert [sweep.network(point) for point in points] == [network for _, network in sweep.built()]


def test_no_more_is_handed_out_than_may_be_held_back() -> None:
    handed: list[list[int]] = []

    def pool(units: Iterable[SweepUnit], jobs: int) -> Generator[Outcome, None, None]:
        taken = list(units)
        handed.append([unit.indices.start // SIZE for unit in taken if isinstance(unit, Chunk)])
        yield from map(make, taken)

    found(family(FAMILIES["a product"]), in_chunks(pool))
    assert handed == [[0, 1, 2, 3], [4, 5, 6, 7]], "four at a time, two for each of two jobs"


@pytest.mark.parametrize("lines", ["drawn for each", "few drawn for each", "drawn"])
@pytest.mark.parametrize("jobs", [2, 5])
def test_one_pool_costs_all_samples_of_a_sweep(monkeypatch: pytest.MonkeyPatch, lines: str, jobs: int) -> None:
    monkeypatch.setattr(chunks, "_AHEAD", 16)
    pools: list[int] = []
    handed: list[range] = []

    def pool(units: Iterable[SweepUnit], jobs: int) -> Generator[Outcome, None, None]:
        pools.append(jobs)
        for unit in units:
            assert isinstance(unit, Chunk)
            handed.append(unit.indices)
            yield make(unit)

    costs = found(family(FAMILIES[lines]), lambda sweep, sample: InChunks(sweep, pool, jobs, lambda: sample.grid))
    assert pools == [jobs]
    assert [part.start for part in handed] == sorted({part.start for part in handed})
    expect_equal(costs, found(family(FAMILIES[lines])))


def test_a_sample_that_ends_early_passes_over_the_rest_of_its_draws() -> None:
    handed: list[int] = []

    def pool(units: Iterable[SweepUnit], _: int) -> Generator[Outcome, None, None]:
        for unit in units:
            assert isinstance(unit, Chunk)
            handed.append(unit.indices.start)
            yield make(unit)

    sweep = family("over n = [1, 2, 3]\ndraw width = 4..40\nsample 2 seed 1")
    assert len(found(sweep, in_chunks(pool))[0]) == 6
    assert handed == [0, sweep.draws, 2 * sweep.draws]


def test_two_processes_give_what_one_gives() -> None:
    for lines in ("solved", "drawn for each"):
        expect_equal(found(family(FAMILIES[lines]), in_chunks(outcomes_of)), found(family(FAMILIES[lines])))


def test_only_what_is_linted_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resdsl.sweeps.lint.sample.MOST_LINTED", 6)
    here, there = found(family(FAMILIES["a product"])), found(family(FAMILIES["a product"]), in_chunks(in_order))
    expect_equal(there, here)
