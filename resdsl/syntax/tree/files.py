"""Nodes of definitions and whole files."""

from __future__ import annotations

from typing import Literal, TypeAlias

from resdsl.source import Source, Span
from resdsl.syntax.tree.base import Node, node
from resdsl.syntax.tree.expressions import CallArgument, Expression, Name, Number, StringLiteral, Word
from resdsl.syntax.tree.statements import StatementList
from resdsl.syntax.tree.sweeps import SweepLines


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
    body: StatementList


@node
class Variant(Node):
    """`network b = a(arguments) { difference }`."""

    name: Word
    parameters: tuple[Parameter, ...]
    base: Name
    arguments: tuple[CallArgument, ...]
    body: StatementList | None


@node
class Import(Node):
    """`import "x.res" as x`."""

    path: StringLiteral
    alias: Word


@node
class Version(Node):
    """`resdsl 1`."""

    number: Number


Item: TypeAlias = Version | Import | Definition | Variant | SweepLines


@node
class File:
    """A whole text.

    Attributes:
        source: the text.
        items: its definitions, in order.
        comments: spans of all comments, in order; the `#` included, the line end not.
        blank_lines: numbers of the lines that hold nothing.
    """

    source: Source
    items: tuple[Item, ...]
    comments: tuple[Span, ...]
    blank_lines: tuple[int, ...]
