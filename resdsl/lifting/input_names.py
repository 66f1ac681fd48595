"""The names of several inputs, which a text says: those of the model as far as the language can have them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from resdsl.lifting.compiling import compiled
from resdsl.lifting.graph import PlainGraph
from resdsl.lifting.standard import standard_definitions
from resdsl.ops.registry import ops

_PARAMETERS = frozenset({"classes", "width", "stride", "expansion"})
"""Names that lifted texts give to parameters."""


def with_names_of_inputs(graph: PlainGraph) -> PlainGraph:
    """A graph whose inputs have names that a text can have; the same one if it has a single input, which needs none.

    `input.1` becomes `input_1`, and `conv`, which is an op, `conv_in`.
    """
    if len(graph.inputs) == 1:
        return graph
    names: dict[str, str] = {}
    for name in graph.inputs:
        names[name] = _legal(name, {*names.values(), *graph.shapes} - {name})
    changed = {new: old for old, new in names.items() if new != old}
    return _renamed(graph, names, changed) if changed else graph


def _renamed(graph: PlainGraph, names: Mapping[str, str], changed: Mapping[str, str]) -> PlainGraph:
    def known(value: str) -> str:
        return names.get(value, value)

    nodes = tuple([replace(node, inputs=tuple(map(known, node.inputs))) for node in graph.nodes])
    return replace(
        graph,
        inputs={known(name): shape for name, shape in graph.inputs.items()},
        nodes=nodes,
        outputs=tuple([(name, known(value)) for name, value in graph.outputs]),
        shapes={known(value): shape for value, shape in graph.shapes.items()},
        inputs_called=changed,
    )


def _legal(name: str, taken: Collection[str]) -> str:
    """A name of the language that is not taken, near to a name of a model."""
    clean = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
    clean = clean if clean and not clean[0].isdigit() else f"input_{clean}".rstrip("_")
    endings = ("", "_in", *(f"_{number}" for number in range(2, len(taken) + 4)))
    return next(each for each in (f"{clean}{end}" for end in endings) if each not in taken and _is_free(each))


def _is_free(name: str) -> bool:
    blocks = {each.name.text for kind in ("block", "shortcut") for each in standard_definitions(kind)}
    if name in _PARAMETERS or name in ops() or name in blocks:
        return False
    other = f"{name}_other"
    return compiled(f"network n {{ input {name} 1x2x2; input {other} 1x2x2; from add({name}, {other}) }}") is not None
