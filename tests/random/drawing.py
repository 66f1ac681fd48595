"""Statements of the language, drawn where a frame says what is valid: the text of each and what it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.random.frame import Frame, Sizes, Unfit, need

TRIES = 40


@dataclass(frozen=True)
class Piece:
    """A statement: its lines, and what it makes of a frame."""

    lines: list[str]
    flow: Callable[[Frame], None]


Body = list[Piece]


def replay(body: Body, at: Frame) -> None:
    for piece in body:
        piece.flow(at)


def indented(body: Body, opening: str, closing: str = "}") -> list[str]:
    """A body in braces."""
    return [opening, *("  " + line for piece in body for line in piece.lines), closing]


def evaluate(text: str, at: Frame) -> Any:
    """The value of an expression that Python and the language write alike."""
    need(at.entering > 0 or "channels" not in text)
    return eval(text, {"max": max, "min": min, "len": len}, {**at.numbers, "channels": at.entering})


def sizes(text: str, at: Frame) -> Sizes:
    """Dims, or an integer that stands for all axes."""
    if text[:1].isdigit() and "x" in text:
        return tuple(map(int, text.split("x")))
    found = evaluate(text, at)
    return found if isinstance(found, tuple) else (found,) * at.axes


@dataclass
class Draw:
    """What is drawn, from one source of chance.

    Attributes:
        widths: expressions for channels, of which the first fits best; empty in a network's own body.
        counts: how many names of each kind were given.
        labels: of statements at the network's top that keep the shape, and their places: what a variant may change.
        lists: parameters of the network that are lists, and their values.
    """

    random: Random
    widths: Sequence[str] = ()
    counts: dict[str, int] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)

    def fresh(self, kind: str) -> str:
        """A name that no other thing has."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{kind}{self.counts[kind]}"

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def one(self, *values: Any) -> Any:
        return self.random.choice(values)

    def fitting(self, at: Frame, *makers: Callable[[Frame], Piece]) -> Piece:
        """A statement by one of the makers that is valid at this place; the frame moves on past it.

        Raises:
            Unfit: none was found.
        """
        for _ in range(TRIES):
            there = deepcopy(at)
            try:
                piece = self.random.choice(makers)(deepcopy(at))
                piece.flow(there)
            except Unfit:
                continue
            at.__dict__.update(there.__dict__)
            return piece
        raise Unfit

    def body(self, at: Frame, count: int, *makers: Callable[[Frame], Piece]) -> Body:
        """Several statements in a row; the frame moves on past them."""
        return [self.fitting(at, *makers) for _ in range(count)]

    # ------------------------------------------------------------------------------------------ values

    def width(self, at: Frame) -> str:
        """An expression for channels."""
        if self.widths and self.chance(0.8):
            return str(self.random.choice(self.widths))
        return self.number(at, self.one(1, 2, 3, 4, 4, 6, 8, 8, 12, 16))

    def number(self, at: Frame, value: int) -> str:
        """An integer, or an expression in the parameters that has this value."""
        found = [str(value)]
        for name, known in at.numbers.items():
            if isinstance(known, int) and known > 0 and name != "stride":
                found += [name] * (known == value) + [f"{name} * 2"] * (known * 2 == value)
                found += [f"{name} + {value - known}"] * (known < value)
        return str(self.random.choice(found))

    def dims(self, at: Frame, *choices: int) -> str:
        """One number for all axes, or dims."""
        if self.widths or at.axes < 2 or self.chance(0.6):
            return str(self.random.choice(choices))
        return "x".join(str(self.random.choice(choices)) for _ in range(at.axes))

    def call(self, op: str, *arguments: str) -> str:
        """An op with its arguments, bare or in brackets."""
        given = [each for each in arguments if each]
        if not given:
            return op
        return f"{op}({', '.join(given)})" if self.chance(0.3) else f"{op} {', '.join(given)}"

    def option(self, share: float, text: str) -> str:
        return text if self.chance(share) else ""


def holds(condition: str) -> Callable[[Frame], None]:
    """A step that is valid only where an expression holds."""

    def flow(at: Frame) -> None:
        need(bool(evaluate(condition, at)))

    return flow
