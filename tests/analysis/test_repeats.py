"""Some of equal repeats: what they cost and keep, held against the rows of each repeat by itself."""

from __future__ import annotations

import pytest

import resdsl
from resdsl.analysis.memory.saved import Saved, sum_of
from resdsl.analysis.rows.repeats import repeats_of
from resdsl.analysis.rows.tree import Row, rows
from resdsl.ir.network import Network
from tests.ir.networks import Graph, basic

PREACT = "network a(shortcut = B) { input 8x8x8; stage s: preact_basic(8) x 5; fc 10 }"


def folded_and_each(network: Network) -> tuple[Row, list[Row]]:
    """The last row of the first stage, and its repeats one by one."""
    (one,) = (part for part in rows(network).parts if part.kind == "stage")
    (all_of_it,) = (part for part in rows(network, expand=True).parts if part.kind == "stage")
    return one.parts[-1], list(all_of_it.parts[-one.parts[-1].repeats :])


@pytest.mark.parametrize("text", [PREACT, PREACT.replace("preact_basic", "basic")])
def test_some_repeats_are_what_they_are_one_by_one(text: str) -> None:
    folded, each = folded_and_each(resdsl.loads(text).ir)
    assert len(each) == folded.repeats == 5
    for skipped in range(5):
        for count in range(1, 6 - skipped):
            some, alone = repeats_of(folded, skipped, count), each[skipped : skipped + count]
            assert (some.path, some.repeats, some.times) == (alone[0].path, count, count)
            assert_is_sum(some, alone)


def assert_is_sum(some: Row, alone: list[Row]) -> None:
    """At every level: what the repeats cost and keep."""
    assert some.costs == sum((row.costs for row in alone[1:]), alone[0].costs)
    assert some.saved == sum_of((row.saved, 1) for row in alone)
    assert sum(times for _, times in some.kept) == some.repeats
    for position, part in enumerate(some.parts):
        assert_is_sum(part, [row.parts[position] for row in alone])


def test_the_first_repeat_keeps_what_flows_in() -> None:
    folded, _ = folded_and_each(entered_unkept())
    first, second = (repeats_of(folded, skipped, 1).saved.values for skipped in (0, 1))
    assert folded.saved == Saved(first + 4 * second, 0, folded.saved.statistics)
    assert first != second


def entered_unkept() -> Network:
    """A stage whose first block is entered with a map that is kept before it, and its repeats with one that is not."""
    graph = Graph(input=(4, 6, 6))
    graph.layer("conv", name="conv", kernel=3, out=4)
    graph.layer("relu", name="relu")
    inner = Graph(input=(4, 6, 6))
    inner.layer("conv", name="conv", kernel=3, out=4)
    graph.stage((inner.body("plain"), 5), name="stage")
    return graph.network("entered")


def test_repeats_within_repeats_are_those_of_every_outer_one() -> None:
    outer = Graph(input=(4, 6, 6))
    outer.stage((basic((4, 6, 6), 4), 4), name="deep")
    graph = Graph(input=(4, 6, 6))
    graph.layer("conv", name="conv", kernel=3, out=4)
    graph.stage((outer.body("outer"), 3), name="stage")
    network = graph.network("deep")
    (stage,) = (part for part in rows(network).parts if part.kind == "stage")
    (unfolded,) = (part for part in rows(network, expand=True).parts if part.kind == "stage")
    block = stage.parts[0]
    (deep,) = block.parts
    inner = deep.parts[0]
    within = [times for _, times in deep.kept]
    assert sum(within) == 3
    for skipped in range(4):
        for count in range(1, 5 - skipped):
            some = repeats_of(inner, skipped, count, within)
            alone = [each for one in unfolded.parts for each in one.parts[0].parts[skipped : skipped + count]]
            assert (some.path, some.repeats, some.times) == (f"stage.0.deep.{skipped}", 3 * count, count)
            assert_is_sum(some, alone)


@pytest.mark.parametrize(("skipped", "count"), [(-1, 1), (0, 0), (0, 6), (5, 1)])
def test_more_repeats_than_there_are_are_none(skipped: int, count: int) -> None:
    folded, _ = folded_and_each(resdsl.loads(PREACT).ir)
    with pytest.raises(ValueError, match="cannot take repeats"):
        repeats_of(folded, skipped, count)
