"""Selects the blocks to draw: the most telling use of each definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from resdsl.draw.blocks.elements import Wiring
from resdsl.draw.blocks.wiring import graph_wiring, short_call, stands_apart, wiring
from resdsl.draw.descriptions import branching, refuse_several_inputs, short
from resdsl.ir.network import Body, Call, Network, Node, Stage
from resdsl.ops.base import Shape

_TRIVIAL = 3


@dataclass(frozen=True, slots=True)
class Telling:
    """A block to draw.

    Attributes:
        name: its name; `definition` is the name of its definition, which is empty for a network drawn as a block.
        networks: the networks that use it.
        stage: the stage of the first network in which it is first used, counted from zero; None if in no stage.
        entering: its input shape; `leaving` is its output shape.
    """

    name: str
    networks: tuple[str, ...]
    stage: int | None
    entering: Shape
    leaving: Shape
    wiring: Wiring
    definition: str = ""

    @property
    def keeps(self) -> bool:
        """Whether its output has the shape of its input."""
        return self.entering == self.leaving


@dataclass(frozen=True, slots=True)
class _Use:
    body: Body
    count: int
    stage: int | None

    @property
    def keeps(self) -> bool:
        return self.body.inputs[0] == self.body.shape


def telling(networks: Sequence[Network], *, changes: bool) -> tuple[Telling, ...]:
    """The most telling blocks of networks, in order of appearance and without duplicates.

    For each definition, that is a use that keeps the shape; among several, the first with the most frequent wiring. A
    network without blocks is drawn as a block itself.

    Args:
        networks: one or several networks.
        changes: whether to also include the first use that changes the shape.

    Raises:
        NotDrawn: a block has too many layers for a legible figure.
    """
    found: list[Telling] = []
    for network in networks:
        for each in _of_network(network, changes=changes):
            same = [index for index, other in enumerate(found) if alike(each, other)]
            if same:
                known = found[same[0]]
                names = tuple(dict.fromkeys((*known.networks, *each.networks)))
                found[same[0]] = replace(known, networks=names)
            else:
                found.append(each)
    return tuple(found)


def alike(one: Telling, other: Telling) -> bool:
    """Whether two blocks are the same, regardless of their networks."""
    shapes = (one.entering, one.leaving) == (other.entering, other.leaving)
    return shapes and one.name == other.name and one.wiring == other.wiring


def _of_network(network: Network, *, changes: bool) -> Iterator[Telling]:
    definitions: dict[tuple[str, str | None], list[_Use]] = {}
    for use in _uses(network):
        origin = use.body.origin
        definitions.setdefault((origin.name, origin.source), []).append(use)
    any_drawn = False
    for uses in definitions.values():
        chosen = [use for use in _chosen(uses, changes=changes) if len(wiring(use.body).elements) > _TRIVIAL]
        for use in chosen:
            any_drawn = True
            body = use.body
            found = (body.inputs[0], body.shape, wiring(body), body.origin.name)
            yield Telling(short_call(body), (network.name,), use.stage, *found)
    if not any_drawn:
        yield _whole(network)


def _whole(network: Network) -> Telling:
    refuse_several_inputs(network)
    given = [each.name for each in network.inputs]
    last = network.outputs[-1].value
    behind = network.behind([last])
    aside = next((node for node in network.nodes if node.name not in behind), None)
    if aside is not None:
        raise branching(network.name, f"`{short(aside.path)}` leads elsewhere than to the last output")
    drawn = graph_wiring(network.nodes, network.values, given, last, network.name)
    return Telling(network.name, (), None, network.inputs[0].shape, network.values[last], drawn)


def _chosen(uses: Sequence[_Use], *, changes: bool) -> Iterator[_Use]:
    keeping = [use for use in uses if use.keeps]
    pool = keeping or uses
    met: Counter[tuple[object, ...]] = Counter()
    for use in pool:
        met[_form(use.body)] += use.count
    form = max(met, key=lambda each: met[each])
    yield next(use for use in pool if _form(use.body) == form)
    if changes and keeping:
        yield from [use for use in uses if not use.keeps][:1]


def _form(body: Body) -> tuple[object, ...]:
    """A key that is equal for bodies that differ only in numbers."""
    drawn = wiring(body)
    return tuple([(each.kind, each.words, each.role) for each in drawn.elements]), drawn.wires


def _uses(network: Network) -> Iterator[_Use]:
    """Bodies with their own figure, in order of appearance: those of the network, and nested ones."""
    earlier: set[Body] = set()
    stage = 0
    for node in network.nodes:
        if isinstance(node, Call) and node.body.origin.kind != "shortcut":
            yield from _within(_Use(node.body, 1, None), earlier)
        elif isinstance(node, Stage):
            for run in node.runs:
                yield from _within(_Use(run.body, run.count, stage), earlier)
            stage += 1


def _within(use: _Use, earlier: set[Body]) -> Iterator[_Use]:
    yield use
    if use.body in earlier:
        return
    earlier.add(use.body)
    for body, count in _apart(use.body.nodes):
        yield from _within(_Use(body, count, use.stage), earlier)


def _apart(nodes: tuple[Node, ...]) -> Iterator[tuple[Body, int]]:
    """Bodies that are drawn as a single box where they are called."""
    for node in nodes:
        if isinstance(node, Stage):
            yield from ((run.body, run.count) for run in node.runs)
        elif isinstance(node, Call):
            if stands_apart(node.body):
                yield node.body, 1
            else:
                yield from _apart(node.body.nodes)
