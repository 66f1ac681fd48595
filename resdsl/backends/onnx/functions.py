"""Blocks as functions of a model, which viewers show as one node that opens.

The nodes of each call of a block become one node, whose function has them under their names within the block. Calls
that come to the same nodes share a function. It takes what flows in and the weights; its small constants are nodes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from resdsl.backends.onnx.graph import NamedNode, OnnxFunction, OnnxGraph

DOMAIN = "resdsl"
Call = tuple[str, str]
"""The path of a call of a block, and the name under which its values are."""


def with_functions(graph: OnnxGraph) -> OnnxGraph:
    """The graph with a function in place of each outermost block."""
    uses = Counter(value for node in graph.nodes for value in node.inputs)
    results = {*graph.outputs, *graph.updated}
    nodes: list[NamedNode] = []
    functions: dict[str, OnnxFunction] = {}
    names: Counter[str] = Counter()
    for call, group in groupby(graph.nodes, lambda node: _call_of(node, graph)):
        body = list(group)
        if call is None:
            nodes += body
            continue
        within = Counter(value for node in body for value in node.inputs)
        outputs = [each for node in body for each in node.outputs if each in results or uses[each] > within[each]]
        node, function = _function(call, body, outputs, graph)
        block = graph.places[call[0]]["resdsl.block"]
        key = repr((block, function))
        if key not in functions:
            names[block] += 1
            functions[key] = replace(function, name=block if names[block] == 1 else f"{block}_{names[block]}")
        nodes.append(replace(node, op_type=functions[key].name))
    return _without_inner(replace(graph, nodes=nodes, functions=list(functions.values())))


def _call_of(node: NamedNode, graph: OnnxGraph) -> Call | None:
    """The outermost call of a block around a node."""
    path, name = node.path.split("."), node.name.split(".")
    for end in range(1, len(path)):
        prefix = ".".join(path[:end])
        if "resdsl.block" in graph.places.get(prefix, {}):
            return prefix, ".".join(name[:end])
    return None


def _function(
    call: Call, body: list[NamedNode], outputs: list[str], graph: OnnxGraph
) -> tuple[NamedNode, OnnxFunction]:
    """The node of a call, and its function, which has no name yet."""
    path, name = call
    local = {
        value: f"{_within(node.name, name)}{f':{index}' if index else ''}"
        for node in body
        for index, value in enumerate(node.outputs)
    }
    read = [value for node in body for value in node.inputs if value]
    given = list(dict.fromkeys(value for value in read if value not in local and value not in graph.constants))
    flowing = [value for value in given if value not in _weights(graph)]
    local |= {value: f"input_{index}" if index > 1 else "input" for index, value in enumerate(flowing, start=1)}
    local |= {value: _within(value, path) for value in given if value not in local}
    inner: list[NamedNode] = []
    for node in body:
        inner += _constants(node, name, graph, local)
        inputs = [local.get(value, value) for value in node.inputs]
        made = [local[value] for value in node.outputs]
        inner.append(replace(node, name=_within(node.name, name), inputs=inputs, outputs=made, path=""))
    function = OnnxFunction("", [local[value] for value in given], [local[value] for value in outputs], inner)
    return NamedNode(name, "", given, outputs, {}, f"{path}.", DOMAIN), function


def _constants(node: NamedNode, name: str, graph: OnnxGraph, local: dict[str, str]) -> Iterator[NamedNode]:
    """The nodes of the constants that a node reads."""
    for value in node.inputs:
        if value in graph.constants and value not in local:
            local[value] = _within(value, name)
            yield NamedNode(local[value], "Constant", [], [local[value]], {"value": graph.constants[value]})


def _within(name: str, prefix: str) -> str:
    return name.removeprefix(f"{prefix}.")


def _weights(graph: OnnxGraph) -> set[str]:
    return {graph.renamed.get(name, name) for name in graph.weights}


def _without_inner(graph: OnnxGraph) -> OnnxGraph:
    """The graph without the constants and the shapes of values that are within functions alone."""
    read = {value for node in graph.nodes for value in node.inputs}
    made = {value for node in graph.nodes for value in node.outputs}
    return replace(
        graph,
        constants={name: value for name, value in graph.constants.items() if name in read},
        values={name: shape for name, shape in graph.values.items() if name in made},
        fixed={name: shape for name, shape in graph.fixed.items() if name in made},
    )
