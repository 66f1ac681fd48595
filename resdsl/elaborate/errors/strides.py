"""What can be wrong with strides (RES4xx)."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.diagnostics.problem import Problem
from resdsl.elaborate.errors.flow import dims


@dataclass(frozen=True, kw_only=True)
class NoStride(Problem):
    """A stride is given to what has none."""

    code = "RES407"
    callee: str

    @property
    def headline(self) -> str:
        return f"{self.callee} takes no stride"

    @property
    def hint(self) -> str | None:
        return "a block that can stride has a parameter `stride`" if self.callee.startswith("the block") else None


@dataclass(frozen=True, kw_only=True)
class StrideWithoutEffect(Problem):
    """A stage states a stride, its first block takes it, and the block's main path has another."""

    code = "RES408"
    block: str
    stated: str
    actual: str

    @property
    def headline(self) -> str:
        return f"the stage states stride {self.stated}, and the main path of `{self.block}` has {self.actual}"

    @property
    def hint(self) -> str:
        return "the block's parameter `stride` goes to one op of its main path: conv 3x3, width, /stride"


@dataclass(frozen=True, kw_only=True)
class StrideOfRepeats(Problem):
    """A stride among the arguments of a repeated block would stride at every repeat."""

    code = "RES409"
    block: str

    @property
    def headline(self) -> str:
        return f"a stride among the arguments of `{self.block}` would be taken by every repeat"

    @property
    def hint(self) -> str:
        return "write it after the block, where it falls on the first repeat: stage s: block(64) x 4, /2"


@dataclass(frozen=True, kw_only=True)
class StrideInRow(Problem):
    """A row of a bracket has a stride beside that of the stage."""

    code = "RES410"

    @property
    def headline(self) -> str:
        return "a row has a stride of its own beside the stage's"

    @property
    def hint(self) -> str:
        return "leave one of the two out; the stage's falls on the first row larger than 1x1, in the first block only"


@dataclass(frozen=True, kw_only=True)
class NoRowForStride(Problem):
    """A stage's stride falls on the bracket's first convolution larger than 1x1, and there is none."""

    code = "RES411"

    @property
    def headline(self) -> str:
        return "no row of the bracket is larger than 1x1, so that the stride has nowhere to fall"


@dataclass(frozen=True, kw_only=True)
class StrideOverKernel(Problem):
    """The stride of an op is larger than its kernel, so that it never reads some of what flows in. Kernels of one
    element are let pass: a projection that subsamples is one.
    """

    code = "RES419"
    severity = "warning"
    op: str
    kernel: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def headline(self) -> str:
        return f"the stride {dims(self.stride)} of this `{self.op}` is larger than its kernel {dims(self.kernel)}"

    @property
    def hint(self) -> str:
        return "what lies between two windows is never read"
