"""The forms that an op takes in PyTorch and in ONNX, as data.

A backend turns them into text or protobuf; an op only says which. In a form, `{0}`, `{1}` ... stand
for the op's inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Scalar = int | float | bool | str
Argument = Scalar | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TorchModule:
    """A module made with keyword arguments and called on the op's inputs.

    A tuple argument of equal numbers may be written as one of them (`3` for `(3, 3)`), as `torch.nn` allows.

    Attributes:
        name: class name in `torch.nn`, such as `Conv2d`; or that of `definition`.
        arguments: arguments in the order in which they are written.
        positional: how many of the first ones are written without their names.
        defaults: values of arguments that are not written.
        before: an expression through which each input passes first, such as `torch.flatten({0}, 1)`.
        definition: the Python source of the class, where `torch.nn` has none. It may use `torch`, `nn`,
            `F` (`torch.nn.functional`) and `Tensor`, and is formatted as the generated file is. One with
            running statistics is a batch norm to PyTorch (`_BatchNorm`), or renews them twice where a stage is
            computed again.
        fresh: whether the output is a tensor of its own whose values the backward pass does not need, so
            that what follows may overwrite it.
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


@dataclass(frozen=True, slots=True)
class TorchExpression:
    """A Python expression over the inputs, `torch` and `F` (`torch.nn.functional`), without any state.

    Attributes:
        template: the expression; `{0}` is the first input, `{inputs}` all of them, comma-separated;
            `{stride}` and the like are the arguments. Other braces are doubled.
        arguments: numbers in the template that may differ from one use of a block to the next.
        fresh: as in `TorchModule`.
    """

    template: str
    arguments: tuple[tuple[str, Argument], ...] = ()
    fresh: bool = False


TorchForm = TorchModule | TorchExpression


@dataclass(frozen=True, slots=True)
class OnnxConstant:
    """A small constant operand: int64 if all values are integers, else float32."""

    values: tuple[int, ...] | tuple[float, ...]
    scalar: bool = False


@dataclass(frozen=True, slots=True)
class OnnxNode:
    """One ONNX node.

    Attributes:
        op_type: ONNX' operator.
        inputs: operands in order: `{0}` is the op's first input, `{inputs}` all of them, `{weight}`
            a state tensor, `{<}` the first output of the node before; "" an operand left out; or a constant.
        attributes: ONNX attributes.
        outputs: number of outputs.
        yields: their shapes for one sample; the last node need not give them, they are the op's. What is made of
            state alone has no batch, and its shape is whole.
    """

    op_type: str
    inputs: tuple[str | OnnxConstant, ...] = ("{0}",)
    attributes: Mapping[str, int | float | str | tuple[int, ...]] = field(default_factory=dict)
    outputs: int = 1
    yields: tuple[tuple[int, ...], ...] = ()
