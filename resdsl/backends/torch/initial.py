"""The statement of generated source that initialises one tensor.

Which tensors need one is decided in `resdsl.program.forms`: those that neither PyTorch's constructors nor the loop over
convolutions (`resdsl.backends.torch.network`) start with the right values.
"""

from __future__ import annotations

from dataclasses import dataclass


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
        target = f"{module}.{self.tensor}"
        if (self.function, self.number) == ("constant_", "0.0"):
            return f"nn.init.zeros_({target})"
        if self.function == "normal_":
            return f"nn.init.normal_({target}, std={self.number})"
        if self.function == "uniform_":
            return f"nn.init.uniform_({target}, -{self.number}, {self.number})"
        return f"nn.init.constant_({target}, {self.number})"
