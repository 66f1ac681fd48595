"""A sample ends once all combinations of the drawn values have come up: no later draw would be another network."""

from __future__ import annotations

from itertools import count
from math import comb
from pathlib import Path

import pytest

from resdsl.sweeps import exhaustion
from resdsl.sweeps.chances import AxisDraws, Chances, SortedLists
from resdsl.sweeps.chunks import InChunks
from resdsl.sweeps.lint.sample import LintSample
from resdsl.sweeps.parts import FromParts, part_lines, part_path, part_paths
from resdsl.sweeps.sweep import Sweep
from resdsl.sweeps.units.shards import Shard
from tests.sweeps.reading import spec_of
from tests.sweeps.test_chunks import in_order

TEXT = """
network small(w = 8, n = 1, act = relu) {
  input 3x8x8
  conv 3x3, w; norm; act
  stage s: basic(w) x n
}
sweep drawn { network small
"""
FOUR = "draw act = [relu, gelu], w = 4..6; sample 9"


def drawn(lines: str) -> Sweep:
    return spec_of(f"{TEXT}{lines} }}").sweep("drawn")


def draws_until_all(sweep: Sweep, combinations: int) -> int:
    """How many draws it takes until so many different values have come up."""
    sampling = sweep.plan.sampling
    assert sampling is not None
    met: set[str] = set()
    for draw in count():
        met.add(repr(sampling.values(draw)))
        if len(met) == combinations:
            return draw + 1
    raise AssertionError


def test_it_ends_with_the_last_combination() -> None:
    sweep = drawn(FOUR)
    points = list(sweep.points())
    draws = draws_until_all(drawn(FOUR), 4)
    found = sorted((point.texts["act"], point.texts["w"]) for point in points)
    assert found == [("gelu", "4"), ("gelu", "5"), ("relu", "4"), ("relu", "5")]
    again = f": {draws - 4} were drawn before"
    assert sweep.acceptance == f"4 of {draws} draws ({4 / draws:.3%}), among them all 4 combinations{again}"
    (warning,) = sweep.warnings
    assert warning.headline == f"only 4 points were found in {draws} draws, not 9"
    assert str(warning.hint).startswith("all 4 combinations were drawn: ")


def test_a_sample_that_is_complete_before_says_nothing_of_combinations() -> None:
    sweep = drawn(FOUR.replace("sample 9", "sample 2"))
    assert len(list(sweep.points())) == 2
    assert "combinations" not in str(sweep.acceptance)


@pytest.mark.parametrize("most", ["within 20", "within 60"])
def test_the_points_are_those_of_all_draws(most: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = f"over n = [1, 2]; draw act = [relu, gelu], w = 4..6; sample 9 seed 3 {most}"
    ended = [(point.index, point.name) for point in drawn(lines).points()]
    monkeypatch.setattr(exhaustion, "MOST_COUNTED", 3)
    sweep = drawn(lines)
    assert [(point.index, point.name) for point in sweep.points()] == ended
    assert str(sweep.acceptance).startswith(f"8 of {2 * int(most.split()[1])} draws")


def test_each_point_of_over_ends_with_the_same_draw() -> None:
    sweep = drawn(f"over n = [1, 2, 3]; {FOUR}")
    assert len(list(sweep.points())) == 12
    assert str(sweep.acceptance).startswith(f"12 of {3 * draws_until_all(sweep, 4)} draws")


def test_processes_and_parts_end_with_the_same_draw(tmp_path: Path) -> None:
    alone = drawn(FOUR)
    expected = [point.name for point in alone.points()]
    chunked = drawn(FOUR)
    in_chunks = InChunks(chunked, in_order, 2, lambda: LintSample(chunked.axes, chunked.draws).grid)
    assert [costed.point.name for costed in chunked.found(in_chunks) if costed.point] == expected
    for number in (1, 2, 3):
        part = part_path(tmp_path / "points", Shard(number, 3))
        part.write_text("".join(part_lines(drawn(FOUR), Shard(number, 3))), encoding="utf-8")
    joined = drawn(FOUR)
    from_parts = FromParts(joined, part_paths(tmp_path / "points"))
    assert [costed.point.name for costed in joined.found(from_parts) if costed.point] == expected
    assert chunked.acceptance == joined.acceptance == alone.acceptance


def test_a_part_ends_with_the_draw_too() -> None:
    draws = draws_until_all(drawn(FOUR), 4)
    sweep = drawn(FOUR)
    taken = [0]

    def watch(_: object) -> None:
        taken[0] += 1

    list(part_lines(sweep, Shard(1, 2), watch=watch))
    assert taken[0] <= draws // 2 + 1


def test_what_solve_leaves_out_is_listed_once() -> None:
    sweep = drawn("draw act = [relu, gelu, tanh]; solve w in 4..9 for macs = 10M within 5%; sample 3 seed 5")
    assert list(sweep.points()) == []
    missed = next(each for each in sweep.warnings if each.code == "RES908")
    listed = str(missed.found).split("; ")
    assert draws_until_all(sweep, 3) > 3
    assert len(listed) == len(set(listed)) == 3
    assert "3 points" in missed.headline


def test_what_keep_leaves_out_behind_solve_is_counted_once() -> None:
    sweep = drawn("draw n = 1..4; solve w in 4..9 for macs = 200k; keep w < 1; sample 3 seed 5")
    assert list(sweep.points()) == []
    assert draws_until_all(sweep, 3) > 3
    dropped = next(each for each in sweep.warnings if each.code == "RES916")
    assert dropped.headline.startswith("3 points are left out")


# ------------------------------------------------------------------------------------------- counts


def test_equal_values_are_one_outcome_and_those_that_read_differently_are_not() -> None:
    chances = Chances((8, 16, 8, 8.0, True, 1), range(7))
    assert chances.size == 5
    assert [chances.outcome(number) for number in range(6)] == [0, 1, 0, 3, 4, 5]


def test_what_is_never_drawn_is_not_waited_for() -> None:
    assert Chances((1, 2, 3), (0, 4, 4, 9)).size == 2


@pytest.mark.parametrize(("values", "length"), [((1, 2, 3), 2), ((1, 2, 2, 3), 3), ((4,), 5)])
def test_sorted_lists_are_counted_as_multisets(values: tuple[int, ...], length: int) -> None:
    lists = SortedLists(Chances(values, range(len(values) + 1)), length)
    found = {(lists.outcome(number), lists.value(number)) for number in range(lists.total)}
    assert len(found) == lists.size == comb(len(set(values)) + length - 1, length)


def test_a_list_has_the_outcomes_of_all_its_items() -> None:
    axis = AxisDraws("d", Chances((1, 2, 1), range(4)), 3)
    assert axis.size == 8
    assert len({axis.outcome(1, draw) for draw in range(500)}) == 8


def test_a_large_product_is_not_counted() -> None:
    sampling = drawn("draw w = 4..1_000_004, n = 1000 of 1..1_000_000_000; sample 1").plan.sampling
    assert sampling is not None
    assert not exhaustion.Exhaustion(sampling).is_over(10**9)
