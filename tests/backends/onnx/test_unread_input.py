"""An input that nothing reads and an output shows: ONNX has one name for a value, so that it is copied."""

from __future__ import annotations

import numpy as np
import onnxruntime

from resdsl.backends.onnx.graph import onnx_graph
from resdsl.backends.onnx.write import onnx_bytes
from resdsl.ir.network import NamedShape, Network, Tap
from resdsl.weights.source import Seeded

THROUGH = Network(
    name="through",
    inputs=(NamedShape(name="image", shape=(2, 3)),),
    nodes=(),
    outputs=(Tap(name="output", value="image"),),
)


def test_the_input_keeps_its_name() -> None:
    made = onnx_graph(THROUGH)
    assert list(made.inputs) == ["image"]
    assert [(node.op_type, node.inputs, node.outputs) for node in made.nodes] == [("Identity", ["image"], ["output"])]


def test_onnxruntime_yields_the_input() -> None:
    given = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    session = onnxruntime.InferenceSession(onnx_bytes(THROUGH, Seeded()), providers=["CPUExecutionProvider"])
    (found,) = session.run(["output"], {"image": given})
    assert np.array_equal(found, given)
