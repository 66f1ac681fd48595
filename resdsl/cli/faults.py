"""The message and the exit code for each kind of failure."""

from __future__ import annotations

from resdsl.cli.exits import FAULT, PROBLEM, USAGE
from resdsl.diagnostics.spec_error import SpecError
from resdsl.diagnostics.text import draw_all
from resdsl.files import error_text
from resdsl.plugins import PluginError
from resdsl.printable import one_line
from resdsl.refusal import Refused


def describe(error: Exception) -> tuple[str, int]:
    """The message and the exit code for an error."""
    if isinstance(error, SpecError):
        return f"{draw_all(error.problems)}\n\n{_summary(error)}", PROBLEM
    if isinstance(error, Refused):
        return "error: " + "\n".join(map(one_line, str(error).split("\n"))), USAGE if error.of_usage else PROBLEM
    if isinstance(error, PluginError):
        return f"error: {error}", USAGE
    if isinstance(error, OSError):
        return f"error: {one_line(error_text(error))}", USAGE
    return (
        f"this is a bug in resdsl, not in your spec: {type(error).__name__}: {one_line(str(error))}\n"
        "Report it with the spec and the command line; RESDSL_TRACEBACK=1 shows where it happened."
    ), FAULT


def _summary(error: SpecError) -> str:
    count = len(error.problems)
    return f"{count} problem{'s' if count > 1 else ''}"
