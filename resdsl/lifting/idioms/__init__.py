"""What several nodes of a file mean together, as one op: each idiom is a function, tried at the node it ends with.

An idiom is applied where the values between its nodes are read by nobody else. Each application leaves fewer nodes, and
only what reads the result is looked at again, so that a graph takes time in proportion to its nodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resdsl.lifting.graph import Draft
from resdsl.lifting.idioms.activations import ACTIVATIONS
from resdsl.lifting.idioms.forms import FORMS
from resdsl.lifting.idioms.layers import LAYERS
from resdsl.lifting.idioms.parts import PARTS
from resdsl.lifting.idioms.positions import POSITIONS
from resdsl.lifting.idioms.rewriting import DraftGraph
from resdsl.ops.base import Shape

_IDIOMS = (*ACTIVATIONS, *FORMS, *LAYERS, *POSITIONS, *PARTS)


def simplified(nodes: Sequence[Draft], inputs: Mapping[str, Shape], outputs: Sequence[str]) -> list[Draft]:
    """The nodes that outputs depend on, with idioms as ops, in execution order."""
    graph = DraftGraph(nodes, inputs, outputs)
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        if node in graph and any(idiom(graph, node) for idiom in _IDIOMS):
            waiting += [user for value in node.outputs for user in graph.users[value] if user in graph]
            if node in graph:
                waiting.append(node)
    return graph.needed()
