"""Nodes of definitions and whole files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from resdsl.source import Source, Span
from resdsl.syntax.tree.base import Node
from resdsl.syntax.tree.expressions import CallArgument, Expression, Name, Number, StringLiteral, Word
from resdsl.syntax.tree.statements import StatementList
from resdsl.syntax.tree.sweeps import SweepLines


class Parameter(Node):
    """`width`, `stride = 1`."""

    name: str
    default: Expression | None


class Definition(Node):
    """A network, a block or a shortcut."""

    kind: Literal["network", "block", "shortcut"]
    name: Word
    parameters: tuple[Parameter, ...]
    body: StatementList


class Variant(Node):
    """`network b = a(arguments) { difference }`."""

    name: Word
    parameters: tuple[Parameter, ...]
    base: Name
    arguments: tuple[CallArgument, ...]
    body: StatementList | None


class Import(Node):
    """`import "x.res" as x`."""

    path: StringLiteral
    alias: Word


class Version(Node):
    """`resdsl 1`."""

    number: Number


Item: TypeAlias = Version | Import | Definition | Variant | SweepLines


@dataclass(frozen=True, eq=False)
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
