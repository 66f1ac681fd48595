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
    """A module of `torch.nn`, made with keyword arguments and called on the op's inputs.

    Attributes:
        name: class name in `torch.nn`, such as `Conv2d`.
        arguments: keyword arguments in the order in which they are written.
        before: an expression through which each input passes first, such as `torch.flatten({0}, 1)`.
    """

    name: str
    arguments: tuple[tuple[str, Argument], ...] = ()
    before: str | None = None


@dataclass(frozen=True, slots=True)
class TorchExpression:
    """A Python expression over the inputs, `torch` and `F` (`torch.nn.functional`).

    Attributes:
        template: the expression; `{0}` is the first input, `{inputs}` all of them, comma-separated.
            `{weight}` and the like are the op's own state; `{training}` is the module's mode.
        state: names of the state tensors that the template uses.
    """

    template: str
    state: tuple[str, ...] = ()


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
    """

    op_type: str
    inputs: tuple[str | OnnxConstant, ...] = ("{0}",)
    attributes: Mapping[str, int | float | str | tuple[int, ...]] = field(default_factory=dict)
    outputs: int = 1
