"""Every value of a file has its shape in it, those between the nodes of one op included."""

from __future__ import annotations

import onnx
import pytest

from resdsl.backends.onnx.write import onnx_bytes
from resdsl.ir.network import Layer
from resdsl.weights.source import Seeded
from tests.backends.onnx.shapes import assert_every_value_has_its_shape, dims
from tests.ir.networks import Graph
from tests.ops.frameworks import Case, cases


def model_of(case: Case) -> onnx.ModelProto:
    """A network of the one op."""
    graph = Graph(**{f"x{index}": shape for index, shape in enumerate(case.inputs)})
    graph.nodes.append(
        Layer(name="layer", path="layer", op=case.op, inputs=tuple(graph.inputs), shapes=case.outputs, role="main")
    )
    graph.shapes["layer"] = case.outputs[0]
    graph.layer("relu", name="relu")
    return onnx.load_from_string(onnx_bytes(graph.network("one_op"), Seeded()))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_every_value_of_every_op_has_its_shape(case: Case) -> None:
    model = model_of(case)
    onnx.checker.check_model(model, full_check=True)
    assert_every_value_has_its_shape(model)


def test_what_is_made_of_weights_alone_has_no_batch() -> None:
    (case, *_) = [case for case in cases() if case.op.op == "prelu"]
    found = {value.name: dims(value) for value in model_of(case).graph.value_info}
    assert found == {"layer": ("batch", 3, 5, 7), "layer/Reshape": (3, 1, 1)}
