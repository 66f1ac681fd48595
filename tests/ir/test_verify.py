"""The verifier: what is sound passes, and each way to be wrong is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from resdsl.ir.network import Call, Layer, Network, Node, Stage, Tap
from resdsl.ir.verify import DEEPEST, InvalidNetwork, verify
from resdsl.ops.registry import op_named
from resdsl.records.checks import Invalid
from tests.ir.networks import Graph, branches, nested, resnet34, shared, small
from tests.ir.strategies import networks


@pytest.mark.parametrize("network", [small(), resnet34(), branches(), shared(), nested(DEEPEST)], ids=lambda n: n.name)
def test_sound(network: Network) -> None:
    verify(network)
    verify(network)


@given(networks())
def test_drawn_networks_are_sound(network: Network) -> None:
    verify(network)


def changed(network: Network, name: str, /, **fields: Any) -> Network:
    """The network with other fields in one node of its top graph."""
    nodes = [node.replace(**fields) if node.name == name else node for node in network.nodes]
    return network.replace(nodes=tuple(nodes))


def node_of(network: Network, name: str) -> Node:
    return next(node for node in network.nodes if node.name == name)


def with_body(network: Network, **fields: Any) -> Network:
    """`small` with other fields in the body of the second stage's later blocks."""
    stage = node_of(network, "layer2")
    assert isinstance(stage, Stage)
    run = stage.runs[1]
    broken = run.replace(body=run.body.replace(**fields))
    return changed(network, "layer2", runs=(stage.runs[0], broken))


def with_body_node(network: Network, index: int, **fields: Any) -> Network:
    stage = node_of(network, "layer2")
    assert isinstance(stage, Stage)
    nodes = list(stage.runs[1].body.nodes)
    nodes[index] = nodes[index].replace(**fields)
    return with_body(network, nodes=tuple(nodes))


def with_run(network: Network, index: int, **fields: Any) -> Network:
    stage = node_of(network, "layer2")
    assert isinstance(stage, Stage)
    runs = list(stage.runs)
    runs[index] = runs[index].replace(**fields)
    return changed(network, "layer2", runs=tuple(runs))


def relu_after(path: str) -> Network:
    graph = Graph(input=(4, 8, 8))
    graph.layer("conv", name="a.b", kernel=1, out=4)
    graph.layer("relu", name="c", path=path)
    return graph.network("paths")


def other_head() -> Network:
    network = shared()
    call = node_of(network, "head_2")
    assert isinstance(call, Call)
    conv = call.body.nodes[0]
    assert isinstance(conv, Layer)
    op = conv.op.replace(dilation=(2, 2), pad=(2, 2))
    body = call.body.replace(nodes=(conv.replace(op=op), *call.body.nodes[1:]))
    return changed(network, "head_2", body=body)


