"""The forms of every op in older opsets: valid there, with the same shapes and results."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import defs

from resdsl.backends.onnx.form import IR_VERSIONS, NEWEST, OLDEST
from resdsl.backends.onnx.opsets import OpsetTooOld, at_opset, onnx_form
from resdsl.ops.forms import OnnxNode
from tests.backends.onnx.shapes import assert_every_value_has_its_shape
from tests.ops.frameworks import Case, cases, onnx_model, run_onnx, run_torch

MODERN, RECENT = 17, 21


def least(case: Case) -> int:
    """The first opset in which the op has a form."""
    try:
        onnx_form(case.op, case.inputs, OLDEST)
    except OpsetTooOld as old:
        return old.needed
    return OLDEST


each_case = pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)


@each_case
def test_forms_are_valid_and_agree_with_torch(case: Case) -> None:
    expected = run_torch(case, batch=2)
    for opset in sorted({least(case), max(least(case), MODERN), RECENT, NEWEST}):
        model = onnx_model(case, opset=opset)
        onnx.checker.check_model(model, full_check=True)
        assert_every_value_has_its_shape(model)
        for ours, theirs in zip(expected, run_onnx(case, 2, opset), strict=True):
            assert np.abs(ours - theirs).max() < 1e-5 * max(1.0, float(np.abs(ours).max())), opset


@each_case
def test_nodes_say_from_which_opset_on_they_are_valid(case: Case) -> None:
    """By the definitions of ONNX: what a node uses is there from that opset on, and not before where it has another."""
    for opset in range(least(case), NEWEST + 1):
        for node in at_opset(case.op.onnx(case.inputs), opset):
            assert defined(node, opset), f"{node.op_type} in opset {opset}"
    for node in case.op.onnx(case.inputs):
        assert node.older is None or not all(defined(node, opset) for opset in range(OLDEST, node.since)), node.op_type


def defined(node: OnnxNode, opset: int) -> bool:
    """Whether an operator exists in an opset, and takes this many operands and these attributes."""
    try:
        schema = defs.get_schema(node.op_type, opset)
    except defs.SchemaError:
        return False
    return len(node.inputs) <= schema.max_input and node.attributes.keys() <= schema.attributes.keys()


def test_a_network_of_layer_norms_needs_opset_17() -> None:
    norms = [case for case in cases() if case.op.op == "layer_norm"]
    assert {least(case) for case in norms} == {17}
    with pytest.raises(OpsetTooOld, match="`layer_norm` cannot be written in opset 16: it needs opset 17 or a later"):
        onnx_form(norms[0].op, norms[0].inputs, 16)


def test_ir_versions_are_those_of_the_releases() -> None:
    released = {opset: version for _, version, opset, *_ in reversed(onnx.helper.VERSION_TABLE)}
    assert {opset: released[opset] for opset in IR_VERSIONS} == IR_VERSIONS
