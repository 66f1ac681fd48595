"""What an editor writes into a text without changing it: the shape after each statement, the share of each stage in the
multiply-adds, and a summary above each network and sweep.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from resdsl.ir.network import Stage
from resdsl.ops.base import show
from resdsl.server.checking import Checkup
from resdsl.server.facts import Facts, MadeNode
from resdsl.server.items import TextLayout
from resdsl.syntax import tree


class Hint(NamedTuple):
    """A few words at a place of a text."""

    offset: int
    text: str


def hints(layout: TextLayout, checkup: Checkup, start: int, end: int, *, shapes: bool, shares: bool) -> list[Hint]:
    """The words at the ends of statements.

    Args:
        layout: the text as it is now.
        checkup: what is known of it.
        start: where the stretch begins that is looked at.
        end: where it ends.
        shapes: whether to give the shape that flows out, unless the statement states it.
        shares: whether to give the share of a stage in the multiply-adds of its network.
    """
    found: list[Hint] = []
    for item, begins in zip(layout.items, layout.starts, strict=True):
        readable = item.readable
        if readable is None or begins > end or begins + len(item.source.text) < start:
            continue
        network = next(map(_network, readable.definitions), "")
        for node in readable.statements:
            at = layout.place(node.span)
            if at is None or not start <= at[1] <= end:
                continue
            text = _text(node, checkup.made(node.span, network), checkup.facts, shapes=shapes, shares=shares)
            if text:
                found.append(Hint(at[1], text))
    return found


def _network(item: tree.Item) -> str:
    """The name of a network; nothing for other definitions."""
    if isinstance(item, tree.Variant) or (isinstance(item, tree.Definition) and item.kind == "network"):
        return item.name.text
    return ""


def _text(node: tree.Node, made: list[MadeNode], facts: Facts, *, shapes: bool, shares: bool) -> str:
    parts = []
    if shapes and getattr(node, "shape", None) is None and len({each.shape for each in made}) == 1:
        parts.append(f"→ {show(made[0].shape)}")
    if shares and isinstance(node, tree.StageStatement):
        parts += _shares(made, facts)
    return " · ".join(parts)


def _shares(made: list[MadeNode], facts: Facts) -> Iterator[str]:
    """The share of a stage at the top of a network; of several networks, that of the first."""
    top = [each for each in made if isinstance(each.node, Stage) and not each.graph.path]
    whole = facts.costs[top[0].network].macs if top else 0
    if whole:
        macs = sum(each.costs.macs for each in top if each.network == top[0].network)
        yield f"{100 * macs / whole:.0f}% of multiply-adds"


def lenses(layout: TextLayout, checkup: Checkup) -> list[Hint]:
    """A summary of each network and sweep, at its first word."""
    found = []
    for item in layout.file.items:
        place = layout.place(item.span)
        if place is None or isinstance(item, tree.Version | tree.Import):
            continue
        name = item.name.text
        if name in checkup.built:
            found.append(Hint(place[0], checkup.facts.summary(name)))
        elif name in checkup.sweeps:
            count = checkup.sweeps[name]
            found.append(Hint(place[0], f"{count:,} point{'' if count == 1 else 's'}"))
    return found
