"""Counts of others: every figure that the real packages print, sums that come out, and what is not verified."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from torch.utils.flop_counter import FlopCounterMode

import resdsl
from resdsl.analysis.conventions.count import all_counted, counted
from resdsl.analysis.conventions.known import ALIASES, CONVENTIONS, convention_named
from resdsl.analysis.conventions.reconcile import PAPER, reconciled
from resdsl.analysis.conventions.records import Rules, UnknownConvention
from resdsl.analysis.conventions.uses import Use, graphs, uses
from resdsl.analysis.costs import network_costs
from resdsl.api import Net
from resdsl.ir.network import Layer, Network
from resdsl.ir.walk import steps
from resdsl.ops.base import Shapes
from resdsl.ops.records import Work
from resdsl.ops.registry import op_named, ops
from resdsl.ops.regularise import Scale
from tests.ir.networks import Graph, branches, nested, resnet34, shared, small
from tests.ir.strategies import networks
from tests.truth.counted import BY_HAND, probe
from tests.truth.data import zoo

FIGURES: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "truth" / "counters.json").read_text(encoding="utf-8")
)
PROMISED = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d")
MEASURED = tuple(dict.fromkeys(each["op"] for each in FIGURES["ops"]))
COUNTERS = tuple(name for name in CONVENTIONS if name not in ("macs", "flops"))
ONNX = ("onnx-tool", "onnx-tool-torchscript")
UNVERIFIED = {
    *((tool, op) for tool in ONNX for op in ("maxpool", "avgpool", "blur")),
    *(("onnx-tool-torchscript", op) for op in ("global_maxpool", "split", "pad_channels")),
    ("onnx-tool", "mish"),
    ("calflops", "upsample"),
}
"""Of some samples of these ops it is not known what a counter makes."""


ELSEWHERE = {
    # VGG-19 has a mean to 7x7 of a map of 7x7: 512 x 7 x 7 elements that are read and yielded.
    "vgg19": {
        **dict.fromkeys(("fvcore", "calflops", *ONNX), 512 * 49),
        **dict.fromkeys(("thop", "ptflops"), 2 * 512 * 49),
    },
    # DenseNet calls its last ReLU and its global mean as functions, which thop does not see and ptflops sees once.
    "densenet121": {"thop": -1024 * 50, "ptflops": -2 * 1024 * 49},
}
"""What torchvision writes otherwise than our modules, by what that changes."""


@cache
def network(name: str) -> Network:
    return BY_HAND[name]() if name in BY_HAND else resdsl.load(name).ir


@cache
def sample_network(op: str, sample: int) -> Network:
    return probe(op_named(op), op_named(op).samples[sample])


def figures(part: str) -> list[tuple[str, str, int]]:
    return [(name, each, printed[each]) for name, printed in FIGURES[part].items() for each in COUNTERS]


def test_the_promised_networks_were_measured_with_every_counter() -> None:
    assert set(PROMISED) <= FIGURES["networks"].keys()
    for name in PROMISED:
        assert {*FIGURES["networks"][name]} == {*COUNTERS, "calflops-macs"}
        assert None not in FIGURES["networks"][name].values()


@pytest.mark.parametrize(("name", "counter", "printed"), figures("networks"))
def test_what_is_printed_for_torchvision_s_modules(name: str, counter: str, printed: int) -> None:
    found = counted(network(name), counter)
    assert (found.total + ELSEWHERE.get(name, {}).get(counter, 0), found.unverified) == (printed, ())


@pytest.mark.parametrize(("name", "counter", "printed"), figures("generated"))
def test_what_is_printed_for_generated_modules(name: str, counter: str, printed: int | None) -> None:
    assert_prints(network(name), counter, printed)


def test_what_is_not_verified_of_generated_modules() -> None:
    # Exporters fold norms in their own ways where weights are shared; the former one computes sizes with nodes.
    twice = ("called_twice_same_norm", "called_twice_two_norms", "called_twice_one_norm", "block_called_twice")
    found = {
        (name, counter, op)
        for name in FIGURES["generated"]
        for counter in COUNTERS
        for op in counted(network(name), counter).unverified
    }
    assert found == {
        *((name, counter, "bn") for name in twice for counter in ONNX),
        *(("pooled_on_three_axes", counter, op) for op in ("maxpool", "avgpool") for counter in ONNX),
        ("linear_with_norm", ONNX[1], "bn"),
        *((name, ONNX[1], "split") for name in ("branches", "res2net50_26w_4s", "sknet50")),
        ("resnet20", ONNX[1], "pad_channels"),
    }


@pytest.mark.parametrize("name", sorted(FIGURES["networks"].keys() & FIGURES["generated"].keys() - ELSEWHERE.keys()))
def test_generated_modules_are_counted_as_torchvision_s_are(name: str) -> None:
    assert FIGURES["generated"][name] == FIGURES["networks"][name]


@pytest.mark.parametrize("name", [*FIGURES["networks"], *FIGURES["generated"]])
def test_multiply_adds_of_calflops_are_ours(name: str) -> None:
    printed = FIGURES["networks"].get(name) or FIGURES["generated"][name]
    assert counted(network(name), "paper").total == network_costs(network(name)).macs == printed["calflops-macs"]


@pytest.mark.parametrize("printed", FIGURES["ops"], ids=lambda each: f"{each['op']}-{each['sample']}")
def test_what_is_printed_for_every_op(printed: dict[str, Any]) -> None:
    alone = sample_network(printed["op"], printed["sample"])
    for counter in COUNTERS:
        assert_prints(alone, counter, printed[counter])
        assert {(counter, each) for each in counted(alone, counter).unverified} <= UNVERIFIED


def assert_prints(counts: Network, counter: str, printed: int | None) -> None:
    """The figure is met, or it is said of which ops it is not known; where a counter failed there must be some."""
    found = counted(counts, counter)
    assert found.unverified or found.total == printed


def test_every_sample_of_a_measured_op_was_measured() -> None:
    assert [(each["op"], each["sample"]) for each in FIGURES["ops"]] == [
        (name, number)
        for name in MEASURED
        for number, sample in enumerate(ops()[name].samples)
        if "init" not in sample.given or name not in ("conv", "fc")  # how weights start costs nothing
        if "axis" not in sample.given or name != "softmax"  # along which none of them was run
    ]


@pytest.mark.parametrize("counter", COUNTERS)
def test_rules_of_ops_are_those_of_measured_ones(counter: str) -> None:
    assert convention_named(counter).rules.of_ops.keys() <= set(MEASURED)


# ------------------------------------------------------------------------------------------- kinds of work


def of_kinds_alone(counter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the counter know no op of its own, but for the linear layer that stands behind each in `probe`."""
    known = CONVENTIONS[counter]
    linear = {name: rule for name, rule in known.rules.of_ops.items() if name == "fc"}
    monkeypatch.setitem(CONVENTIONS, counter, replace(known, rules=replace(known.rules, of_ops=linear)))


