"""The base class of all errors that a user can cause."""

from __future__ import annotations

from typing import ClassVar


class Refused(ValueError):
    """Base of all refusals: a network or an output cannot be made as requested.

    `SpecError` carries the problems of a text; all others describe in one message what is wrong with a JSON or weight
    file, or what an output does not support. Any other exception is a bug in resdsl.
    Within the compiler, a single problem of a text travels in a `resdsl.diagnostics.problem.ProblemFound`.

    Attributes:
        of_usage: whether the request is wrong, such as an unknown column, rather than anything that was read; the
            command then exits as for wrong usage.
    """

    of_usage: ClassVar[bool] = False
