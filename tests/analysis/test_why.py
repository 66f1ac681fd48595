"""Explanations: every product is that of its factors, every sum that of its terms, and both are the costs."""

from __future__ import annotations

import json
import re
from collections import Counter
from math import prod
from pathlib import Path

import pytest
from hypothesis import given

import resdsl
from resdsl.analysis.finding import UnknownPath, find
from resdsl.analysis.rows.bounded import layer_rows
from resdsl.analysis.rows.tree import Row, rows
from resdsl.analysis.why import Explanation, explain, why
from resdsl.catalogue import networks_of
from resdsl.ir.network import Network
from resdsl.report.numbering import numbered
from resdsl.report.why import why_lines, why_record
from resdsl.resources import shipped_specs
from tests.ir.networks import Graph, shared
from tests.ir.strategies import networks
from tests.zoo import marked

GOLDEN = Path(__file__).parent / "golden"
SHIPPED = [name for path in shipped_specs() for name in networks_of(path)]
READ = [
    ("resnet50", "resnet50", "whole"),
    ("resnet50", "layer1", "stage"),
    ("resnet50", "layer1.0", "block"),
    ("resnet50", "layer1.2", "bottleneck"),
    ("resnet50", "layer2.0.downsample", "shortcut"),
    ("resnet50", "head", "head"),
    ("resnet50", "layer3.4.bn3", "norm"),
    ("resnext50_32x4d", "layer1.1.conv2", "groups"),
    ("resnet1202", "layer3.150.act", "activation"),
    ("sknet50", "layer1.0", "selective"),
]


def assert_adds_up(explanation: Explanation) -> None:
    costs = explanation.row.costs
    for each in explanation.sums:
        if hasattr(costs, each.quantity):
            assert each.value == getattr(costs, each.quantity)
        else:
            assert each.value == getattr(costs.work, each.quantity)
        assert not each.terms or sum(term.value for term in each.terms) == each.value
        for term in each.terms:
            assert not term.factors or prod(factor.number for factor in term.factors) == term.value
    told = {each.quantity for each in explanation.sums}
    assert bool(costs.macs) == ("macs" in told)
    assert bool(costs.params) == bool(told & {"params", "weights", "biases", "norms"})


def paths_of(network: Network, *, expand: bool) -> list[str]:
    """The paths of all rows, but for those that stand for layers in a row."""
    flat = [row for _, row in rows(network, expand=expand).flat()]
    return list(dict.fromkeys(row.path for row in flat if row.kind not in ("stem", "part", "head")))


@pytest.mark.parametrize("name", marked(SHIPPED))
def test_every_row_of_shipped_networks_is_explained(name: str) -> None:
    network = resdsl.load(name).ir
    whole = rows(network)
    for path in paths_of(network, expand=False):
        explanation = explain(find(whole, path))
        assert explanation.row.path == path
        assert_adds_up(explanation)
        assert all(line.isprintable() for line in why_lines(explanation))


@given(network=networks())
def test_every_row_of_drawn_networks_is_explained_with_its_own_costs(network: Network) -> None:
    whole = rows(network, expand=True)
    first: dict[str, Row] = {}
    for _, row in whole.flat():
        if row.kind not in ("stem", "part", "head"):
            first.setdefault(row.path, row)
    folded = rows(network)
    for path, row in first.items():
        explanation = explain(find(folded, path))
        assert explanation.row.costs == row.costs
        assert (explanation.row.inputs, explanation.row.outputs) == (row.inputs, row.outputs)
        assert_adds_up(explanation)
        json.dumps(why_record(explanation))


@pytest.mark.parametrize(("name", "path", "file"), READ)
def test_text_is_what_was_read_by_a_person(name: str, path: str, file: str, update_golden: bool) -> None:
    golden = GOLDEN / f"why_{file}.txt"
    lines = why_lines(why(resdsl.load(name).ir, path))
    text = "".join(f"{line}\n" for line in lines)
    if update_golden:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
    assert max(map(len, lines)) <= 80


