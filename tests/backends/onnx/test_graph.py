"""Names in the ONNX graph."""

from __future__ import annotations

import pytest

from resdsl.backends.onnx.graph import onnx_graph
from resdsl.ir.network import Tap
from resdsl.ir.walk import state
from tests.ir.networks import Graph, branches, shared, small


def test_nodes_are_called_by_their_paths() -> None:
    graph = onnx_graph(small())
    names = [node.name for node in graph.nodes]
    assert names[:4] == ["conv1", "bn1", "relu", "layer1.0.conv1"]
    assert names[-3:] == ["avgpool", "fc/Flatten", "fc"]
    assert len(set(names)) == len(names)


def test_values_are_called_by_their_layers_and_outputs_by_their_names() -> None:
    graph = onnx_graph(small())
    nodes = {node.name: node for node in graph.nodes}
    assert nodes["layer2.0.add"].inputs == ["layer2.0.bn2", "layer2.0.downsample.1"]
    assert nodes["layer2.0.add"].outputs == ["layer2.0.add"]
    assert nodes["fc"].inputs == ["fc/Flatten", "fc.weight", "fc.bias"]
    assert nodes["fc"].outputs == ["output"]
    assert graph.outputs == {"output": (10,)}
    assert "fc" not in graph.values


def test_weights_are_the_state_without_counters() -> None:
    for network in (small(), branches(), shared()):
        wanted = {name: tensor for name, tensor in state(network) if tensor.dtype == "float32"}
        assert onnx_graph(network).weights == wanted


def test_values_that_are_read_or_shown_twice_are_copied() -> None:
    graph = onnx_graph(branches())
    copies = [(node.inputs, node.outputs) for node in graph.nodes if node.op_type == "Identity"]
    assert copies == [
        (["head.left"], ["left"]),
        (["relu"], ["same"]),
        (["features.0"], ["features"]),
        (["relu"], ["output"]),
    ]


def test_output_that_is_called_like_another_value() -> None:
    graph = Graph(input=(2, 4, 4))
    graph.layer("relu", name="output")
    graph.layer("sigmoid", name="c3")
    graph.layer("tanh", name="c4")
    made = onnx_graph(graph.network("clash", c3="output", c4="c4"))
    assert [(node.inputs, node.outputs) for node in made.nodes] == [
        (["input"], ["output/value"]),
        (["output/value"], ["c3/value"]),
        (["c3/value"], ["c4"]),
        (["output/value"], ["c3"]),
        (["c4"], ["output"]),
    ]


def test_output_that_shows_an_input() -> None:
    graph = Graph(input=(2, 4, 4))
    graph.layer("relu", name="relu")
    network = graph.network("through").replace(
        outputs=(Tap(name="same", value="input"), Tap(name="output", value="relu"))
    )
    made = onnx_graph(network)
    assert [(node.inputs, node.outputs) for node in made.nodes] == [
        (["input"], ["output"]),
        (["input"], ["same"]),
    ]


def test_module_called_again_shares_its_weights() -> None:
    nodes = {node.name: node for node in onnx_graph(shared()).nodes}
    assert nodes["head.conv"].inputs[1:] == nodes["head_2.conv"].inputs[1:] == ["head.conv.weight", "head.conv.bias"]


@pytest.mark.parametrize("op", ["layer_norm", "pad_channels"])
def test_names_of_an_op_of_several_nodes_or_constants(op: str) -> None:
    graph = Graph(input=(2, 4, 4))
    graph.layer("relu", name="relu")
    if op == "layer_norm":
        graph.layer("layer_norm", name="norm")
        graph.layer("relu", name="relu2")
        names = [node.name for node in onnx_graph(graph.network("norm")).nodes]
        assert names == ["relu", "norm/Transpose", "norm/LayerNormalization", "norm", "relu2"]
    else:
        graph.layer("pad_channels", name="pad", out=6)
        made = onnx_graph(graph.network("pad"))
        assert made.constants
        assert all(name.startswith("pad/") for name in made.constants)
