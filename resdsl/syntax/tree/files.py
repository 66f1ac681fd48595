"""Nodes of definitions and whole files."""

from __future__ import annotations

from typing import Literal, TypeAlias

from resdsl.source import Source, Span
from resdsl.syntax.tree.base import Node, node
from resdsl.syntax.tree.expressions import Argument, Expression, Name, Number, Text, Word
from resdsl.syntax.tree.statements import Body
from resdsl.syntax.tree.sweeps import Sweep


@node
class Parameter(Node):
    """`width`, `stride = 1`."""

    name: str
    default: Expression | None


@node
class Definition(Node):
    """A network, a block or a shortcut."""

    kind: Literal["network", "block", "shortcut"]
    name: Word
    parameters: tuple[Parameter, ...]
    body: Body


@node
class Variant(Node):
    """`network b = a(arguments) { difference }`."""

    name: Word
    parameters: tuple[Parameter, ...]
    base: Name
    arguments: tuple[Argument, ...]
    body: Body | None


@node
class Import(Node):
    """`import "x.res" as x`."""

    path: Text
    alias: Word


@node
class Version(Node):
    """`resdsl 1`."""

    number: Number


Item: TypeAlias = Version | Import | Definition | Variant | Sweep


@node
class File:
    """A whole text.

    Attributes:
        source: the text.
        items: its definitions, in order.
        comments: spans of all comments, in order, including the `#` but not the line end.
        blank_lines: numbers of the empty lines.
    """

    source: Source
    items: tuple[Item, ...]
    comments: tuple[Span, ...]
    blank_lines: tuple[int, ...]
