"""Problems as data for other programs."""

from __future__ import annotations

from resdsl.diagnostics.problem import Problem, Replacement
from resdsl.source import Span


def as_record(problem: Problem) -> dict[str, object]:
    """One problem as data for JSON; lines and columns count from one, and the end is exclusive."""
    return {
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.headline,
        "place": _place(problem.span) if problem.span else None,
        "found": problem.found,
        "expected": problem.expected,
        "hint": problem.hint,
        "replacement": _change(problem.replacement) if problem.replacement else None,
        "labels": [{"place": _place(label.span), "text": label.text} for label in problem.further],
        "chain": [{"in": step.what, "place": _place(step.span)} for step in problem.chain],
    }


def _change(replacement: Replacement) -> dict[str, object]:
    return {"place": _place(replacement.span), "text": replacement.text}


def _place(span: Span) -> dict[str, object]:
    end = span.source.position(span.end)
    return {
        "file": span.source.name,
        "line": span.position.line,
        "column": span.position.column,
        "end_line": end.line,
        "end_column": end.column,
    }
