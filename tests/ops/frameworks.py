"""An op's PyTorch and ONNX forms brought to life, as plainly as can be, to compare the two.

The backends do this for whole networks; the ops are tested without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from resdsl.backends.onnx.form import IR_VERSIONS
from resdsl.backends.onnx.opsets import onnx_form
from resdsl.ops.base import Op, Shapes
from resdsl.ops.forms import OnnxConstant, OnnxNode, TorchExpression, TorchModule
from resdsl.ops.records import Sample, Tensor
from resdsl.ops.registry import all_ops

OPSET = 21

Array = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


@dataclass(frozen=True)
class Case:
    """One sample of one op, built."""

    name: str
    op: Op
    inputs: Shapes
    sample: Sample

    @property
    def outputs(self) -> Shapes:
        return self.op.infer(self.inputs)

    @property
    def state(self) -> tuple[Tensor, ...]:
        return self.op.state(self.inputs)


def cases() -> list[Case]:
    """Every sample of every registered op."""
    return [
        Case(f"{name}-{number}", cls.build(sample.given, sample.inputs), sample.inputs, sample)
        for name, cls in all_ops().items()
        for number, sample in enumerate(cls.samples)
    ]


def random_inputs(case: Case, batch: int) -> list[Array]:
    """Standard normal inputs, three times as large, to reach the bends of activations."""
    generator = np.random.Generator(np.random.PCG64(len(case.name) + batch))
    return [(3 * generator.standard_normal((batch, *shape))).astype(np.float32) for shape in case.inputs]


def random_state(case: Case) -> dict[str, Array]:
    """Values in [0.5, 1.5), which serve as variances too, with the signs of weights mixed."""
    generator = np.random.Generator(np.random.PCG64(len(case.name)))
    values: dict[str, Array] = {}
    for tensor in case.state:
        value = generator.random(tensor.shape) + 0.5
        if tensor.role in ("weight", "bias"):
            value = value * generator.choice([-1, 1], tensor.shape)
        values[tensor.name] = np.asarray(value, tensor.dtype)
    return values


def applied_state(case: Case) -> dict[str, Array]:
    """The same as an ONNX file has them: a weight that is standardised in each forward pass is standardised already."""
    values = random_state(case)
    how = case.op.standardises(case.inputs)
    if how is None:
        return values
    rows = values["weight"].reshape(len(values["weight"]), -1).astype(np.float64)
    rows = (rows - rows.mean(1, keepdims=True)) / np.sqrt(rows.var(1, keepdims=True) + how.eps)
    gain = values.pop("gain").reshape(-1, 1) * how.factor if how.gain else 1
    return values | {"weight": (rows * gain).astype(np.float32).reshape(values["weight"].shape)}


class TorchOp(torch.nn.Module):
    """An op by its PyTorch form."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.form = case.op.torch(case.inputs)
        self.module = _module(self.form) if isinstance(self.form, TorchModule) else None
        if isinstance(self.form, TorchExpression) and self.form.holds:
            self.register_parameter(self.form.holds.name, torch.nn.Parameter(torch.empty(self.form.holds.shape)))

    def load(self, state: dict[str, Array]) -> None:
        """Take these values by name; every name must be met."""
        (self.module or self).load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        if isinstance(self.form, TorchExpression):
            result = self._evaluate(self.form, inputs)
        else:
            assert self.module is not None
            before = self.form.before or "{0}"
            result = self.module(*(self._evaluate(TorchExpression(before), [value]) for value in inputs))
        return result if isinstance(result, tuple) else (result,)

    def _evaluate(self, form: TorchExpression, inputs: Sequence[torch.Tensor]) -> object:
        known = {f"x{position}": value for position, value in enumerate(inputs)}
        text = form.template.format(
            *known,
            inputs=", ".join(known),
            **dict(form.arguments),
            **{name: name for name, _ in self.named_parameters(recurse=False)},
        )
        held = dict(self.named_parameters(recurse=False))
        return eval(text, {"torch": torch, "F": torch.nn.functional, **known, **held})


def _module(form: TorchModule) -> torch.nn.Module:
    module = class_of(form)(**dict(form.arguments))
    assert isinstance(module, torch.nn.Module)
    return module


def class_of(form: TorchModule) -> type:
    """The class of `torch.nn`, or the one that the form brings with it."""
    if form.definition is None:
        found = getattr(torch.nn, form.name)
        assert isinstance(found, type)
        return found
    names: dict[str, object] = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "Tensor": torch.Tensor}
    exec(form.definition, names)
    brought = names[form.name]
    assert isinstance(brought, type)
    return brought


def run_torch(case: Case, batch: int) -> list[Array]:
    """What the PyTorch form yields in inference."""
    module = TorchOp(case).eval()
    module.load(random_state(case))
    with torch.inference_mode():
        return [result.numpy() for result in module(*map(torch.from_numpy, random_inputs(case, batch)))]


def onnx_model(case: Case, *, stated: bool = True, opset: int = OPSET) -> onnx.ModelProto:
    """A model of the one op, its batch named N and its sizes stated or left to be inferred."""
    initializers = [numpy_helper.from_array(value, name) for name, value in applied_state(case).items()]
    nodes: list[onnx.NodeProto] = []
    between: list[onnx.ValueInfoProto] = []
    form = onnx_form(case.op, case.inputs, opset)
    for number, node in enumerate(form):
        last = number == len(form) - 1
        outputs = [f"y{i}" if last else f"{number}_{i}" for i in range(node.outputs)]
        operands = []
        for operand in node.inputs:
            operands += _operand(operand, case, number, initializers=initializers)
        nodes.append(_node(node, operands, outputs))
        batch = ["N"] * any(name.startswith("x") or name in {value.name for value in between} for name in operands)
        between += [
            _value(name, [*batch, *shape]) for name, shape in zip(outputs, node.yields, strict=False) if not last
        ]
    graph = helper.make_graph(
        nodes,
        "op",
        [_value(f"x{i}", ["N", *shape]) for i, shape in enumerate(case.inputs)],
        [_value(f"y{i}", ["N", *(size if stated else None for size in shape)]) for i, shape in enumerate(case.outputs)],
        initializers,
        value_info=between if stated else [],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=IR_VERSIONS[opset])


def _value(name: str, shape: list[str | int | None]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _node(node: OnnxNode, operands: list[str], outputs: list[str]) -> onnx.NodeProto:
    made = helper.make_node(node.op_type, operands, outputs)
    made.attribute.extend(helper.make_attribute(name, value) for name, value in node.attributes.items())
    return made


def _operand(
    operand: str | OnnxConstant, case: Case, number: int, *, initializers: list[onnx.TensorProto]
) -> list[str]:
    names = [f"x{i}" for i in range(len(case.inputs))]
    if isinstance(operand, OnnxConstant):
        name = f"constant{len(initializers)}"
        whole = all(isinstance(value, int) for value in operand.values)
        values = np.array(operand.values, np.int64 if whole else np.float32)
        initializers.append(numpy_helper.from_array(values.reshape(operand.dims), name))
        return [name]
    if operand == "{inputs}":
        return names
    if operand in ("{<}", "{<<}"):
        return [f"{number - operand.count('<')}_0"]
    return [operand.format(*names, **{tensor.name: tensor.name for tensor in case.state})]


def run_onnx(case: Case, batch: int, opset: int = OPSET) -> list[Array]:
    """What the ONNX form in an opset yields in onnxruntime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        onnx_model(case, opset=opset).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    results: list[Array] = session.run(None, {f"x{i}": value for i, value in enumerate(random_inputs(case, batch))})
    return results
