"""Problems, as values.

A problem holds what is wrong, where, what was found and expected, and what to do about it. Each stage defines its own
problems as subclasses, in its own `errors`; a subclass has a code, and its docstring is the long explanation. A stage
finds a problem, the subclass words the message, and `resdsl.diagnostics.text` and `.json` draw it. Nothing here knows
about the stages.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, NamedTuple, Self

from resdsl.source import Span

Severity = Literal["error", "warning"]


class Label(NamedTuple):
    """Another place in the text that matters, with a few words about it."""

    span: Span
    text: str


class Replacement(NamedTuple):
    """A change of a text: what is to stand instead of a span, which is empty where something is to be inserted."""

    span: Span
    text: str


def instead_of(span: Span | None, written: str, text: str | None) -> Replacement | None:
    """The replacement of what was written by a text, if there is one.

    Args:
        span: is what was written, or an argument whose value that is; in any other place nothing is replaced.
        written: what was written.
        text: what is to stand there.
    """
    if span is None or text is None or not span.text.endswith(written):
        return None
    at = span.end - len(written)
    before = span.source.text[span.start : at]
    return Replacement(Span(span.source, at, span.end), text) if re.fullmatch(r"(?:\w+\s*=\s*)?", before) else None


class Instantiation(NamedTuple):
    """One step of the way into the text: what was being built, and the place where it is used."""

    what: str
    span: Span


@dataclass(frozen=True, kw_only=True)
class Problem(ABC):
    """Base of all problems; each subclass words one kind of fault.

    Attributes:
        span: the smallest part of the text that is at fault; None if the fault is not in a text.
        chain: the instantiations that led there, innermost first.
        inner: the place within the standard library at which it shows, if the span is that of a call of it.
    """

    code: ClassVar[str]
    severity: ClassVar[Severity] = "error"

    span: Span | None = None
    chain: tuple[Instantiation, ...] = ()
    inner: Span | None = None

    @property
    @abstractmethod
    def headline(self) -> str:
        """The message in one line, which must make sense by itself."""

    @property
    def found(self) -> str | None:
        """What is there."""
        return None

    @property
    def expected(self) -> str | None:
        """What would be allowed there."""
        return None

    @property
    def hint(self) -> str | None:
        """What to do about it."""
        return None

    @property
    def replacement(self) -> Replacement | None:
        """The change of the text that mends this, where only one thing can have been meant."""
        return None

    @property
    def labels(self) -> tuple[Label, ...]:
        """Other places in the text that matter."""
        return ()

    @property
    def further(self) -> tuple[Label, ...]:
        """All other places: that within the standard library, and the labels."""
        return (Label(self.inner, "found here"), *self.labels) if self.inner else self.labels

    def in_own_text(self) -> Self:
        """The same problem at the call that leads into the standard library, if it was found there."""
        if self.span is None or not self.span.source.is_library:
            return self
        call = next((step.span for step in self.chain if not step.span.source.is_library), None)
        return self if call is None else replace(self, span=call, inner=self.span)

    def at(self, span: Span | None, chain: tuple[Instantiation, ...] = ()) -> Self:
        """The same problem with this place, if it has none yet."""
        return replace(self, span=self.span or span, chain=self.chain or chain)


class ProblemFound(Exception):
    """Carries one problem from the place that finds it to the place that collects it.

    It never leaves the compiler: what a caller gets is a `resdsl.refusal.Refused`, of a text a `SpecError` with all of
    its problems.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems sorted by position, without duplicates."""
    kept = once(problem.in_own_text() for problem in problems)
    files = _order_of_files(kept)
    return tuple(sorted(kept, key=lambda p: (files[id(p.span.source)], p.span.start) if p.span else (-1, 0)))


def once(problems: Iterable[Problem], before: Iterable[Problem] = ()) -> list[Problem]:
    """The problems without duplicates, and without those that are known already.

    Args:
        problems: all that were found; two networks may have the same problem, even if their text was read twice.
        before: those that are known already.
    """
    kept: dict[object, Problem] = {}
    for problem in problems:
        kept.setdefault(_fault(problem), problem)
    for problem in before:
        kept.pop(_fault(problem), None)
    return list(kept.values())


def _fault(problem: Problem) -> object:
    """A key that is equal for equal problems at the same place."""
    if problem.span is None:
        return problem.code, problem.headline
    source = problem.span.source
    text = source.path or (source.name, source.text)
    return problem.code, text, problem.span.start, problem.span.end


def _order_of_files(problems: Sequence[Problem]) -> dict[int, int]:
    order: dict[int, int] = {}
    for problem in problems:
        if problem.span:
            order.setdefault(id(problem.span.source), len(order))
    return order
