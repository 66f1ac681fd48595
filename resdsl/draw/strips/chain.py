"""Refuses networks that a sequence of parts cannot show faithfully, because not all paths rejoin the main path."""

from __future__ import annotations

from resdsl.draw.descriptions import branching, refuse_several_inputs, short
from resdsl.draw.strips.flow import Region, regions
from resdsl.ir.network import Network


def expect_row(network: Network) -> None:
    """Refuse a network that would look wrong as a sequence of parts.

    Parts that lead to their own output would be drawn between others that they do not feed, and an output taken from
    one of several branches would seem to be that of all of them.

    Raises:
        NotDrawn: the network branches in one of these ways.
    """
    refuse_several_inputs(network)
    given = [each.name for each in network.inputs]
    found = list(regions(network.nodes, given, network.outputs[-1].value))
    for region in found:
        if region.aside:
            raise branching(network.name, f"{_span(region)} to its own output")
    ends = {*given, *(region.value for region in found)}
    for tap in network.outputs:
        if tap.value not in ends:
            raise branching(network.name, f"the output `{short(tap.name)}` is taken from one of several branches")


def _span(region: Region) -> str:
    first, last = region.nodes[0].path, region.nodes[-1].path
    if first == last:
        return f"`{short(first)}` leads"
    return f"the path from `{short(first)}` to `{short(last)}` leads"
