"""Drawn axes: the same draws everywhere, with the chances that the manual states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from dataclasses import replace
from fractions import Fraction
from math import comb, log, prod
from typing import Any

import pytest
from hypothesis import given, strategies as st

import resdsl
from resdsl.diagnostics.problem import ProblemFound
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate.building import Building
from resdsl.elaborate.expressions import truth
from resdsl.elaborate.graph import GraphBuilder
from resdsl.elaborate.scope import Scope, Settings
from resdsl.elaborate.session import Session
from resdsl.elaborate.values import Value
from resdsl.source import Source
from resdsl.sweeps.chances import AxisDraws, Chances, SortedLists, log_bounds
from resdsl.sweeps.costing import Costed
from resdsl.sweeps.lint.of_sweep import findings_of
from resdsl.sweeps.lint.sample import LintSample
from resdsl.sweeps.quick_conditions import QuickCondition
from resdsl.sweeps.request import Request, axis_of, sample_line
from resdsl.sweeps.sweep import Sweep
from resdsl.syntax import tree
from resdsl.syntax.parser import parse_expression
from tests.sweeps.reading import spec_of

SPACE = """
network space(d = [1, 1], w = [8, 16], g = 1, shortcut = B) {
  input 3x16x16
  conv 3x3, 8; norm; act
  for s, width in w { stage "layer{s + 1}": bottleneck(width, expansion=1, groups=g) x d[s], /2 }
  avgpool global
  fc 10
}
sweep drawn {
  network space
  draw    d = 2 of 1..9 log, w = sorted 2 of 4..65 by 4 log, g = [1, 2, 4]
  when    all([x % g == 0 for x in w]) and sum(d) <= 12
  keep    macs >= 50k and macs <= 500k
  sample  12 seed 1
}
"""


def drawn(sample: str = "12 seed 1", text: str = SPACE) -> Sweep:
    return spec_of(text).sweep("drawn", Request(None, (sample_line(sample, "sample"),)))


def visible(sweep: Sweep) -> list[tuple[str, dict[str, str], int, int]]:
    return [(point.name, point.texts, point.costs.macs, point.costs.params) for point in sweep.points()]


# ------------------------------------------------------------------------------------------- draws


@given(st.integers(0, 2**64), st.lists(st.integers(0, 10**9), min_size=1, max_size=8))
def test_a_draw_depends_on_nothing_but_seed_number_and_name(seed: int, numbers: list[int]) -> None:
    def axis(name: str) -> AxisDraws:
        return AxisDraws(name, Chances(range(1, 17), log_bounds(Fraction(1), Fraction(1), 16)), 4)

    forwards, backwards = axis("d"), axis("d")
    in_order = {number: forwards.value(seed, number) for number in numbers}
    assert {number: backwards.value(seed, number) for number in reversed(numbers)} == in_order
    others = [axis("w").value(seed, number) for number in range(20)]
    assert others != [forwards.value(seed, number) for number in range(20)]


def test_draws_stay_what_they_are() -> None:
    """Another version must not draw another sample: these values were drawn when the form was settled."""
    axis = AxisDraws("w", Chances(range(8, 1025, 8), log_bounds(Fraction(8), Fraction(8), 128)), 4)
    assert [axis.value(1, number) for number in range(3)] == [
        (544, 584, 8, 16),
        (104, 336, 8, 8),
        (40, 152, 216, 96),
    ]


def chi_squared(counts: Counter[Value], chances: dict[Value, float]) -> float:
    total = sum(counts.values())
    assert set(counts) <= set(chances)
    assert sum(chances.values()) == pytest.approx(1)
    return sum((counts[value] - total * chance) ** 2 / (total * chance) for value, chance in chances.items())


def test_log_draws_have_the_chances_of_the_manual() -> None:
    sampling = drawn(text=SPACE.replace("2 of 1..9 log", "1..17 log").replace("[1, 2, 4]", "8..1025 by 64 log"))
    axes = {axis.name: axis for axis in sampling.plan.sampling.axes} if sampling.plan.sampling else {}
    for name, values, step in (("d", range(1, 17), 1), ("g", range(8, 1025, 64), 64)):
        end = values[-1] + step
        chances: dict[Value, float] = {v: log((v + step) / v) / log(end / values[0]) for v in values}
        counts = Counter(axes[name].value(7, number) for number in range(20_000))
        # The 99.9th percentile for 15 and 16 degrees of freedom is below 40.
        assert chi_squared(counts, chances) < 40


def test_bounds_are_logarithms_to_the_last_integer() -> None:
    bounds = log_bounds(Fraction(1), Fraction(1), 16)
    assert (bounds[0], bounds[-1], len(bounds)) == (0, 2**64, 17)
    assert [round(bound / 2**64, 9) for bound in bounds] == [round(log(v) / log(17), 9) for v in range(1, 18)]
    # 17 is no power of 4, but 16 is one of 2: the bounds of 1..16 are whole quarters at 2, 4 and 8.
    quarters = log_bounds(Fraction(1), Fraction(1), 15)
    assert [quarters[at - 1] for at in (2, 4, 8, 16)] == [2**62, 2**63, 3 * 2**62, 2**64]


def test_a_long_range_is_drawn_from_without_being_listed() -> None:
    bounds = log_bounds(Fraction(1), Fraction(1), 10**9)
    values = [AxisDraws("n", Chances(range(1, 10**9 + 1), bounds), None).value(1, number) for number in range(50)]
    assert all(isinstance(value, int) and 1 <= value <= 10**9 for value in values)
    assert len({len(str(value)) for value in values}) >= 7


@pytest.mark.parametrize(("count", "length"), [(4, 3), (6, 2), (3, 5), (1, 4)])
def test_every_ascending_list_is_equally_likely(count: int, length: int) -> None:
    lists = SortedLists(Chances(range(count), range(count + 1)), length)
    assert lists.total == comb(count + length - 1, length)
    found = [lists.value(number) for number in range(lists.total)]
    assert len(set(found)) == lists.total
    assert all(list(each) == sorted(each) for each in found)  # type: ignore[type-var]


def test_ascending_lists_have_the_chances_that_rejection_gives() -> None:
    lists = SortedLists(Chances((1, 2, 3), (0, 1, 3, 7)), 3)
    weights = (0, 1, 2, 4)
    counts: Counter[tuple[Any, ...]] = Counter(lists.value(number) for number in range(lists.total))
    assert len(counts) == 10
    assert counts == {each: prod([weights[item] for item in each]) for each in counts}


def test_fractions_are_exact() -> None:
    text = SPACE.replace("g = [1, 2, 4]", "g = 0.1..0.5 by 0.1").replace("[x % g == 0 for x in w]", "[g > 0]")
    sampling = drawn(text=text).plan.sampling
    assert sampling is not None
    assert {sampling.axes[2].value(1, number) for number in range(100)} == {0.1, 0.2, 0.3, 0.4}


# ------------------------------------------------------------------------------------------ samples


def test_a_longer_sample_begins_with_the_shorter() -> None:
    longer = visible(drawn("12 seed 1"))
    assert len(longer) == 12
    assert visible(drawn("5 seed 1")) == longer[:5]
    assert visible(drawn("5 seed 2")) != longer[:5]


def test_a_sample_is_the_same_whoever_costs_its_draws() -> None:
    sweep = drawn("6 seed 3")

    def cost(indices: range) -> Generator[Costed, None, None]:
        """Chunks of draws, each backwards and by a compiler that knows nothing of the others."""
        for start in range(indices.start, indices.stop, 40):
            other = replace(drawn("6 seed 3"), session=Session())
            found = [next(other.cost(range(at, at + 1))) for at in reversed(range(start, start + 40))]
            yield from reversed(found)

    costed = [each.point for each in sweep.found(lambda groups: (cost(indices) for indices in groups))]
    assert [point.name for point in costed if point] == [name for name, *_ in visible(sweep)]


def test_no_network_is_drawn_twice() -> None:
    few = SPACE.replace("w = sorted 2 of 4..65 by 4 log", "w = [[8, 8], [8, 16]]")
    few = few.replace("sum(d) <= 12", "sum(d) <= 4").replace("2 of 1..9 log", "2 of 1..3")
    sweep = drawn("200 seed 1 within 300", few)
    points = list(sweep.points())
    assert len({(point.costs.macs, tuple(point.texts.items())) for point in points}) == len(points)
    (warning,) = [each for each in sweep.warnings if each.code == "RES926"]
    assert "were drawn before" in str(warning.found)
    assert sweep.acceptance is not None
    # Two depths in each of two stages, two lists of widths, three numbers of groups.
    draws = int(sweep.acceptance.split()[2])
    assert draws < 300
    assert sweep.acceptance.startswith(f"{len(points)} of {draws} draws ({len(points) / draws:.3%}), among them all 24")


def test_over_makes_a_sample_for_each_of_its_points() -> None:
    points = list(drawn("3 seed 1", SPACE.replace("  draw ", "  over    shortcut = [B, none]\n  draw ")).points())
    assert [point.texts["shortcut"] for point in points] == ["B"] * 3 + ["none"] * 3


def test_solve_is_for_drawn_points_too() -> None:
    text = (
        SPACE.replace(", g = [1, 2, 4]", "")
        .replace("  keep    macs >= 50k and macs <= 500k", "")
        .replace("all([x % g == 0 for x in w]) and ", "")
    )
    text = text.replace("  sample", "  solve   g in [1, 2, 4] for macs <= 250k\n  sample")
    points = list(drawn("4 seed 1", text).points())
    assert len(points) == 4
    assert all(point.costs.macs <= 250_000 for point in points)


# -------------------------------------------------------------------------------------------- costs


def test_costs_are_those_of_a_whole_build() -> None:
    sweep = drawn("4 seed 1")
    for point in sweep.points():
        built = replace(sweep, session=Session()).network(point)
        net = resdsl.Net(built)
        assert (net.macs, net.params) == (point.costs.macs, point.costs.params)


def test_ending_a_build_early_changes_nothing() -> None:
    indices = range(150)
    early = [costed.left_out for costed in drawn().cost(indices)]
    whole = drawn(text=SPACE.replace("macs <= 500k", "macs * 1 <= 500k"))
    assert [costed.left_out for costed in whole.cost(indices)] == early
    assert {"when", "keep", None} == set(early)


BLOCKS = """
block squeezed(width, stride = 1, inner = 2 * width) {
  if inner > 40 { conv 1x1, width; norm; act }
  residual { conv 3x3, width, /stride; norm }
  act
}
network blocks(w = [8, 16], g = 1, kind = basic, shortcut = B) {
  input 3x16x16
  conv 3x3, 8; norm; act
  for s, width in w { stage "layer{s + 1}": kind(width) x 2, /2 }
  bottleneck(w[1], groups=g)
  fc 10
}
sweep drawn {
  network blocks
  over    shortcut = [A, B, C, D, bare], kind = [basic, bottleneck, preact_basic, squeezed]
  draw    w = sorted 2 of 8..65 by 4 log, g = [1, 2, 4]
  keep    macs >= 50k and params <= 400k and depth > 1
  sample  3 seed 1 within 30
}
"""


def test_sketches_cost_what_whole_networks_do() -> None:
    """A condition that sketches do not know has every network built."""
    sketched = drawn("3 seed 1 within 30", BLOCKS)
    whole = drawn("3 seed 1 within 30", BLOCKS.replace("depth > 1", "memory > 1"))
    found = [(each.left_out, each.digest, each.point and each.point.costs) for each in sketched.found()]
    assert found == [(each.left_out, each.digest, each.point and each.point.costs) for each in whole.found()]
    assert len(found) > 40


COSTING = drawn().costing


def scope_of(values: dict[str, Value]) -> Scope:
    """The scope of a line of the sweep, without anything but these values."""
    building = Building(COSTING.session)
    return Scope(building, COSTING.plan.module, dict(values), Settings(), GraphBuilder(building))


CONDITIONS = (
    "all([w[i] % (b[i] * g) == 0 for i in 0..2])",
    "sum(w) <= 40 and not w[0] == w[1]",
    "max(w) - min(w) > 8 or g == 2",
    "any([x // 8 == g for x in w])",
    "w[g - 1] > 4",
    "b[0] % (g - 2) == 0",
    "len(w) == 2",
)


@pytest.mark.parametrize("text", CONDITIONS)
@given(w=st.tuples(*[st.integers(-20, 70)] * 2), b=st.tuples(*[st.integers(0, 4)] * 2), g=st.integers(-1, 4))
def test_a_quick_condition_says_what_the_evaluator_says(
    text: str, w: tuple[int, ...], b: tuple[int, ...], g: int
) -> None:
    values: dict[str, Value] = {"w": w, "b": b, "g": g}
    node = parse_expression(Source("condition", text))
    quick = QuickCondition(node, values).holds(values)
    try:
        expected = truth(node, scope_of(values))
    except ProblemFound:
        assert quick is None
    else:
        assert quick is expected


@pytest.mark.parametrize("text", ["w == 8", "w[0] / 2 == 4", "2 ** g > 1", "params > 3", "true", "[x for x in w]"])
def test_what_is_not_known_is_left_to_the_evaluator(text: str) -> None:
    values: dict[str, Value] = {"w": (8, 16), "g": 2}
    assert QuickCondition(parse_expression(Source("condition", text)), values).holds(values) is None


def test_conditions_are_asked_again_where_values_are_of_another_kind() -> None:
    quick = QuickCondition(parse_expression(Source("condition", "g > 1")), {"g": 2})
    assert (quick.holds({"g": 2}), quick.holds({"g": 1.5}), quick.holds({"g": True})) == (True, None, None)


def listed(sample: str | None = None, **axes: str) -> Sweep:
    over = [axis_of(name, values, "--over") for name, values in axes.items()]
    line = tree.Over(over[0].span, tuple(over))
    lines = (line, sample_line(sample, "--sample")) if sample is not None else (line,)
    return spec_of(SPACE).sweep("drawn", Request(None, lines))


def test_a_drawn_axis_is_replaced_by_a_listed_one() -> None:
    points = list(listed("3", g="1, 2").points())
    assert [point.texts["g"] for point in points] == ["1"] * 3 + ["2"] * 3


def test_where_nothing_is_drawn_any_more_all_points_are_taken() -> None:
    everything = {"d": "[[1, 1]]", "w": "[[16, 32]]", "g": "1, 2"}
    assert [point.texts["g"] for point in listed(**everything).points()] == ["1", "2"]
    with pytest.raises(SpecError, match="RES918"):
        listed("3", **everything)


def test_no_solve_is_suggested_that_would_match_one_draw() -> None:
    sweep = listed("6", shortcut="B, C")
    sample = LintSample(sweep.axes, sweep.draws)
    points = list(sample.noting(sweep.found()))
    (finding,) = [each for each in findings_of(sweep, sample.linted, points) if each.kind == "confound"]
    assert finding.hint is None


@pytest.mark.parametrize("sample", ["0", "0 seed 1", "5 within 4", "5 within 0", "2.5"])
def test_a_count_of_points_is_no_optional_part_of_a_network(sample: str) -> None:
    with pytest.raises(SpecError, match=r"this must be a number of (points|draws), at least") as refused:
        drawn(sample)
    assert "if" not in str(refused.value).split()


# ------------------------------------------------------------------------------------------- python


def test_python_takes_another_sample() -> None:
    found = resdsl.sweep("anynet", sample=1)
    assert "1 point" in repr(found)
    with pytest.raises(TypeError, match="sample must be a number of points"):
        resdsl.sweep("anynet", sample=True)
    with pytest.raises(SpecError, match="RES102"):
        resdsl.sweep("anynet", sample="many")


def test_a_sample_that_is_no_number_hears_nothing_of_stages() -> None:
    with pytest.raises(SpecError, match="expected: a number") as refused:
        resdsl.sweep("anynet", sample="x")
    assert "stage" not in str(refused.value)
