"""Every op against PyTorch and onnxruntime, on each of its samples."""

from __future__ import annotations

import inspect
import json

import numpy as np
import onnx
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from resdsl.ops.base import Op, Shapes
from resdsl.ops.forms import TorchExpression, TorchModule
from resdsl.ops.records import Sample, ShapeError
from resdsl.ops.registry import all_ops
from resdsl.records.checks import Invalid
from resdsl.records.record import MISSING
from tests.ops.frameworks import (
    Case,
    TorchOp,
    cases,
    class_of,
    onnx_model,
    random_inputs,
    random_state,
    run_onnx,
    run_torch,
)

CASES = cases()
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
each_op = pytest.mark.parametrize("op", all_ops().values(), ids=lambda op: op.kind())
GROWTH = 12
NOT_INFERRED = {"group_norm"}
"""ONNX defines GroupNormalization by a function, through whose reshapes its shape inference does not see."""


@each_case
def test_shapes_are_those_of_torch(case: Case) -> None:
    assert [result.shape for result in run_torch(case, batch=2)] == [(2, *shape) for shape in case.outputs]


@each_case
def test_state_is_that_of_torch(case: Case) -> None:
    made = TorchOp(case)
    if isinstance(made.form, TorchExpression):
        assert case.state == ((made.form.holds,) if made.form.holds else ())
    held = made.module or made
    assert all(tensor.alone == (made.module is None) for tensor in case.state)
    listed = [(name, tuple(value.shape), value.dtype) for name, value in held.state_dict().items()]
    assert listed == [(tensor.name, tensor.shape, getattr(torch, tensor.dtype)) for tensor in case.state]
    learned = {name for name, _ in held.named_parameters()}
    assert learned == {tensor.name for tensor in case.state if tensor.role != "buffer"}


@each_case
def test_values_left_unwritten_are_those_of_torch(case: Case) -> None:
    form = case.op.torch(case.inputs)
    if isinstance(form, TorchModule):
        declared = inspect.signature(class_of(form)).parameters
        for name, value in form.defaults:
            theirs = declared[name].default
            # A pool's stride is its kernel where it is not given.
            assert _same_for_torch(theirs, value) or (theirs is None and value == dict(form.arguments)["kernel_size"])


def _same_for_torch(theirs: object, ours: object) -> bool:
    """PyTorch takes one number for all axes."""
    return theirs == ours or (isinstance(ours, tuple) and set(ours) == {theirs})


@each_case
def test_what_is_fresh_may_be_overwritten(case: Case) -> None:
    """The backward pass gives the same gradients where the output is written over."""
    form = case.op.torch(case.inputs)
    if not form.fresh:
        return
    gradients = []
    for overwritten in (False, True):
        made = TorchOp(case).double()
        made.load(random_state(case))
        inputs = [torch.from_numpy(value).double().requires_grad_() for value in random_inputs(case, batch=2)]
        (result,) = made(*inputs)
        made_of = result.relu_() if overwritten else result.relu()
        made_of.square().sum().backward()
        gradients.append([value.grad for value in inputs])
    for plain, over in zip(*gradients, strict=True):
        assert plain is not None
        assert torch.equal(plain, over)


@each_case
@pytest.mark.parametrize("batch", [1, 3])
def test_torch_and_onnxruntime_agree(case: Case, batch: int) -> None:
    expected, found = run_torch(case, batch), run_onnx(case, batch)
    assert len(expected) == len(found) == len(case.outputs)
    for ours, theirs in zip(expected, found, strict=True):
        assert ours.shape == theirs.shape
        assert np.isfinite(ours).all()
        assert np.abs(ours - theirs).max() < 1e-5 * max(1.0, float(np.abs(ours).max()))


@each_case
def test_multiply_adds_are_those_that_torch_counts(case: Case) -> None:
    inputs = [torch.from_numpy(value) for value in random_inputs(case, batch=1)]
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        TorchOp(case).eval()(*inputs)
    work = case.op.work(case.inputs)
    assert counter.get_total_flops() == 2 * (work.macs + work.matmul)


@each_case
def test_onnx_form_is_valid_and_has_the_same_shapes(case: Case) -> None:
    stated = onnx_model(case)
    onnx.checker.check_model(stated, full_check=True)
    assert _inferred(stated) == case.outputs
    left_out = onnx_model(case, stated=False)
    onnx.checker.check_model(left_out, full_check=True)
    unknown = tuple((0,) * len(shape) for shape in case.outputs)
    assert _inferred(left_out) == (unknown if case.op.op in NOT_INFERRED else case.outputs)


