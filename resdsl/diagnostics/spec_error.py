"""The error that carries all problems of a text to the caller."""

from __future__ import annotations

from collections.abc import Iterable

from resdsl.diagnostics.problem import Problem, in_order
from resdsl.refusal import Refused


class SpecError(Refused):
    """A text cannot be built. Carries every problem that was found, sorted by position."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = in_order(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        from resdsl.diagnostics.text import draw_all

        return draw_all(self.problems)
