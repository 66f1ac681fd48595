"""The forms of an op in PyTorch and in ONNX, as data.

An op only chooses its forms; a backend turns them into text or protobuf. In a form, `{0}`, `{1}`, ... are the inputs of
the op. The ONNX form of an op is that of a recent opset; a node that older ones do not know says so, and what stands in
its place there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from resdsl.ops.records import Tensor

Scalar = int | float | bool | str
Argument = Scalar | tuple[int, ...]
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TorchModule:
    """A module that is made with keyword arguments and called on the op's inputs.

    A tuple of equal numbers may be written as a single number (`3` for `(3, 3)`), as `torch.nn` allows.

    Attributes:
        name: the class name in `torch.nn`, such as `Conv2d`, or the name of the class in `definition`.
        arguments: arguments in the order in which they are written.
        positional: how many of the first ones are written without their names.
        defaults: the values for which an argument is not written.
        before: an expression that is applied to each input first, such as `torch.flatten({0}, 1)`.
        definition: the Python source of the class, if `torch.nn` does not have one. It may use `torch`, `nn`,
            `F` (`torch.nn.functional`) and `Tensor`, and is formatted like the generated file. A class with running
            statistics should be a batch norm to PyTorch (`_BatchNorm`); otherwise it updates them twice when a stage
            is recomputed.
        fresh: whether the output is a separate tensor whose values the backward pass does not need, so
            that what follows may overwrite it.
        base: the convolution of `torch.nn` that the class in `definition` derives from.
        overwrites: whether the class takes `inplace=True`, and then writes its output over its input.
    """

    name: str
    arguments: tuple[tuple[str, Argument], ...] = ()
    positional: int = 0
    defaults: tuple[tuple[str, Argument], ...] = ()
    before: str | None = None
    definition: str | None = None
    fresh: bool = False
    overwrites: bool = False
    base: str = ""


@dataclass(frozen=True, slots=True)
class TorchExpression:
    """A Python expression in the inputs, `torch` and `F` (`torch.nn.functional`).

    Attributes:
        template: the expression; `{0}` is the first input, `{inputs}` all of them, comma-separated;
            `{stride}` and the like are the arguments. Other braces must be doubled.
        arguments: numbers in the template that may differ between uses of a block.
        fresh: as in `TorchModule`.
        holds: a parameter of the block itself, by whose name (`{weight}`) the template refers to it; there is no other
            state.
    """

    template: str
    arguments: tuple[tuple[str, Argument], ...] = ()
    fresh: bool = False
    holds: Tensor | None = None


TorchForm = TorchModule | TorchExpression


@dataclass(frozen=True, slots=True)
class OnnxConstant:
    """A small constant operand.

    It is of booleans if all values are, int64 if all are integers, and else of the type of the values of the network.

    It is a list, unless it is a scalar or has a `shape` of its own. With `single` it is float32 in every file.
    """

    values: tuple[int, ...] | tuple[float, ...]
    scalar: bool = False
    shape: tuple[int, ...] = ()
    single: bool = False

    @property
    def dims(self) -> tuple[int, ...]:
        """The shape of the tensor."""
        return () if self.scalar else self.shape or (len(self.values),)


@dataclass(frozen=True, slots=True)
class OnnxNode:
    """One ONNX node.

    Attributes:
        op_type: the ONNX operator.
        inputs: operands in order: `{0}` is the op's first input, `{inputs}` all of them, `{weight}`
            a state tensor, `{<}` the first output of the previous node, `{<<}` that of the node before it, "" an
            operand left out; or a constant.
        attributes: ONNX attributes.
        outputs: number of outputs.
        yields: their shapes for one sample; not needed for the last node, whose shapes are those of the op. A value
            computed from state alone has no batch, so its shape is complete.
        since: the first opset in which the operator exists and takes these operands and attributes, of those that
            files are written in.
        older: the nodes in its place below that opset; None if there is no such form.
        updates: the names of state tensors whose new values are its last outputs, in training.
    """

    op_type: str
    inputs: tuple[str | OnnxConstant, ...] = ("{0}",)
    attributes: Mapping[str, int | float | str | tuple[int, ...]] = field(default_factory=dict)
    outputs: int = 1
    yields: tuple[tuple[int, ...], ...] = ()
    since: int = 13
    older: tuple[OnnxNode, ...] | None = None
    updates: tuple[str, ...] = ()


def onnx_reduction(op_type: str, operand: str, axis: int, *, keep: bool, yields: tuple[Shape, ...] = ()) -> OnnxNode:
    """A reduction over one axis, counted from the batch. The axis is an operand from opset 18 on."""
    keepdims = {"keepdims": int(keep)}
    older = OnnxNode(op_type, (operand,), {"axes": (axis,), **keepdims}, yields=yields)
    return OnnxNode(
        op_type, (operand, OnnxConstant((axis,))), keepdims, yields=yields, since=_AXES_ARE_OPERANDS, older=(older,)
    )


_AXES_ARE_OPERANDS = 18
"""The opset from which on ReduceMean and ReduceMax take their axes as an operand, as Pad does."""
