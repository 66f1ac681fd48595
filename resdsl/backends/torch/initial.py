"""The statements of generated source that initialise tensors.

Which tensors need one where they are made is decided in `resdsl.program.forms`: those that PyTorch's constructors do
not start with the right values. Convolutions are initialised by the class of the network, all of them in one loop, and
then those that start otherwise by their names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resdsl.backends.torch.layout import INDENT, statement
from resdsl.ir.network import Network
from resdsl.ir.walk import distinct_layers, steps
from resdsl.ops.base import Op, Shapes
from resdsl.ops.forms import TorchModule
from resdsl.program.forms import first_value, groups_of, is_convolution, is_he, op_form

_TWO, _THREE = 2 * INDENT, 3 * INDENT


@dataclass(frozen=True, slots=True)
class Filling:
    """A tensor that is initialised differently from PyTorch's default.

    Attributes:
        tensor: the name of the tensor in the module.
        function: the function of `nn.init`.
        number: its argument, as text.
    """

    tensor: str
    function: str
    number: str

    def statement(self, module: str) -> str:
        """The statement that initialises it, given an expression for the module."""
        return self.of(f"{module}.{self.tensor}")

    def of(self, target: str) -> str:
        """The statement that initialises it, given an expression for the tensor."""
        if (self.function, self.number) == ("constant_", "0.0"):
            return f"nn.init.zeros_({target})"
        if self.function == "normal_":
            return f"nn.init.normal_({target}, std={self.number})"
        if self.function == "trunc_normal_":
            return f"truncated_({target}, std={self.number})"
        if self.function == "uniform_":
            return f"nn.init.uniform_({target}, -{self.number}, {self.number})"
        return f"nn.init.constant_({target}, {self.number})"


def convolution_lines(network: Network) -> list[str]:
    """The statements that initialise the convolutions of a network."""
    return [*_loop(network), *_others(network)]


def _loop(network: Network) -> list[str]:
    """The loop that initialises convolutions (He et al., arXiv 1502.01852, Section 2.2, backward case)."""
    kinds, biased, grouped = set(), False, False
    for layer, shapes in distinct_layers(network):
        form, state = layer.op.torch(shapes), layer.op.state(shapes)
        if state and is_he(form, state[0]) and isinstance(form, TorchModule):
            kinds.add(f"nn.{form.base or form.name}")
            biased = biased or len(state) > 1
            grouped = grouped or groups_of(form) > 1
    if not kinds:
        return []
    lines = [
        f"{' ' * _TWO}for module in self.modules():  # He et al., arXiv 1502.01852",
        f"{' ' * _THREE}if isinstance(module, {' | '.join(sorted(kinds))}):",
        *(f"{' ' * (_THREE + INDENT)}{line}" for line in (_BY_GROUP if grouped else _WHOLE)),
    ]
    if biased:
        lines += [
            f"{' ' * (_THREE + INDENT)}if module.bias is not None:",
            f"{' ' * (_THREE + 2 * INDENT)}nn.init.zeros_(module.bias)",
        ]
    return lines


def _others(network: Network) -> Iterator[str]:
    """The statements for the convolutions that start otherwise than the loop has it."""
    if not any(_starts_otherwise(layer.op, shapes) for layer, shapes in distinct_layers(network)):
        return
    names: dict[Filling, dict[str, None]] = {}
    for step in steps(network):
        if _starts_otherwise(step.layer.op, step.shapes):
            form = op_form(step.layer.op, step.shapes)
            for tensor in step.layer.op.state(step.shapes):
                first = first_value(form, tensor)
                names.setdefault(Filling("", first.function, repr(first.number)), {})[tensor.at(step.path)] = None
    for filling, listed in names.items():
        yield from _filled(filling, list(listed))


def _starts_otherwise(op: Op, shapes: Shapes) -> bool:
    form, state = op_form(op, shapes), op.state(shapes)
    return is_convolution(form) and not is_he(form, state[0])


def _filled(filling: Filling, names: list[str]) -> list[str]:
    """The statements that initialise the parameters of these names in one way."""
    if len(names) == 1:
        return statement(filling.of(f'self.get_parameter("{names[0]}")'), _TWO)
    return [
        f"{' ' * _TWO}for name in (",
        *(f'{" " * _THREE}"{name}",' for name in names),
        f"{' ' * _TWO}):",
        *statement(filling.of("self.get_parameter(name)"), _THREE),
    ]


_WHOLE = ('nn.init.kaiming_normal_(module.weight, mode="fan_out")',)
_BY_GROUP = (
    "fan_out = module.weight[:, 0].numel() // module.groups",
    "nn.init.normal_(module.weight, std=(2 / fan_out) ** 0.5)",
)
"""PyTorch's function counts the filters of all groups, but an input channel reaches only those of its own group."""
