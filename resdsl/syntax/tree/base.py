"""The base of all nodes of the syntax tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

from resdsl.source import Span

N = TypeVar("N")


@dataclass_transform(frozen_default=True, eq_default=False)
def node(kind: type[N]) -> type[N]:
    """Make a class of nodes: a frozen dataclass without unneeded methods, which loads faster."""
    return dataclass(frozen=True, eq=False, repr=False, match_args=False)(kind)


@node
class Node:
    """Base of all nodes."""

    span: Span
