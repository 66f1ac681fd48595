"""The program of the network's own class."""

from __future__ import annotations

from resdsl.ir.network import Layer, Network
from resdsl.program.containers import containers
from resdsl.program.forms import op_form
from resdsl.program.schedule import Graph, Program, Variable


def network_program(network: Network) -> Program:
    """The statements of the network's own graph.

    A single input is the first value of the main path; several inputs have their own variables, and so do all outputs
    except the last. Only modules overwrite what they read here, because sums are inside blocks. What exists in training
    only comes at the end, where an inference pass can leave it out.
    """
    values = network.values
    forms = {
        node.name: op_form(node.op, tuple([values[value] for value in node.inputs]))
        for node in network.nodes
        if isinstance(node, Layer)
    }
    outputs = tuple([tap.value for tap in network.outputs])
    nodes = tuple(sorted(network.nodes, key=lambda node: node.name in network.trained_only))
    within = containers(nodes, forms, outputs)
    fresh = {name for name, form in forms.items() if form.fresh}
    graph = Graph(nodes, forms, outputs, within, fresh=fresh)
    return Program(graph, input_variables(network), output_variables(network))


def input_variables(network: Network) -> dict[str, Variable]:
    """The variables that hold the inputs, by value."""
    if len(network.inputs) == 1:
        return {network.inputs[0].name: Variable("main")}
    return {each.name: Variable("input", name=each.name) for each in network.inputs}


def output_variables(network: Network) -> dict[str, Variable]:
    """The variables of values that are outputs before the last, by value."""
    found: dict[str, Variable] = {}
    for tap in network.outputs:
        if tap.value != network.outputs[-1].value and ":" not in tap.value:
            found.setdefault(tap.value, Variable("output", name=tap.name))
    return found
