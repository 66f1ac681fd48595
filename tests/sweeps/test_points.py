"""Points of a sweep: which there are, in which order, what they are called and made of."""

from __future__ import annotations

import pytest

from resdsl.analysis.memory.totals import memory
from resdsl.api import loads
from resdsl.diagnostics.spec_error import SpecError
from resdsl.sweeps.quantities import figure
from tests.sweeps import arithmetic
from tests.sweeps.reading import CIFAR, figures, names, points_of, spec_of

FAMILY = """
import "lib/blocks.res" as lib
"""


def shown(lines: str, text: str = CIFAR) -> list[tuple[str, ...]]:
    return [tuple(point.texts.values()) for point in points_of(lines, text)]


def test_the_first_axis_is_the_slowest() -> None:
    found = shown("network cifar\nover n = [1, 2], shortcut = [B, A]\nover k = [2, 1]")
    assert found == [(n, shortcut, k) for n in "12" for shortcut in "BA" for k in "21"]


def test_what_runs_together_is_one_axis_where_it_stands() -> None:
    found = shown("network cifar\ntogether k = [1, 2], classes = [10, 100]\nover n = [3, 5]")
    assert found == [("1", "10", "3"), ("1", "10", "5"), ("2", "100", "3"), ("2", "100", "5")]


def test_values_are_expressions_and_lists_may_be_computed() -> None:
    assert shown("network cifar; over n = [2 ** i for i in 0..3]") == [("1",), ("2",), ("4",)]
    assert shown("network cifar; over n = 2..4") == [("2",), ("3",)]
    assert shown("network cifar; over n = [if true then 7 else 8]") == [("7",)]


def test_counts_are_those_of_plain_arithmetic() -> None:
    found = points_of("network cifar; over n = [1, 2, 9], k = [1, 3], shortcut = [A, B, C, none], classes = [10, 100]")
    assert len(found) == 48
    for point in found:
        n, k, shortcut, classes = point.texts.values()
        option = "A" if shortcut == "none" else shortcut
        count = arithmetic.Count(3, 32)
        count.conv(3, 16)
        count.stages("basic", [16 * int(k), 32 * int(k), 64 * int(k)], [int(n)] * 3, option)
        count.head(int(classes))
        assert figures(point) == arithmetic.figures(count)


def test_a_sweep_runs_over_whole_networks() -> None:
    found = points_of("over network = [resnet20, plain20, resnet56]; keep depth < 50")
    assert names(found) == ["resnet20", "plain20"]
    assert [point.network for point in found] == ["resnet20", "plain20"]
    assert found[1].texts == {"network": "plain20"}


def test_networks_may_run_together_with_their_values() -> None:
    found = points_of('together network = [resnet20, plain20], classes = [10, 100]; name "{network}-{classes}"')
    assert names(found) == ["resnet20-10", "plain20-100"]


def test_a_sweep_runs_over_blocks_shortcuts_norms_activations_inputs_and_lists() -> None:
    text = """
block mine(width, stride = 1) { residual { conv 1x1, width, /stride; norm }; act }
network net(block = basic, depths = [1, 1]) {
  input 3x32x32
  conv 3x3, 8; norm; act
  for s, depth in depths { stage "layer{s + 1}": block(8) x depth, /(if s == 0 then 1 else 2) }
}
"""
    lines = """network net
  over block = [mine, basic, bottleneck(expansion = 2)]
  over norm = [bn, group_norm(4), none], act = [relu, silu]
  over input = [3x32x32, 3x16x16], depths = [[1, 1], [2, 1, 1]]
  over shortcut = [B, D]
"""
    found = points_of(lines, text)
    assert len(found) == len({point.name for point in found}) == 3 * 3 * 2 * 2 * 2 * 2
    assert found[0].texts == {
        "block": "mine",
        "norm": "bn",
        "act": "relu",
        "input": "3x32x32",
        "depths": "[1, 1]",
        "shortcut": "B",
    }
    last = found[-1]
    built = loads(
        text,
        shortcut="D",
        block="bottleneck(expansion = 2)",
        norm="none",
        act="silu",
        depths=[2, 1, 1],
        input="3x16x16",
    )
    assert (last.costs.params, last.costs.macs) == (built.params, built.macs)
    assert last.plain["depths"] == [2, 1, 1]
    assert last.plain["block"] == "bottleneck(expansion=2)"


def test_when_speaks_of_parameters_before_anything_is_built() -> None:
    found = points_of(
        "network cifar; over n = [0, 1, 2], shortcut = [A, none]; when n > 0 and (shortcut == A or n == 1)"
    )
    assert [tuple(point.texts.values()) for point in found] == [("1", "A"), ("1", "none"), ("2", "A")]


