"""Problems as workflow commands of GitHub Actions, which annotate the lines of a change."""

from __future__ import annotations

from pathlib import Path

from resdsl.diagnostics.problem import Problem
from resdsl.printable import one_line


def command_of(problem: Problem, folder: Path) -> str:
    """One problem as a workflow command: `::error file=a.res,line=1,col=8,title=RES102::...`.

    Args:
        problem: the problem.
        folder: what the paths of files are relative to.
    """
    properties = {**_place_of(problem, folder), "title": problem.code}
    named = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{problem.severity} {named}::{_data(_message(problem))}"


def _message(problem: Problem) -> str:
    further = (("found", problem.found), ("expected", problem.expected), ("help", problem.hint))
    return "\n".join((one_line(problem.headline), *(f"{word}: {one_line(text)}" for word, text in further if text)))


def _place_of(problem: Problem, folder: Path) -> dict[str, object]:
    if problem.span is None:
        return {}
    span = problem.span
    start, end = span.position, span.source.position(span.end)
    place: dict[str, object] = {
        "file": span.source.path_within(folder),
        "line": start.line,
        "endLine": end.line,
        "col": start.column,
    }
    return place | ({"endColumn": end.column} if end.line == start.line else {})


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
