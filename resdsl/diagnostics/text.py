"""Problems as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from resdsl.diagnostics.problem import Instantiation, Label, Problem
from resdsl.printable import one_line, phrase
from resdsl.source import Span

_TAB = "    "
_WIDEST = 160
_LONGEST_WAY = 8
MOST = 20
"""How many problems are drawn; the others are counted. Nobody mends more at once."""


def draw_all(problems: Iterable[Problem], most: int | None = MOST) -> str:
    """The problems, separated by empty lines and without a final line end.

    Args:
        problems: in the order in which they are drawn.
        most: how many are drawn, while the others are counted; None for all.
    """
    listed = list(problems)
    parts = [draw(problem) for problem in listed[:most]]
    if len(parts) < len(listed):
        parts.append(f"... and {len(listed) - len(parts)} more; `resdsl check --all` shows all")
    return "\n\n".join(parts)


def draw(problem: Problem) -> str:
    """One problem: headline, place, the line with carets, found and expected, hint, and chain."""
    lines = [f"{problem.severity}[{problem.code}]: {phrase(problem.headline)}"]
    if problem.span is not None:
        lines += _excerpt(problem.span)
    for label in problem.further:
        lines += _further(label)
    for word, text in (("found", problem.found), ("expected", problem.expected), ("help", problem.hint)):
        if text:
            lines.append(f"  {word}: {phrase(text)}")
    lines += _way(problem.chain)
    return "\n".join(lines)


def _way(chain: tuple[Instantiation, ...]) -> list[str]:
    """The instantiations, innermost first; the middle of a long chain is left out."""
    lines = [f"  in {phrase(step.what)}, used at {place(step.span)}" for step in chain]
    if len(lines) > _LONGEST_WAY:
        left_out = len(lines) - _LONGEST_WAY + 1
        lines[_LONGEST_WAY // 2 : _LONGEST_WAY // 2 + left_out] = [f"  ... {left_out} more ..."]
    return lines


def place(span: Span) -> str:
    """`file:line:column`."""
    position = span.position
    return f"{span.source.name}:{position.line}:{position.column}"


def _excerpt(span: Span) -> list[str]:
    position = span.position
    margin = " " * len(str(position.line))
    visible, caret_at, carets = _window(span)
    return [
        f"{margin}--> {place(span)}",
        f"{margin} |",
        f"{position.line} | {visible}",
        f"{margin} | {' ' * caret_at}{'^' * carets}",
    ]


def _window(span: Span) -> tuple[str, int, int]:
    """The part of the line to show, where its carets begin, and how many there are."""
    position = span.position
    line = span.source.line(position.line)
    start = position.column - 1
    length = max(1, min(span.end - span.start, len(line) - start))
    lead, marked, rest = (
        _visible(part) for part in (line[:start], line[start : start + length], line[start + length :])
    )
    if len(lead) + len(marked) + len(rest) > _WIDEST:
        lead = "..." + lead[-40:] if len(lead) > 43 else lead
        marked = marked[:100]
        rest = rest[:20] + "..." if len(rest) > 23 else rest
    return lead + marked + rest, len(lead), max(1, len(marked))


def _visible(text: str) -> str:
    return one_line(text.replace("\t", _TAB))


def _further(label: Label) -> list[str]:
    line = label.span.position.line
    visible, caret_at, carets = _window(label.span)
    margin = " " * len(str(line))
    return [
        f"{margin}::: {place(label.span)}",
        f"{line} | {visible}",
        f"{margin} | {' ' * caret_at}{'-' * carets} {one_line(label.text)}",
    ]
