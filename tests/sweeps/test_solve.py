"""`solve`: the integer that comes closest, found as by trying all by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings, strategies as st

from resdsl.analysis.memory.totals import memory
from tests.sweeps import arithmetic
from tests.sweeps.reading import points_of, spec_of

FAMILY = """
network cifar(n = 3, w = 16, shortcut = A, classes = 10) {
  input 3x32x32
  conv 3x3, w; norm; act
  for s, width in [w, 2 * w, 4 * w] {
    stage "layer{s + 1}": basic(width) x n, /(if s == 0 then 1 else 2)
  }
  avgpool global
  fc classes
}
"""
QUANTITIES: dict[str, Callable[[arithmetic.Count], int]] = {
    "params": lambda count: count.params,
    "macs": lambda count: count.macs,
    "flops": lambda count: 2 * count.macs,
    "depth": lambda count: count.depth,
    "activations": lambda count: count.activations,
}


@settings(max_examples=60)
@given(
    n=st.integers(1, 9),
    shortcut=st.sampled_from("ABC"),
    solved=st.sampled_from(["w", "n"]),
    first=st.integers(1, 24),
    length=st.integers(1, 24),
    step=st.integers(1, 5),
    down=st.booleans(),
    quantity=st.sampled_from(list(QUANTITIES)),
    at=st.floats(0, 1.2),
)
def test_it_is_what_exhaustive_search_finds(
    n: int, shortcut: str, solved: str, first: int, length: int, step: int, down: bool, quantity: str, at: float
) -> None:
    candidates = [first + step * index for index in range(length)]
    figures = {
        value: QUANTITIES[quantity](
            arithmetic.cifar(n, value, shortcut) if solved == "w" else arithmetic.cifar(value, 16, shortcut)
        )
        for value in candidates
    }
    target = int(at * max(figures.values()))
    expected = min(candidates, key=lambda value: (abs(figures[value] - target), value))
    other = f"n = [{n}]" if solved == "w" else "w = [16]"
    listed = candidates[::-1] if down else candidates
    lines = f"over {other}, shortcut = [{shortcut}]; solve {solved} in {listed} for {quantity} = {target}"
    (point,) = points_of(f"network cifar; {lines}", FAMILY)
    assert point.value(solved) == expected


def test_of_two_that_are_equally_near_it_is_the_smaller() -> None:
    (point,) = points_of("network cifar; solve n in [4, 3, 2, 1] for depth = 17")
    assert point.texts == {"n": "2"}
    assert point.costs.depth == 14


@settings(max_examples=40)
@given(
    n=st.integers(1, 9),
    first=st.integers(1, 24),
    length=st.integers(1, 24),
    relation=st.sampled_from(["<=", ">="]),
    quantity=st.sampled_from(["params", "macs", "depth"]),
    at=st.floats(0, 1.2),
)
def test_a_bound_is_met_as_closely_as_exhaustive_search_meets_it(
    n: int, first: int, length: int, relation: str, quantity: str, at: float
) -> None:
    candidates = range(first, first + length)
    figures = {value: QUANTITIES[quantity](arithmetic.cifar(n, value)) for value in candidates}
    target = int(at * max(figures.values()))
    if relation == "<=":
        expected = max((v for v in candidates if figures[v] <= target), key=lambda v: (figures[v], v), default=None)
    else:
        expected = min((v for v in candidates if figures[v] >= target), key=lambda v: (figures[v], v), default=None)
    lines = f"over n = [{n}]; solve w in {first}..{first + length} for {quantity} {relation} {target}"
    found = [point.value("w") for point in points_of(f"network cifar; {lines}", FAMILY)]
    assert found == ([] if expected is None else [expected])


def test_points_that_keep_leaves_out_behind_solve_are_counted() -> None:
    lines = "network cifar; over n = [1, 3, 5, 9]; keep macs <= 40M"
    near = spec_of(FAMILY + f"sweep s {{ {lines}; solve w in 4..97 for macs = 40M }}").sweep("s")
    assert len(list(near.points())) == 3
    (warning,) = near.warnings
    assert (warning.code, warning.headline[:15]) == ("RES916", "1 point is left")
    bounded = spec_of(FAMILY + f"sweep s {{ {lines}; solve w in 4..97 for macs <= 40M }}").sweep("s")
    assert len(list(bounded.points())) == 4
    assert bounded.warnings == []


def test_a_range_leaves_its_end_out() -> None:
    (point,) = points_of("network cifar; solve n in 1..4 for depth = 1000")
    assert point.value("n") == 3


def test_target_and_candidates_may_speak_of_the_point() -> None:
    found = points_of(
        "network cifar; over n = [3, 9]; solve k in 1..n for params = n * 1M",
    )
    assert [point.value("k") for point in found] == [2, 3 if arithmetic.cifar(9, 48).params < 10e6 else 2]


def test_a_cost_that_falls_as_the_value_grows_is_solved_too() -> None:
    text = FAMILY.replace("conv 3x3, w; norm; act", "conv 3x3, w, /stem; norm; act").replace(
        "w = 16,", "w = 16, stem = 1,"
    )
    (point,) = points_of("network cifar; solve stem in 1..9 for macs = 10M", text)
    assert point.value("stem") == 2


def test_what_is_out_of_reach_is_left_out_and_told() -> None:
    sweep = spec_of(FAMILY + "sweep s { network cifar; over n = [1, 40]; solve w in 8..33 for macs = 50M within 10% }")
    solved = sweep.sweep("s")
    assert [point.value("n") for point in solved.points()] == [1]
    (warning,) = solved.warnings
    assert warning.code == "RES908"
    assert "n = 40, w = 8" in str(warning.found)


@pytest.mark.parametrize(("candidates", "width"), [("8..13", 12), ("[33, 31, 29]", 29)])
def test_a_range_that_ends_before_its_target_is_told(candidates: str, width: int) -> None:
    swept = spec_of(FAMILY + f"sweep s {{ network cifar; over n = [1, 3, 5]; solve w in {candidates} for macs = 41M }}")
    family = swept.sweep("s")
    assert [point.value("w") for point in family.points()] == [width] * 3
    (warning,) = family.warnings
    assert (warning.code, warning.expected) == ("RES915", "macs = 41M")
    missed = []
    for n in (1, 3, 5):
        macs = arithmetic.cifar(n, width).macs
        if abs(macs / 41e6 - 1) > 0.1:
            missed.append(f"{macs:_} at n = {n}, w = {width} ({100 * (macs / 41e6 - 1):+.1f} %)")
    assert warning.found == "; ".join(missed)


@pytest.mark.parametrize(
    ("goal", "width"), [("macs <= 90k", 4), ("macs = 74k", 4), ("macs >= 65k", 5), ("macs = 76k", 4)]
)
def test_the_first_of_a_range_on_both_sides_of_its_target_is_not_told(goal: str, width: int) -> None:
    pair = "network s(w = 8) { input 3x16x16; conv 3x3, w; conv 3x3, w }\n"
    costs = {w: 16 * 16 * 9 * (3 * w + w * w) for w in range(4, 9)}
    assert (costs[4], costs[5]) == (64_512, 92_160)
    swept = spec_of(pair + f"sweep a {{ network s; solve w in 4..9 for {goal} }}").sweep("a")
    assert [point.value("w") for point in swept.points()] == [width]
    assert swept.warnings == []


@pytest.mark.parametrize(("goal", "width"), [("macs <= 1M", 8), ("macs = 250k", 8), ("macs = 50k", 4)])
def test_the_end_of_a_range_on_one_side_of_its_target_is_told(goal: str, width: int) -> None:
    pair = "network s(w = 8) { input 3x16x16; conv 3x3, w; conv 3x3, w }\n"
    swept = spec_of(pair + f"sweep a {{ network s; solve w in 4..9 for {goal} }}").sweep("a")
    assert [point.value("w") for point in swept.points()] == [width]
    assert [warning.code for warning in swept.warnings] == ["RES915"]


def test_what_is_many_times_the_target_is_told_so() -> None:
    swept = spec_of(FAMILY + "sweep s { network cifar; solve w in 16..33 for macs = 1M }").sweep("s")
    list(swept.points())
    assert str(swept.warnings[0].found).endswith(f"w = 16 ({arithmetic.cifar(3).macs / 1e6:.3g} times the target)")


@pytest.mark.parametrize(
    "lines",
    [
        "solve w in 8..33 for macs = 41M",
        "solve w in 16..33 for macs = 41M",
        "solve w in 32..33 for macs = 41M",
        "solve n in 1..4 for depth = 15",
        "over n = [3, 5]; solve w in 8..12 for macs = 41M; keep w > 30",
    ],
)
def test_what_is_near_or_free_or_left_out_is_not_told(lines: str) -> None:
    swept = spec_of(FAMILY + f"sweep s {{ network cifar; {lines} }}").sweep("s")
    list(swept.points())
    assert "RES915" not in [warning.code for warning in swept.warnings]


@pytest.mark.parametrize(("within", "kept"), [("within 0.6M", 1), ("within 0.4M", 0), ("", 1)])
def test_a_tolerance_is_a_number_or_per_cent(within: str, kept: int) -> None:
    figure = arithmetic.cifar(3).macs
    assert abs(figure - 41e6) == pytest.approx(0.449e6, rel=0.01)
    assert len(points_of(f"network cifar; solve k in 1..2 for macs = 41M {within}")) == kept


def test_memory_can_be_solved_for() -> None:
    (point,) = points_of("network cifar; solve n in 1..9 for memory = 6M")
    sweep = spec_of(FAMILY + "sweep s { network cifar; over n = 1..9 }").sweep("s")
    sizes = {each.value("n"): memory(network).training for each, network in sweep.built()}
    assert point.value("n") == min(sizes, key=lambda n: abs(sizes[n] - 6_000_000))
