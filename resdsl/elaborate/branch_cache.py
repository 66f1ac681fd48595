"""Reuses what the rest of a branch comes to once its first op has run.

A block is built anew for every number of channels that enter it, but mostly only its first convolution depends on
them: behind that, the same ops stand on the same flow. Where all statements of a branch apply ops, their nodes are
added at once, if they were added before behind the same flow, with the same values of the names in them.
"""

from __future__ import annotations

from functools import lru_cache

from resdsl.elaborate.cache import RememberedOps
from resdsl.elaborate.dispatch import run
from resdsl.elaborate.scope import SETTINGS, Scope
from resdsl.elaborate.values import key
from resdsl.ir.network import Layer
from resdsl.syntax import tree
from resdsl.syntax.mentions import names_of

MOST = 20_000
"""The most branches that are remembered at a time."""


def run_branch(body: tree.StatementList, scope: Scope) -> None:
    """Run the statements of a branch in a scope."""
    if len(body.statements) < 3 or not _applies_ops(body):
        for statement in body.statements:
            run(statement, scope)
        return
    run(body.statements[0], scope)
    branches, own = scope.building.session.branches, _key(body, scope)
    known = branches.get(own) if own is not None else None
    if known is not None and not any(scope.graph.clashes(node.path) for node in known.nodes):
        _add(known, scope)
        return
    checkpoint, start = scope.building.checkpoint(), len(scope.graph.nodes)
    for statement in body.statements[1:]:
        run(statement, scope)
    added = tuple(scope.graph.nodes[start:])
    progress = scope.building.since(checkpoint)
    quiet = not (progress.problems or progress.warnings or progress.shapes or progress.blocks or scope.parts)
    if own is None or not quiet or scope.current is None or len(added) != len(body.statements) - 1:
        return
    layers = tuple([node for node in added if isinstance(node, Layer) and node.name == node.path])
    if len(layers) < len(added):
        return
    if len(branches) >= MOST:
        branches.clear()
    graph = scope.graph
    places = tuple([graph.places.get(node.path) for node in layers])
    branches[own] = RememberedOps(
        layers, places, tuple([graph.statements[node.name] for node in layers]), dict(graph.counters), scope.current
    )


@lru_cache(maxsize=4096)
def _applies_ops(body: tree.StatementList) -> bool:
    """Whether its statements may all be ops, and say nothing of what is around them."""
    return all(isinstance(each, tree.Apply) and not each.shared and each.shape is None for each in body.statements)


@lru_cache(maxsize=4096)
def _names(body: tree.StatementList) -> tuple[str, ...]:
    names = [name.parts[0] for statement in body.statements[1:] for name in names_of(statement)]
    return tuple(dict.fromkeys(names))


def _key(body: tree.StatementList, scope: Scope) -> tuple[object, ...] | None:
    """Everything that the statements behind the first depend on; None if they are not remembered."""
    flow = scope.current
    if flow is None or scope.building.problems or scope.tracked or scope.at_top or scope.parts:
        return None
    values: list[object] = []
    for name in _names(body):
        if name in scope.flows:
            return None
        if name in scope.names:
            values.append((name, key(scope.names[name])))
            if name in SETTINGS:
                values.append(scope.names[name] is getattr(scope.settings, name))
        elif name == "channels":
            values.append(scope.channels)
    graph = scope.graph
    counters = tuple(graph.counters.items())
    return (body, flow, scope.settings.key(), scope.role, counters, graph.by_position, *values)


def _add(known: RememberedOps, scope: Scope) -> None:
    graph = scope.graph
    around = graph.statement
    for node, place, statement in zip(known.nodes, known.places, known.statements, strict=True):
        if place is not None:
            graph.places[node.path] = place
        graph.statement = statement
        graph.add(node)
    graph.statement = around
    graph.counters.update(known.counters)
    scope.current = known.flow
