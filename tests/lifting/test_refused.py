"""Files that cannot be lifted: each is refused in a sentence, with an exit code, and nothing is written."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import quantize_dynamic
from torch import Tensor, nn

import resdsl
from tests.cli.running import Command
from tests.lifting.conftest import refused

Nodes = list[onnx.NodeProto]
IMAGE = [1, 3, 8, 8]


class Transformer(nn.Module):
    """A small ViT."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 32, 8, 8)
        self.token = nn.Parameter(torch.zeros(1, 1, 32))
        self.places = nn.Parameter(torch.zeros(1, 17, 32))
        layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places
        made: Tensor = self.head(self.layers(x)[:, 0])
        return made


class Detector(nn.Module):
    """The head of a YOLO behind two convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.SiLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.SiLU())
        self.head = nn.Conv2d(32, 27, 1)
        self.register_buffer("anchors", torch.ones(1, 3, 1, 1, 2))

    def forward(self, x: Tensor) -> Tensor:
        y = self.head(self.body(x))
        batch, _, height, width = y.shape
        y = y.view(batch, 3, 9, height, width).permute(0, 1, 3, 4, 2)
        rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        centres = (y[..., :2].sigmoid() * 2 - 0.5 + torch.stack([columns, rows], -1).float()) * 4
        sizes = (y[..., 2:4].sigmoid() * 2) ** 2 * self.get_buffer("anchors")
        return torch.cat([centres, sizes, y[..., 4:].sigmoid()], -1).reshape(batch, -1, 9)


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.memory = nn.LSTM(8, 16, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.memory(x)[0]
        return made[:, -1]


def exported(module: nn.Module, shape: tuple[int, ...], path: Path, **options: Any) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module.eval(), (torch.zeros(*shape),), path, dynamo=False, **options)
    return path


def transformer(folder: Path) -> Path:
    return exported(Transformer(), (1, 3, 32, 32), folder / "net.onnx")


def detector(folder: Path) -> Path:
    return exported(Detector(), (1, 3, 32, 32), folder / "net.onnx")


def recurrent(folder: Path) -> Path:
    return exported(Recurrent(), (1, 5, 8), folder / "net.onnx")


def dynamic(folder: Path) -> Path:
    axes = {"x": {0: "batch", 2: "height", 3: "width"}}
    return exported(nn.Conv2d(3, 8, 3), (1, 3, 9, 9), folder / "net.onnx", input_names=["x"], dynamic_axes=axes)


def quantised(folder: Path) -> Path:
    quantize_dynamic(resdsl.load("resnet20").to_onnx(folder / "whole.onnx"), folder / "net.onnx")
    return folder / "net.onnx"


@pytest.mark.parametrize(
    ("make", "messages"),
    [
        (transformer, ["Concat: the node `", "with a constant part, such as the token of a class", "`--until NODE`"]),
        (detector, ["Pow: the node `", "Add: the node `", "of a constant that is not one number for each channel"]),
        (recurrent, ["LSTM: the node `/memory/LSTM` in memory: recurrent; the language has no layers with a memory"]),
        (dynamic, ["the input `x` has open sizes, 3x?x?: give them, as in `--input 3x224x224`"]),
        (
            quantised,
            ["DynamicQuantizeLinear: ", " nodes, the first is `", "lift the file from before it was quantised"],
        ),
    ],
)
def test_models_that_the_language_cannot_say_are_refused(
    make: Callable[[Path], Path], messages: list[str], command: Command, tmp_path: Path
) -> None:
    refused(command, make(tmp_path), *messages)


# ------------------------------------------------------------------------------- what is no graph, or no such node


def node(kind: str, inputs: str, outputs: str, name: str = "", **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(kind, inputs.split(), outputs.split(), name=name, **attributes)


def value(name: str, shape: list[int] | None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def saved(folder: Path, nodes: Nodes, shape: list[int] | None = None, **constants: Any) -> Path:
    """A model of these nodes from `x` to `y`."""
    tensors = [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "g", [value("x", shape or IMAGE)], [value("y", None)], tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), folder / "net.onnx")
    return folder / "net.onnx"


def branch(kind: str) -> onnx.GraphProto:
    return helper.make_graph([node(kind, "x", "t")], "branch", [], [value("t", None)])


def body() -> onnx.GraphProto:
    nodes = [node("Identity", "go", "on"), node("Relu", "v", "w")]
    given = [
        helper.make_tensor_value_info("i", TensorProto.INT64, []),
        helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        value("v", None),
    ]
    made = [helper.make_tensor_value_info("on", TensorProto.BOOL, []), value("w", None)]
    return helper.make_graph(nodes, "body", given, made)


KERNEL = np.zeros((8, 3, 3, 3), "f4")
WIRING: dict[str, tuple[Nodes, str]] = {
    "circle": (
        [node("Add", "x b", "a", "one"), node("Relu", "a", "b", "two"), node("Relu", "b", "y")],
        "the node `one` reads `b`, which the node `two` yields only later: the nodes are in a circle, or not in order",
    ),
    "no order": (
        [node("Relu", "a", "y", "two"), node("Relu", "x", "a", "one")],
        "the node `two` reads `a`, which the node `one` yields only later",
    ),
    "of no node": ([node("Add", "x ghost", "y", "sum")], "the node `sum` reads `ghost`, which nothing yields"),
    "two of one output": (
        [node("Relu", "x", "a", "one"), node("Tanh", "x", "a", "two"), node("Relu", "a", "y")],
        "the node `two` yields `a`, and so does the node `one`",
    ),
    "an input": (
        [node("Relu", "x", "x", "one"), node("Relu", "x", "y")],
        "the node `one` yields `x`, which the file has",
    ),
    "no output": ([node("Relu", "x", "a", "one")], "the output `y` is yielded by no node"),
}


@pytest.mark.parametrize("case", WIRING)
def test_nodes_that_are_no_graph_are_refused(case: str, command: Command, tmp_path: Path) -> None:
    nodes, message = WIRING[case]
    refused(command, saved(tmp_path, nodes), message)


ODD: dict[str, tuple[onnx.NodeProto, dict[str, Any], str]] = {
    "if": (
        node("If", "k", "y", "choice", then_branch=branch("Relu"), else_branch=branch("Tanh")),
        {"k": np.array(True)},
        "If: the node `choice`: control flow",
    ),
    "loop": (node("Loop", "n k x", "y", "again", body=body()), {"n": 3, "k": np.array(True)}, "Loop: the node `again`"),
    "a weight of other channels": (
        node("Conv", "x k", "y", "conv"),
        {"k": np.zeros((8, 4, 3, 3), "f4")},
        "its `weight` is 8x4x3x3, where 8x3x3x3 is needed",
    ),
    "a weight of many axes": (
        node("Conv", "x k", "y", "conv"),
        {"k": np.zeros((8, 3, *[1] * 40), "f4")},
        "its weight has 42 axes, and its input 4",
    ),
    "a norm without its statistics": (
        node("BatchNormalization", "x k", "y", "norm"),
        {"k": np.ones(3, "f4")},
        "BatchNormalization: the node `norm`: it has no `bias`",
    ),
    "an attribute of another type": (
        node("Conv", "x k", "y", "conv", strides="ab"),
        {"k": KERNEL},
        "its attribute `strides` is not a list of integers",
    ),
    "an axis that is not there": (node("Softmax", "x", "y", "s", axis=99), {}, "along the axis 99, of 4"),
    "padding of few numbers": (node("Pad", "x k", "y", "pad"), {"k": np.array([1, 1])}, "Pad: the node `pad`"),
    "padding of another kind": (
        node("Pad", "x k", "y", "pad", mode="mirror"),
        {"k": np.array([0, 0, 1, 1, 0, 0, 1, 1])},
        "of the kind mirror",
    ),
    "steps of zero": (
        node("Slice", "x k n a z", "y", "part"),
        {"k": np.array([0]), "n": np.array([5]), "a": np.array([2]), "z": np.array([0])},
        "Slice: the node `part`",
    ),
    "sizes without end": (
        node("Resize", "x  k", "y", "larger"),
        {"k": np.array([1, 1, np.inf, np.nan], "f4")},
        "Resize: the node `larger`",
    ),
    "no groups": (node("Conv", "x k", "y", "conv", group=0), {"k": KERNEL}, "`groups`: expected at least 1"),
}


@pytest.mark.parametrize("case", ODD)
def test_nodes_with_odd_operands_and_attributes_are_refused(case: str, command: Command, tmp_path: Path) -> None:
    made, constants, message = ODD[case]
    if made.op_type == "Resize":
        made.input[:] = ["x", "", "k"]
    refused(command, saved(tmp_path, [made], **constants), message)


def test_constants_that_would_be_large_are_not_computed(command: Command, tmp_path: Path) -> None:
    numbers = [node("Range", "a b c", "k", "numbers"), node("Add", "x k", "y")]
    refused(
        command, saved(tmp_path, numbers, a=0, b=10**12, c=1), "Range: the node `numbers`: a computation with large"
    )
    spread = [node("Mul", "a b", "k", "product"), node("Add", "x k", "y")]
    long = np.ones(60_000, "f4")
    path = saved(tmp_path, spread, a=long[:, None], b=long[None])
    refused(command, path, "Mul: the node `product`: a computation with large constants")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ([1, -3, 8, 8], "the input `x` is 1x-3x8x8 in the file, which has no values"),
        ([1, 0, 8, 8], "the input `x` is 1x0x8x8 in the file"),
    ],
)
def test_inputs_of_no_values_are_refused(shape: list[int], message: str, command: Command, tmp_path: Path) -> None:
    refused(command, saved(tmp_path, [node("Relu", "x", "y")], shape), message)


def test_any_number_of_axes_is_read(command: Command, tmp_path: Path) -> None:
    path = saved(tmp_path, [node("Relu", "x", "y")], [1] + [2] * 300)
    assert command("lift", str(path), "--no-run").code == 0


@pytest.mark.parametrize(
    ("count", "message"), [(1, "functions of the file call each other without end"), (26, "come to 134_217_728 nodes")]
)
def test_functions_without_end_or_measure_are_refused(
    count: int, message: str, command: Command, tmp_path: Path
) -> None:
    """One that calls itself, or a row of them, each of which calls the next one twice."""
    functions = []
    for place in range(count):
        inner, domain = (f"F{place + 1}", "d") if place + 1 < count else ("F0", "d") if count == 1 else ("Relu", "")
        twice = [helper.make_node(inner, [one], [other], domain=domain) for one, other in ("at", "tb")]
        functions.append(helper.make_function("d", f"F{place}", ["a"], ["b"], twice, [helper.make_opsetid("", 17)]))
    calls = [helper.make_node("F0", [one], [other], domain="d") for one, other in ("xt", "ty")]
    graph = helper.make_graph(calls, "g", [value("x", IMAGE)], [value("y", None)])
    onnx.save(helper.make_model(graph, functions=functions), tmp_path / "net.onnx")
    refused(command, tmp_path / "net.onnx", message)