def test_indices_are_places_in_the_product() -> None:
    found = points_of("network cifar; over n = [1, 2, 3], k = [1, 2]; when k == 2")
    assert [point.index for point in found] == [1, 3, 5]


def test_conditions_may_speak_of_parameters_that_no_axis_gives() -> None:
    assert (
        len(points_of("network cifar; over n = [1, 2]; when k == 1 and n == 1; keep classes == 10 and shortcut == A"))
        == 1
    )


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("params <= 0.3M", [1, 3]),
        ("macs > 100M and depth < 60", [9]),
        ("flops >= 2 * 40M", [3, 9, 18]),
        ("activations < 533k", [1, 3, 9]),
        ("memory < 11M", [1, 3]),
        ("receptive_field > 100", [9, 18]),
        ("params / n > 90k", [9, 18]),
        ("n in_range", None),
    ],
)
def test_keep_speaks_of_costs(condition: str, kept: list[int] | None) -> None:
    lines = f"network cifar; over n = [1, 3, 9, 18]; keep {condition}"
    if kept is None:
        with pytest.raises(SpecError):
            points_of(lines)
        return
    assert [point.value("n") for point in points_of(lines)] == kept


def test_memory_is_that_of_training() -> None:
    sweep = spec_of(CIFAR + "sweep s { network cifar; over n = [1, 4], shortcut = [A, B, none] }").sweep(
        "s", with_memory=True
    )
    for point, network in sweep.built():
        assert point.memory == memory(network).training == figure("memory", point.costs, network)


def test_the_receptive_field_is_that_before_the_pool() -> None:
    """3x3 convolutions grow it by twice the stride so far: 1 + 2 + 4n + 2 (4n - 1) + ... (6n + 1 of them)."""
    sweep = spec_of(CIFAR + "sweep s { network cifar; over n = [1, 3] }").sweep("s")
    for point, network in sweep.built():
        n = point.value("n")
        assert isinstance(n, int)
        strides = [1] * (1 + 2 * n) + [1] + [2] * (2 * n - 1) + [2] + [4] * (2 * n - 1)
        assert figure("receptive_field", point.costs, network) == 1 + 2 * sum(strides)


def test_names_are_templates_of_parameters_and_costs() -> None:
    found = points_of('network cifar; over n = [3, 5], k = [1, 2]; name "resnet{6*n + 2}-{depth}-{k}-{classes}"')
    assert names(found) == ["resnet20-20-1-10", "resnet20-20-2-10", "resnet32-32-1-10", "resnet32-32-2-10"]


def test_names_that_nobody_gives_are_fit_for_folders() -> None:
    found = points_of("network cifar; over n = [3], input = [3x32x32], norm = [group_norm(4)], shortcut = [none]")
    assert names(found) == ["cifar-n=3-input=3x32x32-norm=group_norm-groups-4-shortcut=none"]


def test_equal_names_are_an_error() -> None:
    with pytest.raises(SpecError) as caught:
        points_of('network cifar; over n = [3, 5], k = [1, 2]; name "resnet{6*n + 2}"')
    (problem,) = caught.value.problems
    assert problem.code == "RES907"
    assert problem.hint == "add `k` to the name"


def test_a_wrong_value_in_one_axis_names_the_point_and_the_axis() -> None:
    with pytest.raises(SpecError) as caught:
        points_of("network cifar; over k = [1, 2], n = [3, 0, 5]")
    (problem,) = caught.value.problems
    assert problem.headline.startswith("the point k = 1, n = 0 does not make a network")
    assert problem.span is not None
    assert problem.span.text == "0"
    assert "another value of `n`" in str(problem.hint)


def test_a_figure_of_the_text_is_checked_at_every_point() -> None:
    text = CIFAR.replace("expect depth = 6*n + 2", "expect params <= 1M")
    with pytest.raises(SpecError) as caught:
        points_of("network cifar; over n = [3, 18]", text)
    assert "the point n = 18" in caught.value.problems[0].headline


def test_points_are_built_when_they_are_asked_for() -> None:
    sweep = spec_of(CIFAR + "sweep s { network cifar; over n = [1, 0] }").sweep("s")
    points = sweep.points()
    assert next(points).value("n") == 1
    with pytest.raises(SpecError):
        next(points)


def test_a_point_is_the_network_that_its_values_make() -> None:
    sweep = spec_of(
        CIFAR + "sweep s { network resnet20; over shortcut = [B, C]; solve k in 1..5 for macs = 170M }"
    ).sweep("s")
    for point, network in sweep.built():
        alone = loads(CIFAR, "resnet20", shortcut=point.texts["shortcut"], k=point.texts["k"])
        again = sweep.network(point)
        assert network == again
        assert (alone.ir.nodes, alone.ir.outputs) == (network.nodes, network.outputs)
