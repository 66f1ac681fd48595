"""What a session remembers: bodies, stages and statements that were built, each once for all networks of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from resdsl.diagnostics.problem import Problem
from resdsl.elaborate.values import Flow
from resdsl.ir.network import Body, Node
from resdsl.ops.base import Shape
from resdsl.source import Span


class StatedShape(NamedTuple):
    """A shape statement: where it stands, what it says, and whether it was held against what flows."""

    span: Span
    shape: Shape
    checked: bool


@dataclass(frozen=True, slots=True)
class BuiltBody:
    """A body that was built, once for all its calls.

    Attributes:
        body: the body; None if a problem was found in it, or if nothing is in it (`empty`).
        strides: by how much it subsamples each axis; None where that has no answer.
        empty: whether it does nothing, as a shortcut that is an identity.
        shapes: shape statements in it.
        warnings: what is surely not meant, each with the way from this body to it; told again at each call.
        what: what messages call it: the definition and its arguments.
        depth: how many bodies lie within each other in it, itself included.
    """

    body: Body | None
    strides: tuple[int, ...] | None = None
    empty: bool = False
    shapes: tuple[StatedShape, ...] = ()
    warnings: tuple[Problem, ...] = ()
    what: str = ""
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Repeats:
    """What a stage comes to, whatever the number of its repeats.

    Attributes:
        first: the first block, which may change the shape.
        others: all others, which do not; None where there is one block.
    """

    first: BuiltBody
    others: BuiltBody | None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a statement did.

    Attributes:
        node: the record that it added.
        flow: what flowed out.
        place: where in the text the record was asked for.
        counters: how far numbered paths had come after it.
        shapes, warnings: what it added to the session's.
        blocks: blocks that it built.
        read: the lists that it read, and which items of them (None: as a whole).
    """

    node: Node
    flow: Flow
    place: Span | None
    counters: dict[str, int]
    shapes: tuple[StatedShape, ...]
    warnings: tuple[Problem, ...]
    blocks: int
    read: tuple[tuple[str, frozenset[int] | None], ...]
