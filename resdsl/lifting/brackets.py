"""Blocks as brackets, such as those of Table 1: rows of convolutions in place of a definition."""

from __future__ import annotations

from resdsl.lifting.graph import PlainGraph, PlainNode
from resdsl.lifting.shortcuts import residual_parts
from resdsl.lifting.structure import Branches, Chain, PlainStep
from resdsl.ops.conv import Conv
from resdsl.ops.text import op_arguments

_MOST_ROWS = 3


def bracket_of(graph: PlainGraph, chain: Chain) -> str:
    """The bracket that a chain may be, without its stride; empty if it has other layers than a bracket has.

    What its shortcut is, where its stride stands, and what its norms and activations are, is not looked at.
    """
    if len(chain) != 2 or not isinstance(chain[0], Branches):
        return ""
    parts = residual_parts(chain[0])
    if parts is None or not all(isinstance(part, PlainStep) for part in parts.body):
        return ""
    nodes = [part.node for part in parts.body if isinstance(part, PlainStep)]
    rows = [_row(graph, node) for node in nodes if isinstance(node.op, Conv)]
    in_order = all(isinstance(node.op, Conv) == (place % 3 == 0) for place, node in enumerate(nodes))
    is_bracket = in_order and 2 <= len(rows) <= _MOST_ROWS and len(nodes) == 3 * len(rows) - 1
    return f"[{'; '.join(rows)}]" if is_bracket else ""


def _row(graph: PlainGraph, node: PlainNode) -> str:
    """A convolution as a row has it."""
    given = op_arguments(node.op, graph.shapes_of(node))
    return ", ".join(each.sign + each.value for each in given if each.parameter != "stride")
