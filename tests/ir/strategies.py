"""Small networks drawn at random."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from resdsl.ir.network import Network, Role
from resdsl.ops.base import Shape
from tests.ir.networks import Graph, basic, squeeze_excite

MAPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("conv", {"kernel": 3, "out": 4}),
    ("conv", {"kernel": 1, "out": 6, "stride": 2, "bias": True}),
    ("bn", {}),
    ("relu", {}),
    ("leaky_relu", {"slope": 0.3}),
    ("maxpool", {"kernel": 3, "stride": 2}),
    ("split", {"parts": 2}),
)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """A network of layers, joins, blocks and stages on small maps, with taps; every channel count is even."""
    graph = Graph(input=(draw(st.sampled_from([2, 4])), draw(st.integers(5, 9)), 8))
    taps: dict[str, str] = {}
    for index in range(draw(st.integers(1, 7))):
        kind = draw(st.sampled_from(["layer", "layer", "join", "block", "gate", "stage", "again"]))
        value = draw(st.sampled_from(sorted(graph.shapes)))
        _add(draw, graph, kind, value, f"n{index}")
        if draw(st.booleans()):
            taps[f"tap{index}"] = draw(st.sampled_from(sorted(graph.shapes.keys() - graph.inputs.keys())))
    return graph.network("drawn", **taps)


def _add(draw: st.DrawFn, graph: Graph, kind: str, value: str, name: str) -> None:
    shape: Shape = graph.shapes[value]
    if kind == "join":
        alike = [each for each, other in sorted(graph.shapes.items()) if other == shape]
        op = draw(st.sampled_from(["add", "mul", "concat"]))
        graph.layer(op, value, draw(st.sampled_from(alike)), name=name, joins="parallel")
    elif kind == "block":
        graph.call(basic(shape, draw(st.sampled_from([2, 4])), draw(st.integers(1, 2))), value, name=name)
    elif kind == "gate":
        roles: list[Role] = ["main", "shortcut", "gate"]
        role = draw(st.sampled_from(roles))
        graph.call(squeeze_excite(shape), value, name=f"{name}.se", role=role)
    elif kind == "stage" and value == graph.last:
        first = basic(shape, draw(st.sampled_from([2, 4])), 2)
        graph.stage((first, 1), (basic(first.shape, first.shape[0]), draw(st.integers(1, 4))), name=name)
    elif kind == "again":
        graph.layer("conv", value, name=name, kernel=3, out=shape[0])
        graph.layer("conv", name, name=f"{name}_2", path=name, kernel=3, out=shape[0])
    else:
        ops = MAPS if shape[0] % 4 == 0 else MAPS[:-1]
        op, given = draw(st.sampled_from(ops))
        graph.layer(op, value, name=name, **given)
