"""Problems in the Static Analysis Results Interchange Format (SARIF) 2.1.0, which code hosts and editors read."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import getdoc
from pathlib import Path, PurePath
from urllib.parse import quote

from resdsl.diagnostics.problem import Problem, Replacement
from resdsl.printable import one_line
from resdsl.source import Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(found: Iterable[tuple[str, Problem]], version: str, folder: Path) -> dict[str, object]:
    """All problems as one run.

    Args:
        found: problems in the order in which they are to be listed, each with the name of the text that was checked,
            which is the place of a problem that has no other: code hosts refuse results without a place.
        version: of resdsl.
        folder: what the paths of files are relative to.
    """
    listed = list(found)
    kinds = {problem.code: type(problem) for _, problem in listed}
    codes = sorted(kinds)
    driver = {"name": "resdsl", "version": version, "rules": [_rule(kinds[code]) for code in codes]}
    results = [_result(problem, name, codes.index(problem.code), folder) for name, problem in listed]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(kind: type[Problem]) -> dict[str, object]:
    meaning = " ".join((getdoc(kind) or "").split())
    return {
        "id": kind.code,
        "name": kind.__name__,
        "shortDescription": {"text": f"{meaning.partition('. ')[0].rstrip('.')}."},
        "fullDescription": {"text": meaning},
        "help": {"text": f"resdsl explain {kind.code}"},
        "defaultConfiguration": {"level": kind.severity},
    }


def _result(problem: Problem, name: str, rule: int, folder: Path) -> dict[str, object]:
    further = (("Found", problem.found), ("Expected", problem.expected), ("Help", problem.hint))
    text = "; ".join((one_line(problem.headline), *(f"{word}: {one_line(text)}" for word, text in further if text)))
    result: dict[str, object] = {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.severity,
        "message": {"text": text},
        "locations": [_location(problem.span, folder) if problem.span else _whole(name)],
    }
    steps = (*problem.further, *((step.span, f"in {step.what}, used here") for step in problem.chain))
    related = [{**_location(span, folder), "message": {"text": one_line(words)}} for span, words in steps]
    fix = problem.replacement
    return result | ({"relatedLocations": related} if related else {}) | ({"fixes": [_fix(fix, folder)]} if fix else {})


def _location(span: Span, folder: Path) -> dict[str, object]:
    return {"physicalLocation": {"artifactLocation": _artifact(span, folder), "region": _region(span)}}


def _whole(name: str) -> dict[str, object]:
    """A text without a region, which stands for all of it."""
    return {"physicalLocation": {"artifactLocation": _address(name)}}


def _artifact(span: Span, folder: Path) -> dict[str, object]:
    return _address(span.source.path_within(folder))


def _address(name: str) -> dict[str, object]:
    """Where a text is: a path relative to the folder, or an absolute one."""
    path = PurePath(name)
    return {"uri": Path(path).as_uri() if path.is_absolute() else quote(path.as_posix())}


def _region(span: Span) -> dict[str, object]:
    start, end = span.position, span.source.position(span.end)
    return {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    }


def _fix(change: Replacement, folder: Path) -> dict[str, object]:
    replaced = {"deletedRegion": _region(change.span), "insertedContent": {"text": change.text}}
    return {"artifactChanges": [{"artifactLocation": _artifact(change.span, folder), "replacements": [replaced]}]}
