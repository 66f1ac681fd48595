"""How the outputs of a model and of its text compare."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """How the outputs of a model and of its text compare.

    Attributes:
        difference: the largest difference over the largest output; None if nothing was run.
        why_not: why nothing was run.
    """

    difference: float | None = None
    why_not: str = ""
