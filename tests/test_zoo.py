"""What `make test` leaves to `make test-zoo` is no more than size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import resdsl
from resdsl.ir.network import Body, Call, Layer, Network, Node, Stage
from tests.zoo import LARGE


def bodies(nodes: tuple[Node, ...]) -> Iterator[Body]:
    for node in nodes:
        found = [run.body for run in node.runs] if isinstance(node, Stage) else []
        for body in (*found, *([node.body] if isinstance(node, Call) else [])):
            yield body
            yield from bodies(body.nodes)


def parts(network: Network) -> set[str]:
    """Its blocks by name, and the kinds of its layers, in blocks and outside."""
    found = list(bodies(network.nodes))
    layers = (node for nodes in (network.nodes, *(body.nodes for body in found)) for node in nodes)
    return {body.origin.name for body in found} | {node.op.op for node in layers if isinstance(node, Layer)}


@pytest.mark.zoo
@pytest.mark.parametrize(("large", "small"), LARGE.items())
def test_a_smaller_network_stands_for_it(large: str, small: str) -> None:
    assert small not in LARGE
    ours, theirs = resdsl.load(large), resdsl.load(small)
    assert parts(ours.ir) - {"maxpool"} <= parts(theirs.ir)
    # Larger in one way at least: wider, deeper, or at a larger input.
    assert ours.params >= theirs.params or ours.macs >= theirs.macs or ours.costs.depth >= theirs.costs.depth
