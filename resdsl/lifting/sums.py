"""Sums of sums as one sum of several terms, as a person writes them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from resdsl.lifting.graph import PlainGraph, PlainNode


def with_long_sums(graph: PlainGraph) -> PlainGraph:
    """A graph in which a sum whose first term is a sum, which nothing else reads, has the terms of both.

    Sums in which terms are spread stay as they are.
    """
    uses = Counter([*(value for node in graph.nodes for value in node.inputs), *(value for _, value in graph.outputs)])
    sums: dict[str, PlainNode] = {}
    merged: set[str] = set()
    nodes: list[PlainNode] = []
    for node in graph.nodes:
        if node.op.op == "add" and len(set(graph.shapes_of(node))) == 1:
            inner = sums.get(node.inputs[0])
            if inner is not None and uses[inner.output] == 1:
                node = replace(node, inputs=(*inner.inputs, *node.inputs[1:]))
                merged.add(inner.output)
            sums[node.output] = node
        nodes.append(node)
    return replace(graph, nodes=tuple([node for node in nodes if node.output not in merged])) if merged else graph
