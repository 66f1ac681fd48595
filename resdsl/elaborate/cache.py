"""What a session remembers: the bodies, stages and statements it has built, each once for all networks of a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from resdsl.diagnostics.problem import Problem
from resdsl.elaborate.values import Flow
from resdsl.ir.network import Body, Layer, Node
from resdsl.ops.base import Shape
from resdsl.source import Span

Known = tuple[object, ...]
"""What something depends on, as a key of what is remembered."""


class StatedShape(NamedTuple):
    """A shape statement: where it is, what it states, and whether it was checked."""

    span: Span
    shape: Shape
    checked: bool


@dataclass(frozen=True, slots=True)
class BuiltBody:
    """A body that was built, once for all its calls.

    Attributes:
        body: the body; None if a problem was found in it, or if it is empty.
        strides: by how much it subsamples each axis; None if that is not defined.
        also: the same for each further value that it yields.
        taps: the names of the last of these, which are outputs of the network.
        statements: the statement of the definition that each node comes from, by the node's name.
        empty: whether it does nothing, like a shortcut that is an identity.
        shapes: the shape statements in it.
        warnings: the warnings in it, each with the chain from this body; they are repeated for each call.
        what: the name that messages use: the definition and its arguments.
        depth: how deeply bodies are nested in it, counting itself.
    """

    body: Body | None
    strides: tuple[int, ...] | None = None
    empty: bool = False
    shapes: tuple[StatedShape, ...] = ()
    warnings: tuple[Problem, ...] = ()
    what: str = ""
    depth: int = 1
    also: tuple[tuple[int, ...] | None, ...] = ()
    taps: tuple[str, ...] = ()
    statements: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Repeats:
    """The blocks of a stage, whatever the number of repeats.

    Attributes:
        first: the first block, which may change the shape.
        others: the block repeated after it, which does not; None if there is only one.
    """

    first: BuiltBody
    others: BuiltBody | None


@dataclass(frozen=True, slots=True)
class Remembered:
    """The effect of a statement.

    Attributes:
        node: the record that it added.
        flow: what flowed out.
        place: where in the text the record comes from.
        counters: the counters of numbered paths after it.
        shapes, warnings: what it added to those of the `Building`.
        blocks: the blocks that it built.
        read: the lists that it read, and which of their items (None: the whole list).
    """

    node: Node
    flow: Flow
    place: Span | None
    counters: dict[str, int]
    shapes: tuple[StatedShape, ...]
    warnings: tuple[Problem, ...]
    blocks: int
    read: tuple[tuple[str, frozenset[int] | None], ...]


@dataclass(frozen=True, slots=True)
class RememberedOps:
    """The ops of a branch behind its first.

    Attributes:
        nodes: the records that they added.
        places: where in the text each comes from.
        statements: the statement of each.
        counters: the counters of numbered paths after them.
        flow: what flowed out.
    """

    nodes: tuple[Layer, ...]
    places: tuple[Span | None, ...]
    statements: tuple[Span, ...]
    counters: dict[str, int]
    flow: Flow
