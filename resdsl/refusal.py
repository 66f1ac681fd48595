"""What resdsl refuses."""

from __future__ import annotations

from typing import ClassVar


class Refused(ValueError):
    """Base of all refusals: a text, a file or a wish that no network, or no output, can be made of.

    `SpecError` carries problems of texts; the others say in one message what is wrong with a file of JSON
    or of weights, or with what an output cannot hold. Anything else that is raised is a fault of resdsl.
    Within the compiler, a single problem of a text travels in a `resdsl.diagnostics.problem.ProblemFound`.

    Attributes:
        of_usage: whether what was asked for is at fault, as a column that no report has, and nothing that was read;
            a command ends as it does where it is used wrongly.
    """

    of_usage: ClassVar[bool] = False
