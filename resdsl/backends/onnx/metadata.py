"""What a file says of its network beside the graph: where each node belongs, and what the network was made with.

Each node has the modules around it as PyTorch's exporter writes them, its stage, the definition that it is from, and
the line of the text that it comes from.
From IR version 10 on this stands at the node; below, the model has the same keys, each with a JSON object by the names
of nodes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from resdsl.backends.onnx.protobuf import block, text
from resdsl.ir.network import Argument, Call, Network, Node, Origin, Stage
from resdsl.ir.text import value_text

AT_NODES = 10
"""The first IR version in which a node has metadata of its own."""
SCOPES = "pkg.torch.onnx.name_scopes"
Properties = dict[str, str]


def places_of(network: Network) -> dict[str, Properties]:
    """The stage and the definition around each module, by the paths of all calls."""
    return dict(_places(network.nodes, "", {}))


def _places(nodes: tuple[Node, ...], prefix: str, around: Properties) -> Iterator[tuple[str, Properties]]:
    for node in nodes:
        path = f"{prefix}{node.path}"
        if isinstance(node, Call):
            yield from _of_call(node.body.origin, node.body.nodes, path, around)
        elif isinstance(node, Stage):
            staged = {**around, "resdsl.stage": path}
            for run in node.runs:
                for index in run.indices:
                    yield from _of_call(run.body.origin, run.body.nodes, f"{path}.{index}", staged)


def _of_call(
    origin: Origin, nodes: tuple[Node, ...], path: str, around: Properties
) -> Iterator[tuple[str, Properties]]:
    here = around
    if origin.kind != "bracket":
        here = {**around, f"resdsl.{origin.kind}": origin.name}
        if origin.source is not None:
            here["resdsl.source"] = origin.source
        else:
            here.pop("resdsl.source", None)
    yield path, here
    yield from _places(nodes, f"{path}.", here)


def about(network: Network) -> Properties:
    """What the network was made with, as JSON: titles of stages by their paths, parameters and settings as resolved."""
    titles = {stage.path: stage.title for stage in network.stages if stage.title is not None}
    return {
        "resdsl.titles": _json(titles),
        "resdsl.parameters": _json(_texts(network.arguments)),
        "resdsl.settings": _json(_texts(network.settings)),
    }


def node_properties(
    name: str, path: str, places: Mapping[str, Properties], lines: Callable[[str], str | None] | None = None
) -> Properties:
    """The metadata of a node of this name, which is of the module of this path; a dot ends the path of a call.

    Args:
        name: the name of the node; a slash is before what tells the nodes of one layer apart.
        path: the path of the module.
        places: the stage and the definition around each module.
        lines: the file and the line that a layer or a call comes from, by its name.
    """
    parts = path.rstrip(".").split(".") if path else []
    scopes = ["", *(".".join(parts[: end + 1]) for end in range(len(parts)))]
    around = next((places[scope] for scope in reversed(scopes) if scope in places), {})
    line = None if lines is None else lines(name.partition("/")[0]) or lines(path.rstrip("."))
    return {SCOPES: repr([*scopes, name]), **around, **({} if line is None else {"resdsl.line": line})}


def gathered(of_nodes: Iterable[tuple[str, Properties]]) -> Properties:
    """The metadata of nodes as those of the model: each key once, with the values by the names of nodes."""
    by_key: dict[str, Properties] = {}
    for name, properties in of_nodes:
        for key, value in properties.items():
            by_key.setdefault(key, {})[name] = value
    return {key: _json(values) for key, values in by_key.items()}


def framed(field: int, properties: Mapping[str, str]) -> bytes:
    """Metadata as entries of a message."""
    return b"".join([block(field, text(1, key) + text(2, value)) for key, value in properties.items()])


def _texts(arguments: tuple[Argument, ...]) -> Properties:
    return {argument.name: value_text(argument.value) for argument in arguments}


def _json(values: Mapping[str, str]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
