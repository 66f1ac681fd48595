"""Which networks a row of parts shows as they are: those in which all that flows comes back to one path."""

from __future__ import annotations

from resdsl.draw.descriptions import short
from resdsl.draw.errors import NotDrawn
from resdsl.draw.strips.flow import Region, regions
from resdsl.ir.network import Network


def expect_row(network: Network) -> None:
    """Refuse a network of which a row would show what is not so.

    Parts that lead to an output of their own would stand between others which they do not feed, and an output taken
    from within branches would seem to be what all of them yield.

    Raises:
        NotDrawn: as said.
    """
    given = [each.name for each in network.inputs]
    found = list(regions(network.nodes, given, network.outputs[-1].value))
    for region in found:
        if region.aside:
            raise branching(network.name, f"{_span(region)} to an output of its own")
    ends = {*given, *(region.value for region in found)}
    for tap in network.outputs:
        if tap.value not in ends:
            raise branching(network.name, f"the output `{short(tap.name)}` is taken from one of several branches")


def branching(name: str, why: str) -> NotDrawn:
    """The refusal of a network that is no chain."""
    return NotDrawn(
        f"`{short(name)}` branches: {why}, which this figure cannot show; --view ops draws networks with branches"
    )


def _span(region: Region) -> str:
    first, last = region.nodes[0].path, region.nodes[-1].path
    if first == last:
        return f"`{short(first)}` leads"
    return f"what begins with `{short(first)}` and ends with `{short(last)}` leads"
