"""Problems with strides (RES4xx)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from resdsl.diagnostics.problem import Problem, Replacement
from resdsl.elaborate.errors.flow import dims
from resdsl.source import Span


@dataclass(frozen=True, kw_only=True)
class NoStride(Problem):
    """A stride is given to something that takes none."""

    code = "RES407"
    callee: str

    @property
    def headline(self) -> str:
        return f"{self.callee} does not take a stride"

    @property
    def hint(self) -> str | None:
        return "give the block a parameter `stride`" if self.callee.startswith("the block") else None


@dataclass(frozen=True, kw_only=True)
class StrideWithoutEffect(Problem):
    """A stage states a stride and its first block takes it, but the block's main path has another."""

    code = "RES408"
    block: str
    stated: str
    actual: str

    @property
    def headline(self) -> str:
        return f"the stage has stride {self.stated}, but the main path of `{self.block}` has {self.actual}"

    @property
    def hint(self) -> str:
        return "pass the block's parameter `stride` to one op of its main path: conv 3x3, width, /stride"


@dataclass(frozen=True, kw_only=True)
class StrideOfRepeats(Problem):
    """A stride in the arguments of a repeated block would apply to every repeat."""

    code = "RES409"
    block: str

    @property
    def headline(self) -> str:
        return f"a stride in the arguments of `{self.block}` would apply to every repeat"

    @property
    def hint(self) -> str:
        if self._is_row:
            return "separate the rows of a bracket with `;`: [3x3, 64; 3x3, 64]"
        return "write it after the block to apply it to the first repeat only: stage s: block(64) x 4, /2"

    @property
    def replacement(self) -> Replacement | None:
        if self.span is None:
            return None
        source, start = self.span.source, self.span.start
        comma = re.search(r",\s*$", source.text[:start])
        if comma is None:
            return None
        if self._is_row:
            return Replacement(Span(source, comma.start(), comma.start() + 1), ";")
        found = _STRIDE_IN_CALL.match(source.text, start)
        return Replacement(Span(source, comma.start(), found.end()), found.expand(r"\2, /\1")) if found else None

    @property
    def _is_row(self) -> bool:
        """Whether what would be a stride is the kernel of another row."""
        return (
            self.block.startswith("[")
            and self.span is not None
            and re.fullmatch(r"\d+(x\d+)+", self.span.text) is not None
        )


_STRIDE_IN_CALL = re.compile(r"stride\s*=\s*(\w+)(\)\s*x\s*\w+)")


@dataclass(frozen=True, kw_only=True)
class StrideInRepeats(Problem):
    """A stride that follows the repeats of a stage without a comma divides their number: `x 4 /2` is `x 2`."""

    code = "RES420"
    severity = "warning"
    count: int
    stride: int

    @property
    def headline(self) -> str:
        return f"this divides the repeats: {self.count} / {self.stride}"

    @property
    def hint(self) -> str:
        return f"write a stride after a comma: x {self.count}, /{self.stride}"

    @property
    def replacement(self) -> Replacement | None:
        return Replacement(self.span, f"{self.count}, /{self.stride}") if self.span else None


@dataclass(frozen=True, kw_only=True)
class StrideInRow(Problem):
    """A row of a bracket and its stage both have a stride."""

    code = "RES410"

    @property
    def headline(self) -> str:
        return "both this row and its stage have a stride"

    @property
    def hint(self) -> str:
        return "remove one; the stage's applies to the first row larger than 1x1, in the first block only"


@dataclass(frozen=True, kw_only=True)
class NoRowForStride(Problem):
    """A stage's stride applies to the bracket's first convolution larger than 1x1, but the bracket has none."""

    code = "RES411"

    @property
    def headline(self) -> str:
        return "the stride applies to no row: none is larger than 1x1"

    @property
    def hint(self) -> str:
        return "a stage takes its stride in a row such as 3x3, 64; use a block of your own to subsample elsewhere"


@dataclass(frozen=True, kw_only=True)
class StrideOverKernel(Problem):
    """The stride of an op is larger than its kernel, so some of its input is never read. Kernels of one element are
    exempt, because a projection that subsamples has one.
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
        return "values between two windows are never read"
