"""What a problem is.

A problem is a value: what is wrong, where, what was found and expected, and what to do about it. Each
stage has its own, in its own `errors.py`, as subclasses that carry a code and, as docstring, the long
explanation. Finding, wording and drawing are three things: a stage finds, the class words, and
`resdsl.diagnostics.text` and `.json` draw. Nothing here knows a stage.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, NamedTuple, Self

from resdsl.source import Span

Severity = Literal["error", "warning"]


class Label(NamedTuple):
    """A further place that matters, and what is there."""

    span: Span
    text: str


class Instantiation(NamedTuple):
    """One step of the way into the text: what was being built, and the place that asked for it."""

    what: str
    span: Span


@dataclass(frozen=True, kw_only=True)
class Problem(ABC):
    """Base of all problems; a subclass words one fault.

    Attributes:
        span: the tightest stretch of text at fault; None for what stands in no text.
        chain: the instantiations that led there, innermost first.
    """

    code: ClassVar[str]
    severity: ClassVar[Severity] = "error"

    span: Span | None = None
    chain: tuple[Instantiation, ...] = ()

    @property
    @abstractmethod
    def headline(self) -> str:
        """One line that suffices alone."""

    @property
    def found(self) -> str | None:
        """What stands there."""
        return None

    @property
    def expected(self) -> str | None:
        """What could stand there."""
        return None

    @property
    def hint(self) -> str | None:
        """What to do about it."""
        return None

    @property
    def labels(self) -> tuple[Label, ...]:
        """Further places."""
        return ()

    def at(self, span: Span | None, chain: tuple[Instantiation, ...] = ()) -> Self:
        """The same problem with a place, where it has none yet."""
        return replace(self, span=self.span or span, chain=self.chain or chain)


class ProblemFound(Exception):
    """Carries one problem from where it is found to where it is collected.

    It never leaves the compiler: what a caller gets is a `resdsl.refusal.Refused`, of a text a `SpecError` with all of
    its problems.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sorted by position, each fault once: the same problem at the same place is told a single time."""
    kept = once(problems)
    files = _first_seen(kept)
    return tuple(sorted(kept, key=lambda p: (files[id(p.span.source)], p.span.start) if p.span else (-1, 0)))


def once(problems: Iterable[Problem], before: Iterable[Problem] = ()) -> list[Problem]:
    """Those that are not among others, each fault a single time.

    Args:
        problems: what was found; that of two networks may be the same, also where their text was read twice.
        before: what is known already.
    """
    kept: dict[object, Problem] = {}
    for problem in problems:
        kept.setdefault(_fault(problem), problem)
    for problem in before:
        kept.pop(_fault(problem), None)
    return list(kept.values())


def _fault(problem: Problem) -> object:
    """What is the same for the same problem at the same place."""
    if problem.span is None:
        return problem.code, problem.headline
    source = problem.span.source
    text = source.path or (source.name, source.text)
    return problem.code, text, problem.span.start, problem.span.end


def _first_seen(problems: Sequence[Problem]) -> dict[int, int]:
    order: dict[int, int] = {}
    for problem in problems:
        if problem.span:
            order.setdefault(id(problem.span.source), len(order))
    return order