FAULTS: dict[str, tuple[Callable[[], Network], str]] = {
    "unknown value": (
        lambda: changed(small(), "bn1", inputs=("conv7",)),
        "`bn1`: reads `conv7`, which no earlier node yields",
    ),
    "value of a later node": (
        lambda: changed(small(), "bn1", inputs=("relu",)),
        "`bn1`: reads `relu`, which no earlier node yields",
    ),
    "name twice": (lambda: changed(small(), "bn1", name="conv1"), "`conv1`: an earlier value already has this name"),
    "name of an input": (
        lambda: changed(small(), "conv1", name="input"),
        "`input`: an earlier value already has this name",
    ),
    "no path": (
        lambda: changed(small(), "bn1", path="bn 1"),
        "`bn1`: `bn 1` is not a valid path of letters, digits, underscores and hyphens, in parts joined by dots",
    ),
    "path within another": (
        lambda: relu_after("a.b.bias"),
        "`c`: `a.b.bias` passes through `a.b`, which is a node itself",
    ),
    "path around another": (lambda: relu_after("a"), "`a.b`: `a.b` passes through `a`, which is a node itself"),
    "wrong shape": (
        lambda: changed(small(), "conv1", shapes=((8, 32, 31),)),
        "`conv1`: the shape is given as 8x32x31, but is 8x32x32",
    ),
    "shape of an op that does not fit": (
        lambda: changed(
            small(), "conv1", op=op_named("conv").build({"kernel": 40, "out": 8, "pad": 0}, ((3, 32, 32),))
        ),
        "`conv1`: the window of `conv` covers 40 but the padded input has size 32",
    ),
    "too many inputs": (
        lambda: changed(small(), "relu", inputs=("bn1", "bn1")),
        "`relu`: `relu` takes 1 input, but is given 2",
    ),
    "too few inputs": (
        lambda: changed(branches(), "add", inputs=("concat",)),
        "`add`: `add` takes two or more inputs, but is given 1",
    ),
    "joins one": (
        lambda: changed(small(), "relu", joins="residual"),
        "`relu`: joins a residual, but has only one input",
    ),
    "call for another shape": (
        lambda: changed(shared(), "head", inputs=("maxpool",)),
        "`head`: the body expects 4x8x8, but its input is 4x4x4",
    ),
    "runs overlap": (lambda: with_run(small(), 1, first=0), "`layer2.0`: the indices of two runs overlap"),
    "unknown value in a body": (
        lambda: with_body_node(small(), 2, inputs=("bn3",)),
        "`layer2.1.relu`: reads `bn3`, which no earlier node yields",
    ),
    "wrong shape in a body": (
        lambda: with_body_node(small(), 1, shapes=((16, 1, 1),)),
        "`layer2.1.bn1`: the shape is given as 16x1x1, but is 16x16x16",
    ),
    "body without its output": (
        lambda: with_body(small(), output="nothing"),
        "`layer2.1`: the output `nothing` is not a value of the body",
    ),
    "another op under one path": (
        lambda: changed(small(), "bn1", path="conv1"),
        "`bn1`: calls `conv1` again, but with another op or another state",
    ),
    "another body under one path": (
        other_head,
        "`head_2`: calls `head` again, but with another op or another state",
    ),
    "layer and call under one path": (
        lambda: changed(shared(), "last", path="head"),
        "`last`: calls `head` again, but with another op or another state",
    ),
    "output without a value": (
        lambda: small().replace(outputs=(Tap(name="output", value="c5"),)),
        "`output`: the value of this output, `c5`, does not exist",
    ),
    "output that is not the last": (
        lambda: small().replace(outputs=(Tap(name="output", value="fc"), Tap(name="logits", value="fc"))),
        "`output`: only the last output can have this name",
    ),
    "last output in training only": (
        lambda: small().replace(outputs=(Tap(name="output", value="fc", training=True),)),
        "`output`: the last output is one in inference too",
    ),
    "output with a hyphen": (
        lambda: small().replace(outputs=(Tap(name="log-its", value="fc"),)),
        "`log-its`: the name of this output is not made of letters, digits and underscores",
    ),
    "outputs of one name": (
        lambda: small().replace(outputs=(Tap(name="output", value="fc"),) * 2),
        "`output`: an input or another output already has the name of this output",
    ),
    "output with the name of an input": (
        lambda: branches().replace(outputs=(Tap(name="image", value="add"), Tap(name="output", value="add"))),
        "`image`: an input or another output already has the name of this output",
    ),
    "output with a point": (
        lambda: small().replace(outputs=(Tap(name="conv1.weight", value="fc"), Tap(name="output", value="fc"))),
        "`conv1.weight`: the name of this output is not made of letters, digits and underscores",
    ),
    "too deep": (lambda: nested(DEEPEST + 1), f"`top`: bodies are nested more than {DEEPEST} levels deep"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_unsound(name: str) -> None:
    make, sentence = FAULTS[name]
    with pytest.raises(InvalidNetwork) as caught:
        verify(make())
    assert sentence in caught.value.findings
    assert str(caught.value) == "\n".join(caught.value.findings)


def test_repeat_that_changes_the_shape() -> None:
    with pytest.raises(
        InvalidNetwork, match=r"`layer2\.0`: is repeated, but changes the shape from 8x32x32 to 16x16x16"
    ):
        verify(with_run(small(), 0, count=2))


def test_runs_that_do_not_follow() -> None:
    network = small()
    stage = node_of(network, "layer2")
    assert isinstance(stage, Stage)
    with pytest.raises(InvalidNetwork) as caught:
        verify(changed(network, "layer2", runs=stage.runs[1:]))
    assert "`layer2.1`: the body expects 16x16x16, but its input is 8x32x32" in caught.value.findings


def test_all_that_is_wrong_is_reported() -> None:
    network = changed(changed(small(), "bn1", inputs=("conv7",)), "conv1", shapes=((8, 1, 1),))
    with pytest.raises(InvalidNetwork) as caught:
        verify(network)
    assert len(caught.value.findings) == 2


def test_unsound_body_is_found_again() -> None:
    network = with_body_node(small(), 1, shapes=((16, 1, 1),))
    for _ in range(2):
        with pytest.raises(InvalidNetwork):
            verify(network)


def test_records_are_strict_about_numbers() -> None:
    layer = node_of(small(), "conv1")
    for shapes in (((8, True, 1),), (("8", 1, 1),), ((8, 0, 1),), ((),), ()):
        with pytest.raises(Invalid, match=r"^`shapes.*`: expected (an integer|at least 1)"):
            layer.replace(shapes=shapes)
