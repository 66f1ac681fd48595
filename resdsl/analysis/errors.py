"""Problems with the figures of a network (RES8xx)."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.diagnostics.problem import Problem


@dataclass(frozen=True, kw_only=True)
class ExpectationFailed(Problem):
    """The network does not have a figure that the text states.

    An integer must be met exactly. A figure with a suffix or a point may be off by half a unit of its last digit.
    `<=` and the like are budgets.
    """

    code = "RES800"
    quantity: str
    stated: str
    actual: int

    @property
    def headline(self) -> str:
        return f"expectation not met: {self.quantity} is {self.actual:_}"

    @property
    def found(self) -> str:
        return f"{self.actual:_}"

    @property
    def expected(self) -> str:
        return self.stated