@pytest.mark.parametrize("counter", COUNTERS)
def test_kinds_of_work_say_what_is_measured_or_nothing(counter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an op that nobody measured is like: had nobody measured ours, none of them would be counted wrong."""
    of_kinds_alone(counter, monkeypatch)
    for printed in FIGURES["ops"]:
        # What `nearest` moves is counted as if it were computed, and so it has a rule of its own.
        if printed["op"] not in ("fc", "upsample"):
            assert_prints(sample_network(printed["op"], printed["sample"]), counter, printed[counter])


@pytest.mark.parametrize(
    ("counter", "verified"),
    [
        ("fvcore", {"movement", "activation", "elementwise"}),
        ("thop", {"movement", "elementwise"}),
        ("ptflops", {"movement"}),
        ("ptflops-aten", {"movement", "norm", "activation", "pooling", "elementwise", "filter"}),
        ("torchinfo", {"movement", "norm", "activation", "pooling", "elementwise", "filter"}),
        ("calflops", {"movement"}),
        ("onnx-tool", {"movement"}),
        ("onnx-tool-torchscript", {"movement"}),
        (
            "torch",
            {"movement", "norm", "activation", "pooling", "elementwise", "filter", "weighted", "mixed", "matmul"},
        ),
    ],
)
def test_kinds_of_which_an_unknown_op_is_verified(counter: str, verified: set[str]) -> None:
    assert set(CONVENTIONS[counter].rules.of_kinds) == verified


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("weighted", "conv conv_transpose fc"),
        ("norm", "bn group_norm layer_norm"),
        (
            "activation",
            "relu relu6 leaky_relu elu prelu gelu silu hard_swish hard_sigmoid sigmoid tanh softplus mish softmax clip",
        ),
        ("pooling", "maxpool avgpool global_maxpool global_avgpool"),
        ("pooling", "adaptive_maxpool adaptive_avgpool channel_max channel_mean"),
        ("elementwise", "add mul scale"),
        ("movement", "concat split identity flatten reshape subsample pad_channels dropout drop_path pixel_shuffle"),
        ("movement", "channel_shuffle slice_channels pad permute shift coords"),
        ("filter", "blur"),
        ("matmul", "matmul relative_logits"),
    ],
)
def test_kind_of_an_op_is_that_of_its_work(kind: str, names: str) -> None:
    for name in names.split():
        for sample in ops()[name].samples:
            assert Use(ops()[name].build(sample.given, sample.inputs), sample.inputs).kind == kind


class ScaledNorm(Scale):
    """Normalises, and scales apart from that."""

    def work(self, inputs: Shapes) -> Work:
        return Work(norm=prod(inputs[0]), elementwise=prod(inputs[0]))


def test_an_op_of_two_kinds_is_mixed() -> None:
    assert Use(ScaledNorm(factor=2.0), ((3, 4, 4),)).kind == "mixed"


# ------------------------------------------------------------------------------------------- sums


@given(networks())
def test_parts_and_lines_sum_exactly(drawn: Network) -> None:
    assert_sums(drawn)


@pytest.mark.parametrize("name", FIGURES["generated"])
def test_parts_and_lines_of_networks_sum_exactly(name: str) -> None:
    assert_sums(network(name))


def assert_sums(of: Network) -> None:
    macs = network_costs(of).macs
    for count in all_counted(of):
        assert sum(part.amount for part in count.parts) == count.total
        assert len({part.name for part in count.parts}) == len(count.parts)
        assert count.parts[0].amount == CONVENTIONS[count.convention].each * macs
    for way in reconciled(of):
        assert way.lines[0].amount == macs
        assert macs + sum(each.amount for each in way.differences) == way.total
        assert all(each.amount for each in way.differences)
    conventions = [way for way in reconciled(of) if way.name in CONVENTIONS]
    assert [(way.name, way.total, way.unit) for way in conventions] == [
        (count.convention, count.total, count.unit) for count in all_counted(of)[1:]
    ]


@given(networks())
def test_torch_is_torch_s_own_counter(drawn: Network) -> None:
    module = Net(drawn).to_torch(device="meta").eval()
    inputs = [torch.empty((1, *each.shape), device="meta") for each in drawn.inputs]
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        module(*inputs)
    assert counted(drawn, "torch").total == counted(drawn, "flops").total == counter.get_total_flops()
    assert counted(drawn, "torch").unverified == ()


def test_torch_s_own_counter_has_the_products_of_matrices() -> None:
    net = resdsl.loads(
        "network n { input 4x2x3; reshape 4x6; as x; from matmul(x, permute(x, 1x0)); softmax axis=1; fc 2 }"
    )
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        net.to_torch(seed=1).eval()(torch.empty(1, 4, 2, 3))
    assert counted(net.ir, "torch").total == counter.get_total_flops() == 2 * (96 + 32)
    assert counted(net.ir, "flops").total == 2 * 32
    assert "matmul" in counted(net.ir, "fvcore").unverified
    assert "softmax" in counted(net.ir, "thop").unverified


# ------------------------------------------------------------------------------------------- uses


@given(networks())
def test_uses_are_those_of_the_flat_view(drawn: Network) -> None:
    assert_uses(drawn)


@pytest.mark.parametrize("made", [small, shared, branches, resnet34, lambda: nested(5)])
def test_uses_of_networks_are_those_of_the_flat_view(made: Any) -> None:
    assert_uses(made())


def assert_uses(of: Network) -> None:
    flat: dict[Any, int] = {}
    for step in steps(of):
        flat[step.layer.op, step.shapes] = flat.get((step.layer.op, step.shapes), 0) + 1
    assert dict(uses(of)) == flat


def test_repeats_are_not_unfolded() -> None:
    deep = nested(60)
    assert sum(uses(deep).values()) == 2**59
    assert counted(deep, "ptflops").total == 2 * 2 * 4 * 4 * 2**59
    longest = resdsl.load("resnet1202").ir
    layers = [node for graph in graphs(longest) for node in graph.nodes if isinstance(node, Layer)]
    assert len(layers) < 60
    assert sum(uses(longest).values()) > 3 * 1202


# ------------------------------------------------------------------------------------------- strides


@pytest.mark.parametrize("depth", [50, 101, 152])
def test_strides_of_bottlenecks_where_he_et_al_have_them(depth: int) -> None:
    ours, theirs = zoo()[f"resnet{depth}"]["macs"], zoo()[f"resnet{depth}_v1"]["macs"]
    way = reconciled(network(f"resnet{depth}"))[-1]
    assert way.name == "stride on the 1x1 (He et al. 2015, v1)"
    assert [each.amount for each in way.lines] == [ours, theirs - ours]
    assert way.lines[1].name == "stride on the 3x3 and not on the 1x1"
    assert way.total == theirs
    back = reconciled(resdsl.load(f"resnet{depth}", stride_at="1x1").ir)[-1]
    assert reconciled(resdsl.load(f"resnet{depth}", stride_at="1x1").ir)[-2].name == PAPER
    assert back.name == "stride on the 3x3 (torchvision, v1.5)"
    assert [back.total, back.lines[0].amount, back.lines[1].amount] == [ours, theirs, ours - theirs]


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "vgg19", "shared", "branches", "densenet121"])
def test_other_networks_have_no_strides_to_move(name: str) -> None:
    *ways, paper = reconciled(network(name))
    assert [way.name for way in ways] == [each for each in CONVENTIONS if each != "macs"]
    assert (paper.name, paper.unit, paper.differences) == (PAPER, "multiply-adds", ())
    assert paper.total == paper.lines[0].amount == network_costs(network(name)).macs


@pytest.mark.parametrize(("name", "printed"), [("resnet18", 1.8e9), ("resnet101", 7.6e9), ("resnet152", 11.3e9)])
def test_the_paper_s_figure_is_that_of_its_table_1(name: str, printed: float) -> None:
    """Of ResNet-34 and 50 it prints 3.6 and 3.8, and 3.664 and 3.858 round to others."""
    (paper,) = [way for way in reconciled(network(name)) if "He et al." in way.name]
    assert round(paper.total, -8) == printed


def bottleneck(tapped: str | None = None, *, kernel: int = 3, adds: bool = True) -> Graph:
    graph = Graph(input=(8, 9, 9))
    graph.layer("conv", name="a", kernel=1, out=4)
    graph.layer("relu", name="relu")
    graph.layer("conv", name="b", kernel=kernel, out=4, stride=2)
    graph.layer("conv", "input", name="beside", kernel=1, out=4, stride=2, role="shortcut")
    graph.layer("add", "b", "beside", name="sum", joins="residual" if adds else "parallel")
    if tapped is not None:
        graph.layer("avgpool", tapped, name="reads", kernel="global")
    return graph


def called_twice() -> Network:
    graph = Graph(input=(8, 9, 9))
    graph.call(bottleneck().body("bottleneck"), "input", name="one")
    graph.call(bottleneck().body("bottleneck"), "input", name="other")
    graph.layer("add", "one", "other", name="sum")
    return graph.network("n")


@pytest.mark.parametrize(("blocks", "times"), [(bottleneck().network("n"), 1), (called_twice(), 2)])
def test_strides_are_moved_in_every_block(blocks: Network, times: int) -> None:
    (way,) = [way for way in reconciled(blocks) if way.name not in CONVENTIONS]
    assert way.name.startswith("stride on the 1x1")
    assert way.differences[0].amount == -times * 8 * 4 * (81 - 25)


@pytest.mark.parametrize("other", [bottleneck("a"), bottleneck("relu"), bottleneck(adds=False), bottleneck(kernel=1)])
def test_strides_stay_where_they_are_not_a_bottleneck_s_or_are_seen(other: Graph) -> None:
    assert [way.name for way in reconciled(other.network("n")) if way.name not in CONVENTIONS] == [PAPER]


# ------------------------------------------------------------------------------------------- names


def test_the_paper_counts_as_we_do() -> None:
    assert counted(network("resnet50"), "paper") == counted(network("resnet50"), "macs")
    assert not ALIASES.keys() & CONVENTIONS.keys()


def test_an_unknown_name_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(UnknownConvention, match=r"unknown convention `fvcor`; did you mean `fvcore`\?"):
        counted(small(), "fvcor")
    with pytest.raises(UnknownConvention, match=r"available: `calflops`, .*`torchinfo`"):
        counted(small(), "x")


def test_what_is_not_verified_is_said() -> None:
    graph = Graph(input=(4, 8, 8))
    graph.layer("mish", name="mish")
    graph.layer("maxpool", name="pool", kernel=3, stride=2, ceil=True)
    odd = graph.network("n")
    assert counted(odd, "onnx-tool").unverified == ("maxpool", "mish")
    assert counted(odd, "onnx-tool").total == 0
    assert counted(odd, "calflops").unverified == ()


def test_an_op_without_a_rule_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONVENTIONS, "thop", replace(CONVENTIONS["thop"], rules=Rules()))
    found = counted(small(), "thop")
    assert found.total == network_costs(small()).macs
    assert found.unverified == ("add", "bn", "conv", "fc", "global_avgpool", "relu")


# ------------------------------------------------------------------------------------------- the page


def test_the_page_has_the_figures(root: Path) -> None:
    page = (root / "docs" / "conventions.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("|")]
    (head,) = [number for number, row in enumerate(rows) if row[1:] == list(PROMISED)]
    shown = {row[0].strip("`"): row[1:] for row in rows[head + 2 : head + 2 + len(COUNTERS) + 1]}
    ours = {"macs": "calflops-macs", **{counter: counter for counter in COUNTERS}}
    assert shown == {
        name: [f"{FIGURES['networks'][each][counter]:,}" for each in PROMISED] for name, counter in ours.items()
    }


def test_the_page_names_every_convention_and_its_source(root: Path) -> None:
    page = (root / "docs" / "conventions.md").read_text(encoding="utf-8")
    for name, convention in CONVENTIONS.items():
        assert f"`{name}`" in page
        package, version, *_ = convention.source.replace(",", "").split()
        assert name in ("macs", "flops") or f"{package} {version}" in page


@pytest.mark.parametrize("name", PROMISED)
def test_the_page_has_the_identities(name: str) -> None:
    flat = [(step.layer.op.op, step.shapes, step.layer.op, step.layer.shapes) for step in steps(network(name))]
    read = {each: sum(prod(shapes[0]) for op, shapes, _, _ in flat if op == each) for each in ("bn", "relu", "maxpool")}
    n, r, i = read.values()
    s = sum(prod(shapes[0]) for op, shapes, _, _ in flat if op == "add")
    (o,) = [prod(yielded[0]) for op, _, _, yielded in flat if op == "maxpool"]
    ((c, *sizes),) = [shapes[0] for op, shapes, _, _ in flat if op == "global_avgpool"]
    m, a, b = network_costs(network(name)).macs, c * prod(sizes), 1000
    p = 2 * sum(shapes[0][0] for op, shapes, _, _ in flat if op == "bn")
    exported = m + n + r + s + 9 * o + a + b
    assert {key: value for key, value in FIGURES["networks"][name].items() if key != "calflops-macs"} == {
        "fvcore": m + 2 * n + a,
        "thop": m + 4 * n + a + c,
        "ptflops": m + 2 * n + 2 * r + 2 * (i + a) + b,
        "ptflops-aten": m + b,
        "torchinfo": m + p + b,
        "calflops": 2 * m + 2 * n + r + i + a,
        "onnx-tool": exported,
        "onnx-tool-torchscript": exported + 4 * c,
        "torch": 2 * m,
    }
