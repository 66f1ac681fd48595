"""Batch norm folded in the IR: what goes, what stays, what stands in its place, and at what cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given

import resdsl
from resdsl.ir.folding import fold_batch_norm
from resdsl.ir.json import from_json, to_json
from resdsl.ir.network import INPUT, Body, Call, Layer, Network, Stage
from resdsl.ir.verify import verify
from resdsl.ir.walk import TooManyLayers, bodies, state, steps
from resdsl.ops.base import Shape
from tests.ir.networks import Graph, branches, resnet34, shared, small
from tests.ir.strategies import networks


def folded(network: Network) -> Network:
    """The network after, which is sound and survives JSON."""
    after = fold_batch_norm(network).network
    verify(after)
    assert from_json(to_json(after)) == after
    return after


def ops_of(network: Network) -> list[str]:
    """Names of the layers with what they read."""
    return [f"{step.outputs[0]}({', '.join(step.inputs)})" for step in steps(network)]


def norms_of(network: Network) -> list[str]:
    return [step.path for step in steps(network) if step.layer.op.op == "bn"]


def pairs_of(network: Network) -> list[tuple[str, bool, list[str]]]:
    return [(fold.path, fold.biased, [norm.path for norm in fold.norms]) for fold in fold_batch_norm(network).changes()]


def biased(network: Network) -> list[str]:
    """The modules with a bias."""
    return [name.removesuffix(".bias") for name, tensor in state(network) if tensor.role == "bias"]


# ------------------------------------------------------------------------------------------ what goes


def test_norms_after_convolutions_go_and_the_layers_get_a_bias() -> None:
    after = folded(small())
    assert norms_of(after) == []
    assert biased(after) == [name.removesuffix(".weight") for name, tensor in state(small()) if tensor.role == "weight"]
    assert ops_of(after)[:6] == [
        "conv1(input)",
        "relu(conv1)",
        "layer1.0.conv1(relu)",
        "layer1.0.relu(layer1.0.conv1)",
        "layer1.0.conv2(layer1.0.relu)",
        "layer1.0.add(layer1.0.conv2, relu)",
    ]
    assert "layer2.0.add(layer2.0.conv2, layer2.0.downsample.0)" in ops_of(after)


def test_pairs_stand_in_execution_order_with_full_paths() -> None:
    pairs = pairs_of(small())
    assert pairs[:2] == [("conv1", False, ["bn1"]), ("layer1.0.conv1", False, ["layer1.0.bn1"])]
    assert ("layer2.0.downsample.0", False, ["layer2.0.downsample.1"]) in pairs
    assert [norm for _, _, norms in pairs for norm in norms] == norms_of(small())


def test_what_computing_the_weights_takes() -> None:
    graph = Graph(input=(3, 8, 8))
    graph.layer("conv", name="conv", kernel=3, out=4, bias=True)
    graph.layer("bn", name="bn", eps=1e-3)
    (fold,) = fold_batch_norm(graph.network("one")).changes()
    (norm,) = fold.norms
    assert (fold.path, fold.biased, norm.path, norm.eps) == ("conv", True, "bn", 1e-3)
    wanted = {name: tensor for name, tensor in state(graph.network("one")) if name.startswith("bn.")}
    assert {f"bn.{tensor.name}": tensor for tensor in norm.state} == wanted


@pytest.mark.parametrize(
    ("shape", "op", "given"),
    [
        ((4, 12), "conv", {"kernel": 3, "out": 6}),
        ((2, 4, 5, 6), "conv", {"kernel": 3, "out": 6, "stride": 2}),
        ((8, 6, 6), "conv", {"kernel": 3, "out": 8, "groups": 4}),
        ((4, 6, 6), "conv", {"kernel": 1, "out": 8, "bias": True}),
        ((4, 6, 6), "fc", {"out": 5}),
        ((7,), "fc", {"out": 5, "bias": False}),
    ],
)
def test_layers_of_every_form(shape: Shape, op: str, given: dict[str, Any]) -> None:
    graph = Graph(input=shape)
    graph.layer(op, name="layer", **given)
    graph.layer("bn", name="bn")
    after = folded(graph.network("one"))
    assert ops_of(after) == ["layer(input)"]
    assert biased(after) == ["layer"]
    assert after.outputs[-1].value == "layer"


def test_norms_in_a_row_go_together() -> None:
    graph = Graph(input=(3, 8, 8))
    graph.layer("conv", name="conv", kernel=3, out=4)
    graph.layer("bn", name="bn1")
    graph.layer("bn", name="bn2", eps=1e-2)
    graph.layer("relu", name="relu")
    assert ops_of(folded(graph.network("row"))) == ["conv(input)", "relu(conv)"]
    assert pairs_of(graph.network("row")) == [("conv", False, ["bn1", "bn2"])]


def test_outputs_keep_their_names() -> None:
    graph = Graph(input=(3, 8, 8))
    graph.layer("conv", name="conv", kernel=3, out=4)
    graph.layer("bn", name="bn")
    graph.layer("relu", name="relu")
    after = folded(graph.network("tapped", c1="bn", c2="bn"))
    assert [(tap.name, tap.value) for tap in after.outputs] == [("c1", "conv"), ("c2", "conv"), ("output", "relu")]


def test_body_that_ends_in_a_norm_yields_the_layer() -> None:
    inner = Graph(input=(3, 8, 8))
    inner.layer("conv", name="conv", kernel=3, out=4)
    inner.layer("bn", name="bn")
    graph = Graph(input=(3, 8, 8))
    graph.call(inner.body("unit"), name="unit")
    graph.layer("relu", name="relu")
    after = folded(graph.network("ends", c1="unit"))
    assert ops_of(after) == ["unit.conv(input)", "relu(unit.conv)"]
    assert after.outputs[0].value == "unit"


def test_stated_figures_are_left_behind() -> None:
    net = resdsl.load("resnet34", input="3x64x64")
    assert net.ir.expectations
    assert fold_batch_norm(net.ir).network.expectations == ()
    assert fold_batch_norm(net.ir).before == net.ir


# ----------------------------------------------------------------------------------------- what stays

Make = Callable[[], Network]


def reads_twice() -> Network:
    graph = Graph(input=(3, 8, 8))
    graph.layer("conv", name="conv", kernel=3, out=4)
    graph.layer("bn", name="bn")
    graph.layer("add", "bn", "conv", name="add", joins="residual")
    return graph.network("twice")


def tapped() -> Network:
    graph = Graph(input=(3, 8, 8))
    graph.layer("conv", name="conv", kernel=3, out=4)
    graph.layer("bn", name="bn")
    return graph.network("tapped", raw="conv")


def two_norms() -> Network:
    graph = Graph(input=(3, 8, 8))
    graph.layer("conv", name="conv", kernel=3, out=4)
    graph.layer("bn", "conv", name="bn")
    graph.layer("bn", "conv", name="bn2")
    graph.layer("add", "bn", "bn2", name="add", joins="parallel")
    return graph.network("two")


def yields_the_layer() -> Network:
    """The layer ends its body, where the caller reads it; the norm reads the body."""
    inner = Graph(input=(3, 8, 8))
    inner.layer("conv", name="conv", kernel=3, out=4)
    graph = Graph(input=(3, 8, 8))
    graph.call(inner.body("unit"), name="unit")
    graph.layer("bn", name="bn")
    return graph.network("outside")


def norm_first() -> Network:
    graph = Graph(input=(3, 8, 8))
    graph.layer("bn", name="bn1")
    graph.layer("relu", name="relu")
    graph.layer("conv", name="conv", kernel=3, out=4)
    graph.layer("relu", name="relu2")
    graph.layer("bn", name="bn2")
    return graph.network("first")


def other_norms() -> Network:
    graph = Graph(input=(3, 8, 8))
    graph.layer("conv", name="conv", kernel=3, out=4)
    graph.layer("group_norm", name="group_norm", groups=2)
    graph.layer("conv", name="conv2", kernel=3, out=4)
    graph.layer("layer_norm", name="layer_norm")
    return graph.network("others")


@pytest.mark.parametrize(
    "make", [reads_twice, tapped, two_norms, yields_the_layer, norm_first, other_norms, branches, shared]
)
def test_nothing_changes(make: Make) -> None:
    network = make()
    assert folded(network) == network
    assert pairs_of(network) == []


def test_preactivation_keeps_the_norm_before_the_first_convolution_of_a_block() -> None:
    net = resdsl.loads(
        """
        network pre(shortcut = bare) {
          input 3x16x16
          conv 3x3, 8
          stage layer1: preact_basic(8) x 2
          stage layer2: preact_basic(16) x 2, /2
          norm; act
          avgpool global
          fc 10
        }
        """
    )
    gone = {norm for _, _, norms in pairs_of(net.ir) for norm in norms}
    blocks = [f"layer{stage}.{index}" for stage in (1, 2) for index in (0, 1)]
    assert gone == {f"{block}.bn2" for block in blocks}
    assert norms_of(folded(net.ir)) == [*(f"{block}.bn1" for block in blocks), "bn1"]


# ------------------------------------------------------------------------------------- shared modules


def twice(first: str, second: str) -> Network:
    """One convolution called on two maps, each call followed by a norm of these paths; "" for none."""
    graph = Graph(input=(4, 8, 8))
    graph.layer("maxpool", name="maxpool", kernel=3, stride=2)
    for value, suffix, norm in ((INPUT, "", first), ("maxpool", "_2", second)):
        graph.layer("conv", value, name=f"conv{suffix}", path="conv", kernel=3, out=4)
        if norm:
            graph.layer("bn", name=f"bn{suffix}", path=norm)
        graph.layer("avgpool", name=f"avgpool{suffix}", kernel="global")
    graph.layer("add", "avgpool", "avgpool_2", name="add", joins="parallel")
    return graph.network("twice")


def test_shared_layer_whose_every_call_has_the_same_norm() -> None:
    network = twice("bn", "bn")
    after = folded(network)
    assert [(step.path, step.layer.op.op) for step in steps(after) if step.path == "conv"] == [("conv", "conv")] * 2
    assert norms_of(after) == []
    assert pairs_of(network) == [("conv", False, ["bn"])]


@pytest.mark.parametrize(("first", "second"), [("bn", "bn_2"), ("bn", ""), ("", "bn")])
def test_shared_layer_with_several_norms_is_left_alone(first: str, second: str) -> None:
    network = twice(first, second)
    assert folded(network) == network
    assert pairs_of(network) == []


def test_shared_layer_takes_the_norms_that_all_calls_have_in_common() -> None:
    graph = Graph(input=(4, 8, 8))
    for value, suffix in ((INPUT, ""), ("own", "_2")):
        graph.layer("conv", value, name=f"conv{suffix}", path="conv", kernel=3, out=4)
        graph.layer("bn", name=f"bn{suffix}", path="bn")
        graph.layer("bn", name=f"own{suffix}")
    network = graph.network("common")
    assert pairs_of(network) == [("conv", False, ["bn"])]
    assert ops_of(folded(network)) == ["conv(input)", "own(conv)", "conv_2(own)", "own_2(conv_2)"]


def test_shared_norm_goes_into_every_layer_and_stays_where_it_must() -> None:
    graph = Graph(input=(4, 8, 8))
    graph.layer("conv", name="conv1", kernel=3, out=4)
    graph.layer("bn", name="bn")
    graph.layer("relu", name="relu")
    graph.layer("bn", name="bn_2", path="bn")
    graph.layer("conv", name="conv2", kernel=1, out=4)
    graph.layer("bn", name="bn_3", path="bn")
    network = graph.network("norm")
    assert pairs_of(network) == [("conv1", False, ["bn"]), ("conv2", False, ["bn"])]
    assert ops_of(folded(network)) == ["conv1(input)", "relu(conv1)", "bn_2(relu)", "conv2(bn_2)"]


def head(shape: Shape) -> Body:
    graph = Graph(input=shape)
    graph.layer("conv", name="conv", kernel=3, out=5)
    graph.layer("bn", name="bn")
    return graph.body("head")


def test_shared_body_stays_one_module_on_maps_of_several_sizes() -> None:
    graph = Graph(input=(4, 8, 8))
    graph.layer("maxpool", name="maxpool", kernel=3, stride=2)
    near = graph.call(head((4, 8, 8)), INPUT, name="head")
    graph.call(head((4, 4, 4)), "maxpool", name="head_2", path="head")
    network = graph.network("heads", near=near)
    assert norms_of(folded(network)) == []
    assert pairs_of(network) == [("head.conv", False, ["head.bn"])]


# ------------------------------------------------------------------------------------ equal things, costs


def stages_of(network: Network) -> list[list[tuple[int, int]]]:
    return [[(run.first, run.count) for run in stage.runs] for stage in network.stages]


def test_a_thousand_layers_are_as_many_bodies_as_twenty() -> None:
    net = resdsl.load("cifar", n=200)
    twenty, thousand = fold_batch_norm(resdsl.load("cifar", n=3).ir), fold_batch_norm(net.ir)
    assert len(thousand.within) == len(twenty.within) == len(list(bodies(thousand.network)))
    assert stages_of(thousand.network) == stages_of(thousand.before)
    assert sum(1 for _ in thousand.changes()) == net.depth - 1


def test_equal_bodies_stay_one_object() -> None:
    network = folded(resnet34())
    found: dict[Body, Body] = {}
    for node in network.nodes:
        for run in node.runs if isinstance(node, Stage) else ():
            assert found.setdefault(run.body, run.body) is run.body


def test_bodies_that_do_not_change_are_the_same_objects() -> None:
    network = branches()
    assert fold_batch_norm(network).network.nodes == network.nodes
    before, after = (dict(bodies(each))["se"] for each in (network, fold_batch_norm(network).network))
    assert after is before


def test_bodies_keep_their_origins() -> None:
    after = dict(bodies(folded(small())))
    assert {path: body.origin for path, body in bodies(small())} == {path: body.origin for path, body in after.items()}


def test_bodies_that_become_equal_keep_their_own_eps() -> None:
    """A setting is no argument of a body, so only the eps told these two apart."""
    graph = Graph(input=(4, 8, 8))
    for name, eps in (("a", 1e-5), ("b", 1e-2)):
        inner = Graph(input=(4, 8, 8))
        inner.layer("conv", name="conv", kernel=3, out=4)
        inner.layer("bn", name="bn", eps=eps)
        graph.call(inner.body("unit"), name=name)
    folding = fold_batch_norm(graph.network("eps"))
    assert len(folding.within) == 2
    first, second = (node.body for node in folding.network.nodes if isinstance(node, Call))
    assert first is second
    assert [(fold.path, fold.norms[0].eps) for fold in folding.changes()] == [("a.conv", 1e-5), ("b.conv", 1e-2)]


def test_bodies_within_bodies_cost_as_much_as_there_are_distinct_ones() -> None:
    """2 ** 60 norms: the network is made at once, and nobody can ask for their pairs one by one."""
    graph = Graph(input=(2, 4, 4))
    graph.layer("conv", name="conv", kernel=3, out=2)
    graph.layer("bn", name="bn")
    body = graph.body("level", depth=0)
    for level in range(1, 61):
        graph = Graph(input=(2, 4, 4))
        graph.call(body, name="a")
        graph.call(body, name="b")
        body = graph.body("level", depth=level)
    top = Graph(input=(2, 4, 4))
    top.call(body, name="top")
    folding = fold_batch_norm(top.network("deep"))
    verify(folding.network)
    assert len(list(bodies(folding.network))) == 61
    with pytest.raises(TooManyLayers):
        next(iter(folding.changes()))


# ------------------------------------------------------------------------------------------ at random


@given(networks())
def test_drawn_networks_are_sound_after_folding_and_folded_for_good(network: Network) -> None:
    after = folded(network)
    assert fold_batch_norm(after).network == after
    assert list(fold_batch_norm(after).changes()) == []
    assert list(foldable(after)) == []


@given(networks())
def test_drawn_networks_lose_norms_and_nothing_else(network: Network) -> None:
    gone = {norm for _, _, norms in pairs_of(network) for norm in norms}
    kept = [step.path for step in steps(network) if not (step.layer.op.op == "bn" and step.path in gone)]
    assert [step.path for step in steps(folded(network))] == kept
    assert {tap.name: network.values[tap.value] for tap in network.outputs} == {
        tap.name: folded(network).values[tap.value] for tap in folded(network).outputs
    }


def foldable(network: Network) -> Iterator[str]:
    """Norms at the top that could go, by another way: all that reads a layer, or calls it, is listed."""
    layers = {node.name: node for node in network.nodes if isinstance(node, Layer)}
    for norm in layers.values():
        layer = layers.get(norm.inputs[0])
        if norm.op.op != "bn" or layer is None or layer.op.op not in ("conv", "fc"):
            continue
        readers = [node.name for node in network.nodes if layer.name in node.inputs]
        readers += [tap.name for tap in network.outputs if tap.value == layer.name]
        callers = [node.name for node in network.nodes if node.path == layer.path]
        if readers == [norm.name] and callers == [layer.name]:
            yield norm.name
