"""Networks that counters are tried on: of one op each, and with batch norms where exporters fold them, and do not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from resdsl.ir.network import Network
from resdsl.ops.base import Op
from resdsl.ops.records import Sample
from tests.ir.networks import Graph, basic, branches, shared


def probe(op: type[Op], sample: Sample) -> Network:
    """A network of one op, and of a linear layer behind it: some counters fail where nothing is learned."""
    graph = Graph(**{f"x{number}": shape for number, shape in enumerate(sample.inputs)})
    given: dict[str, Any] = dict(sample.given)
    graph.layer(op.kind(), *graph.inputs, name="made", **given)
    return ended(graph)


def ended(graph: Graph, **taps: str) -> Network:
    graph.layer("fc", name="fc", out=1, bias=False)
    return graph.network("probe", **taps)


def row(*ops: str) -> Network:
    """Layers in a row on a map of 3x8x8; convolutions keep its size."""
    graph = Graph(input=(3, 8, 8))
    for number, op in enumerate(ops):
        given: dict[str, Any] = {"conv": {"kernel": 3, "out": 3}, "fc": {"out": 5}}.get(op, {})
        graph.layer(op, name=f"{op}{number}", **given)
    return ended(graph)


def tapped() -> Network:
    """A convolution that a norm and an output read."""
    graph = Graph(input=(3, 8, 8))
    graph.layer("conv", name="conv", kernel=3, out=3)
    graph.layer("bn", name="bn")
    return ended(graph, shown="conv")


def called_twice(*norms: str) -> Network:
    """A convolution that is called twice, with these norms behind its calls; an empty name is none."""
    graph = Graph(input=(3, 8, 8))
    for number, norm in enumerate(norms):
        graph.layer("conv", name=f"conv{number}", path="conv", kernel=3, out=3)
        if norm:
            graph.layer("bn", name=f"{norm}_{number}", path=norm)
        graph.layer("relu", name=f"relu{number}")
    return ended(graph)


def block_called_twice() -> Network:
    """A block with norms that is called twice."""
    graph = Graph(input=(4, 8, 8))
    graph.call(basic((4, 8, 8), 4), name="block")
    graph.call(basic((4, 8, 8), 4), name="again", path="block")
    return ended(graph)


def pooled_on_three_axes() -> Network:
    """Pools on three axes, all of whose windows lie within the map."""
    graph = Graph(input=(2, 7, 7, 7))
    graph.layer("maxpool", name="maxpool", kernel=3, stride=2)
    graph.layer("avgpool", name="avgpool", kernel=2, stride=2, pad=0)
    return ended(graph)


BY_HAND: dict[str, Callable[[], Network]] = {
    "shared": shared,
    "branches": branches,
    "linear_with_norm": partial(row, "fc", "bn", "relu"),
    "two_norms": partial(row, "conv", "bn", "bn"),
    "norm_before": partial(row, "bn", "relu", "conv", "relu"),
    "norm_directly_before": partial(row, "bn", "conv"),
    "tapped": tapped,
    "called_twice_same_norm": partial(called_twice, "bn", "bn"),
    "called_twice_two_norms": partial(called_twice, "one", "other"),
    "called_twice_one_norm": partial(called_twice, "bn", ""),
    "called_twice_no_norm": partial(called_twice, "", ""),
    "block_called_twice": block_called_twice,
    "pooled_on_three_axes": pooled_on_three_axes,
}
