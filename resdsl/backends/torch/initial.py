"""How fresh weights are written into generated source.

The values are those of the records in `resdsl.ops.records`; what PyTorch's own constructors already do
is not written again, and convolutions are filled by one loop over the network.
"""

from __future__ import annotations

from dataclasses import dataclass


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
