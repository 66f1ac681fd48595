"""The PyTorch forms of layers, and how PyTorch initialises their tensors."""

from __future__ import annotations

from functools import lru_cache
from math import prod, sqrt
from typing import NamedTuple

from resdsl.ir.network import Body, Layer, Node
from resdsl.ops.base import Op, Shapes
from resdsl.ops.forms import TorchForm, TorchModule
from resdsl.ops.records import Constant, Normal, Tensor, Truncated


@lru_cache(maxsize=4096)
def op_form(op: Op, inputs: Shapes) -> TorchForm:
    """The PyTorch form of an op that reads values of these shapes."""
    return op.torch(inputs)


def reads(body: Body, node: Node) -> Shapes:
    """The shapes that a node reads."""
    return tuple([body.values[value] for value in node.inputs])


def form_of(body: Body, layer: Layer) -> TorchForm:
    """The PyTorch form of a layer of the body."""
    return op_form(layer.op, reads(body, layer))


def state_of(body: Body, layer: Layer) -> tuple[Tensor, ...]:
    """The parameters and buffers of a layer of the body."""
    return layer.op.state(reads(body, layer))


def is_filled(body: Body, layer: Layer) -> bool:
    """Whether a tensor of a layer starts with other values than PyTorch's, so that the source must fill it."""
    form = form_of(body, layer)
    return not all(first_value(form, tensor).is_default for tensor in state_of(body, layer))


class FirstValue(NamedTuple):
    """How a tensor is initialised.

    Attributes:
        function: the function of `nn.init`.
        number: its argument.
        is_default: whether PyTorch's constructor does the same, or the class of the network sees to it, as it does for
            convolutions.
    """

    function: str
    number: float
    is_default: bool


def first_value(form: TorchForm, tensor: Tensor) -> FirstValue:
    """How a tensor of a layer in this form is initialised."""
    init = tensor.init
    quiet = tensor.role == "buffer" or not isinstance(form, TorchModule) or is_convolution(form)
    if isinstance(init, Constant):
        return FirstValue("constant_", init.value, quiet or _starts_so(form, tensor, init.value))
    if isinstance(init, Normal):
        return FirstValue("normal_", init.std, quiet)
    if isinstance(init, Truncated):
        return FirstValue("trunc_normal_", init.std, quiet)
    return FirstValue("uniform_", init.bound, quiet or init.bound == _bound(form))


def is_he(form: TorchForm, tensor: Tensor) -> bool:
    """Whether a weight is one of those that the loop over convolutions fills (arXiv 1502.01852, Section 2.2)."""
    if not isinstance(form, TorchModule) or not is_convolution(form) or not isinstance(tensor.init, Normal):
        return False
    return tensor.init.std == sqrt(2 / (prod(tensor.shape[2:]) * (tensor.shape[0] // groups_of(form))))


def groups_of(form: TorchModule) -> int:
    """The number of groups of a convolution."""
    groups = dict(form.arguments).get("groups", 1)
    return groups if isinstance(groups, int) else 1


def _starts_so(form: TorchForm, tensor: Tensor, value: float) -> bool:
    """Whether PyTorch's constructor gives a tensor this value."""
    if not isinstance(form, TorchModule) or "init" in dict(form.arguments):
        return True
    if form.name in ("Linear", "ChannelLinear") or form.name.startswith("ConvTranspose"):
        return False
    return value == (1.0 if (tensor.role, tensor.name) == ("norm", "weight") else 0.0)


def _bound(form: TorchForm) -> float:
    """PyTorch's own bound for a linear layer: 1 / sqrt(inputs)."""
    features = dict(form.arguments).get("in_features")
    return 1 / sqrt(features) if isinstance(features, int) else 0.0


def is_convolution(form: TorchForm) -> bool:
    """Whether a form is a convolution of `torch.nn`, which the class of the network fills."""
    return isinstance(form, TorchModule) and (form.base or (form.definition is None and form.name)) in _CONVOLUTIONS


_CONVOLUTIONS = ("Conv1d", "Conv2d", "Conv3d")
