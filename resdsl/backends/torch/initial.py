"""How fresh weights are said in generated source.

The values are those of the records in `resdsl.ops.records`; what PyTorch's own constructors already do
is not said again, and convolutions are filled by one loop over the network.
"""

from __future__ import annotations

from math import prod, sqrt

from resdsl.ops.forms import TorchForm, TorchModule
from resdsl.ops.records import Constant, Normal, Tensor


def first_value(form: TorchForm, tensor: Tensor) -> tuple[str, float] | None:
    """The function of `nn.init` that fills a tensor and its number; None where nothing need be said."""
    if tensor.role == "buffer" or not isinstance(form, TorchModule):
        return None
    init = tensor.init
    if isinstance(init, Constant):
        usual = 1.0 if (tensor.role, tensor.name) == ("norm", "weight") else 0.0
        own = any(name == "init" for name, _ in form.arguments) or _is_convolution(form)
        return None if own or init.value == usual else ("constant_", init.value)
    if isinstance(init, Normal):
        return None if is_he(form, tensor) else ("normal_", init.std)
    default = form.name == "Linear" and init.bound == _bound(form)
    return None if default else ("uniform_", init.bound)


def _bound(form: TorchModule) -> float:
    """PyTorch's own bound for a linear layer: 1 / sqrt(inputs)."""
    features = dict(form.arguments).get("in_features")
    return 1 / sqrt(features) if isinstance(features, int) else 0.0


def is_he(form: TorchForm, tensor: Tensor) -> bool:
    """Whether a weight is one of those that the loop over convolutions fills (arXiv 1502.01852, Section 2.2)."""
    if not isinstance(form, TorchModule) or not _is_convolution(form) or not isinstance(tensor.init, Normal):
        return False
    return tensor.init.std == sqrt(2 / (prod(tensor.shape[2:]) * tensor.shape[0]))


def filling(target: str, function: str, number: str) -> str:
    """The statement that fills a tensor."""
    if (function, number) == ("constant_", "0.0"):
        return f"nn.init.zeros_({target})"
    if function == "normal_":
        return f"nn.init.normal_({target}, std={number})"
    if function == "uniform_":
        return f"nn.init.uniform_({target}, -{number}, {number})"
    return f"nn.init.constant_({target}, {number})"


def _is_convolution(form: TorchModule) -> bool:
    return form.definition is None and form.name in ("Conv1d", "Conv2d", "Conv3d")