def _inferred(model: onnx.ModelProto) -> Shapes:
    """Shapes after strict inference, which fails where a stated size is not the inferred one; 0 is unknown."""
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    shapes = (value.type.tensor_type.shape.dim[1:] for value in inferred.graph.output)
    return tuple(tuple(dim.dim_value for dim in shape) for shape in shapes)


@each_case
def test_strides_say_how_the_output_grows_with_the_input(case: Case) -> None:
    rank = len(case.inputs[0]) - 1
    strides = case.op.strides(rank)
    grown = tuple(_grown(shape, case.inputs[0], strides or (1,) * rank) for shape in case.inputs)
    try:
        after = type(case.op).build(case.sample.given, grown).infer(grown)
    except ShapeError:
        assert strides is None, "only an op whose shape is written out refuses a larger input"
        return
    for small, large in zip(case.outputs, after, strict=True):
        steps = [big - little for little, big in zip(small[1:], large[1:], strict=True)]
        if strides is None:
            assert len(small) - 1 != rank or all(step == 0 or step >= GROWTH for step in steps)
        else:
            assert steps == [GROWTH] * rank


def _grown(shape: tuple[int, ...], first: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, ...]:
    """The shape with each axis GROWTH strides longer; what is spread over an axis stays one there."""
    sizes = zip(shape[1:], first[1:], strides, strict=True)
    return (shape[0], *(size + GROWTH * stride if size == whole else size for size, whole, stride in sizes))


@each_case
def test_json_gives_the_same_op(case: Case) -> None:
    text = json.dumps(case.op.plain())
    assert type(case.op).of(json.loads(text)) == case.op


@each_case
def test_json_leaves_nothing_to_a_default(case: Case) -> None:
    """But for what is younger than the form of JSON, and has a default of Python's."""
    complete, fields = case.op.plain(), type(case.op).fields()
    needed = [name for name in type(case.op).parameters() if fields[name].default is MISSING]
    assert list(complete) == ["op", *(name for name in type(case.op).parameters() if name in complete)]
    young = [name for name in complete if name not in ("op", *needed)]
    assert all(complete[name] != fields[name].default == type(case.op).defaults[name] for name in young)
    for name in needed:
        with pytest.raises(Invalid, match=f"`{name}`: expected a value"):
            type(case.op).of({key: value for key, value in complete.items() if key != name})


@each_case
def test_work_is_counted_in_whole_numbers_from_zero(case: Case) -> None:
    work = case.op.work(case.inputs)
    counts = [getattr(work, name) for name in work.__slots__]
    assert all(type(count) is int and count >= 0 for count in counts)
    assert bool(work.macs) == case.op.weighted


@each_op
def test_op_is_described_and_has_samples(op: type[Op]) -> None:
    assert "abstract" not in (op.__doc__ or "")
    assert (inspect.getdoc(op) or "").startswith("`")
    assert "__doc__" in vars(op)
    assert len(op.samples) >= 3
    assert len({(sample.inputs, str(sample.given)) for sample in op.samples}) == len(op.samples)


@each_op
def test_samples_have_one_two_and_three_axes_unless_refused(op: type[Op]) -> None:
    covered = {len(sample.inputs[0]) - 1 for sample in op.samples}
    for rank in {1, 2, 3} - covered:
        with pytest.raises(ShapeError, match="axes"):
            _with_rank(op, op.samples[0], rank)


def _with_rank(op: type[Op], sample: Sample, rank: int) -> Shapes:
    inputs = tuple((shape[0], *(6,) * rank) for shape in sample.inputs)
    return op.build(sample.given, inputs).infer(inputs)


@each_op
def test_samples_leave_the_defaults(op: type[Op]) -> None:
    given = {name for sample in op.samples for name in sample.given}
    assert given == set(op.parameters())


@each_op
def test_a_setting_can_name_the_op_alone(op: type[Op]) -> None:
    """What `norm` and `act` resolve to is applied without arguments."""
    if op.normalises or op.activates:
        assert op.required() == ()
        assert op.build({}, ((32, 4, 4),)).infer(((32, 4, 4),)) == ((32, 4, 4),)