def test_bottleneck_is_compared_with_two_convolutions_at_its_channels() -> None:
    # He et al. 2015, Figure 5: 1x1, 64; 3x3, 64; 1x1, 256 at 256 channels.
    explanation = why(resdsl.load("resnet50").ir, "layer1.1")
    weights = next(each for each in explanation.sums if each.quantity == "weights")
    assert [term.value for term in weights.terms] == [256 * 64, 3 * 3 * 64 * 64, 64 * 256]
    assert weights.value == 69_632
    found = explanation.comparison
    assert found is not None
    assert (found.own_weights, found.weights) == (69_632, 2 * 3 * 3 * 256 * 256)
    assert found.macs == found.weights * 56 * 56
    text = " ".join(" ".join(why_lines(explanation)).split())
    assert "16,384 + 36,864 + 16,384 = 69,632" in text
    assert "would have 1,179,648 weights in place of the 69,632" in text


def test_what_is_compared_is_what_two_such_convolutions_cost() -> None:
    found = why(resdsl.load("resnet50").ir, "layer2.0").comparison
    text = "network two { input 256x56x56; conv 3x3, 512, /2; conv 3x3, 512 }"
    two = resdsl.loads(text)
    assert found is not None
    assert (found.weights, found.macs) == (two.params, two.macs)


@pytest.mark.parametrize(("name", "path"), [("resnet34", "layer1.1"), ("resnet50", "layer1"), ("resnet50", "head")])
def test_nothing_else_is_compared(name: str, path: str) -> None:
    assert why(resdsl.load(name).ir, path).comparison is None


def test_layers_have_the_factors_of_their_weights_and_multiply_adds() -> None:
    network = resdsl.load("resnext50_32x4d").ir
    weights, macs = why(network, "layer1.0.conv2").sums[:2]
    assert [(each.number, each.written, each.meaning) for each in weights.terms[0].factors] == [
        (9, "3x3", "kernel"),
        (4, "4", "channels in of each of 32 groups"),
        (128, "128", "channels out"),
    ]
    assert [each.number for each in macs.terms[0].factors] == [9 * 4 * 128, 56 * 56]


@pytest.mark.parametrize("path", ["layer3.1", "layer3.5", "layer3.3.conv2"])
def test_one_of_several_equal_blocks_is_one(path: str) -> None:
    found = why(resdsl.load("resnet50").ir, path).found
    assert found.row.path == path
    assert found.row.repeats == 1
    assert [(each.path, each.last_path, each.repeats) for each in found.among] == [("layer3.1", "layer3.5", 5)]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("layer1.2.conv2", "receptive field: 35x35, padding included; effective stride: 4"),
        ("stem", "receptive field: 11x11, padding included; effective stride: 4"),
        ("layer4", "receptive field: 427x427, padding included; effective stride: 32"),
        ("fc", "receptive field: the whole input"),
    ],
)
def test_what_a_value_sees_is_told(path: str, said: str) -> None:
    explanation = why(resdsl.load("resnet50").ir, path)
    assert said in why_lines(explanation)
    sizes = why_record(explanation)["receptive_field"]
    assert ("x".join(map(str, sizes)) in said) if sizes else said.endswith("the whole input")


def test_stages_are_found_by_their_titles_and_layers_around_them_by_their_places() -> None:
    network = resdsl.load("resnet50").ir
    assert why(network, "conv3_x").row == why(network, "layer2").row
    assert why(network, "stem").row.path == "conv1"
    assert why(network, "conv1").row.kind == "layer"
    assert why(network, "").row == why(network, "resnet50").row


def test_a_layer_goes_before_a_network_of_the_same_name() -> None:
    assert why(resdsl.loads("network conv1 { input 8x8x8; conv 3x3, 8 }").ir, "conv1").row.kind == "layer"


def test_a_module_that_is_called_again_says_so() -> None:
    explanation = why(shared(), "last")
    assert explanation.found.calls == 2
    assert "Called 2 times; this is the first call, and the others have the same parameters." in why_lines(explanation)


