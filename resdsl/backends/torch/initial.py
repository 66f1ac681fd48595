"""How fresh weights are said in generated source.

The values are those of the records in `resdsl.ops.records`; what PyTorch's own constructors already do
is not said again, and convolutions are filled by one loop over the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod, sqrt

from resdsl.ops.forms import TorchForm, TorchModule
from resdsl.ops.records import Constant, Normal, Tensor


def first_value(form: TorchForm, tensor: Tensor) -> tuple[str, float, bool]:
    """How a tensor starts: the function of `nn.init`, its number, and whether that needs not be said."""
    init = tensor.init
    quiet = tensor.role == "buffer" or not isinstance(form, TorchModule)
    if isinstance(init, Constant):
        return "constant_", init.value, quiet or _starts_so(form, tensor, init.value)
    if isinstance(init, Normal):
        return "normal_", init.std, quiet or is_he(form, tensor)
    return "uniform_", init.bound, quiet or init.bound == _bound(form)


def _starts_so(form: TorchForm, tensor: Tensor, value: float) -> bool:
    """Whether PyTorch's constructor, or the loop over convolutions, gives a tensor this value."""
    if not isinstance(form, TorchModule) or _is_convolution(form) or "init" in dict(form.arguments):
        return True
    return value == (1.0 if (tensor.role, tensor.name) == ("norm", "weight") else 0.0)


def _bound(form: TorchForm) -> float:
    """PyTorch's own bound for a linear layer: 1 / sqrt(inputs)."""
    features = dict(form.arguments).get("in_features")
    return 1 / sqrt(features) if isinstance(features, int) else 0.0


def is_he(form: TorchForm, tensor: Tensor) -> bool:
    """Whether a weight is one of those that the loop over convolutions fills (arXiv 1502.01852, Section 2.2)."""
    if not isinstance(form, TorchModule) or not _is_convolution(form) or not isinstance(tensor.init, Normal):
        return False
    return tensor.init.std == sqrt(2 / (prod(tensor.shape[2:]) * (tensor.shape[0] // groups_of(form))))


def groups_of(form: TorchModule) -> int:
    """Into how many groups a convolution's channels fall."""
    groups = dict(form.arguments).get("groups", 1)
    return groups if isinstance(groups, int) else 1


@dataclass(frozen=True, slots=True)
class Filling:
    """A tensor that starts otherwise than PyTorch has it.

    Attributes:
        tensor: its name in the module.
        function: the function of `nn.init`.
        number: its argument, as text.
    """

    tensor: str
    function: str
    number: str

    def statement(self, module: str) -> str:
        """What fills it, given how the module is reached."""
        target = f"{module}.{self.tensor}"
        if (self.function, self.number) == ("constant_", "0.0"):
            return f"nn.init.zeros_({target})"
        if self.function == "normal_":
            return f"nn.init.normal_({target}, std={self.number})"
        if self.function == "uniform_":
            return f"nn.init.uniform_({target}, -{self.number}, {self.number})"
        return f"nn.init.constant_({target}, {self.number})"


def _is_convolution(form: TorchModule) -> bool:
    return form.definition is None and form.name in ("Conv1d", "Conv2d", "Conv3d")