def test_repeats_within_repeats_are_told_from_the_outermost() -> None:
    inner = Graph(input=(2, 4, 4))
    inner.layer("conv", name="conv", kernel=3, out=2)
    outer = Graph(input=(2, 4, 4))
    outer.stage((inner.body("inner"), 3), name="deep")
    top = Graph(input=(2, 4, 4))
    top.stage((outer.body("outer"), 2), name="stage")
    network = top.network("nested")
    assert (
        set(paths_of(network, expand=True))
        == Counter(
            ["", "stage", *(f"stage.{i}" for i in range(2)), *(f"stage.{i}.deep" for i in range(2))]
            + [f"stage.{i}.deep.{j}{rest}" for i in range(2) for j in range(3) for rest in ("", ".conv")]
        ).keys()
    )
    explanation = why(network, "stage.1.deep.2.conv")
    assert explanation.row.costs.weights == 36
    assert [(each.path, each.repeats) for each in explanation.found.among] == [("stage.0", 2), ("stage.1.deep.0", 3)]
    assert why_lines(explanation)[1:3] == (
        "In one of 2 equal blocks, stage.0 to stage.1.",
        "In one of 3 equal blocks, stage.1.deep.0 to stage.1.deep.2.",
    )


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("layer1.7", "the blocks of `layer1` are 0 to 2"),
        ("layer1.7.conv1", "the blocks of `layer1` are 0 to 2"),
        ("layer1.00", "the blocks of `layer1` are 0 to 2"),
        ("layer9", "did you mean `layer1`?"),
        ("layer1.0.conv9", "did you mean `layer1.0.conv1`?"),
        ("conv1.weight", "did you mean `conv1`?"),
        (
            "layer2.0.something",
            "available: `layer2.0.conv1`, `layer2.0.bn1`, `layer2.0.act`, `layer2.0.conv2`, `layer2.0.bn2`, "
            "`layer2.0.act2`, `layer2.0.conv3`, `layer2.0.bn3`, `layer2.0.downsample`, `layer2.0.add`, `layer2.0.act3`",
        ),
        (
            "foo",
            "available: `conv1`, `bn1`, `act`, `maxpool`, `layer1`, `layer2`, `layer3`, `layer4`, `avgpool`, `fc`",
        ),
    ],
)
def test_a_wrong_path_is_refused_with_a_way_out(path: str, hint: str) -> None:
    network = resdsl.load("resnet50").ir
    with pytest.raises(UnknownPath, match=re.escape(f"resnet50 has no part `{path}`; {hint}")):
        why(network, path)


def test_a_hostile_path_is_refused_in_printable_words() -> None:
    with pytest.raises(UnknownPath) as refused:
        why(resdsl.load("resnet20").ir, "\x1b[2J" * 1000)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize("name", ["resnet50", "resnet1202", "wrn16_8"])
def test_paths_of_folded_rows_are_those_of_one_repeat_and_their_number(name: str) -> None:
    network = resdsl.load(name).ir
    shown = [each for each in numbered(layer_rows(network)) if "-" in each.path]
    assert shown or name == "wrn16_8"
    for each in shown:
        found = why(network, each.path).found
        assert (found.folded, found.times) == (each.path, each.row.repeats)
        assert found.times * found.row.costs.params == each.row.costs.params
        assert found.times * found.row.costs.macs == each.row.costs.macs


def test_what_repeats_have_together_is_said() -> None:
    explanation = why(resdsl.load("resnet50").ir, "layer1.1-2.conv1")
    said = " ".join(" ".join(why_lines(explanation)).split())
    assert "layer1.1-2.conv1: 16,384 parameters x 2 = 32,768, 51,380,224 multiply-adds x 2 = 102,760,448" in said
    assert why_record(explanation)["times"] == 2


@pytest.mark.parametrize("path", ["layer1.1-3", "layer1.0-1", "layer1-2", "layer1.1-", "layer1.-", "layer1.1-2.relu"])
def test_ranges_that_no_row_stands_for_are_refused(path: str) -> None:
    with pytest.raises(UnknownPath, match="no part"):
        why(resdsl.load("resnet50").ir, path)
