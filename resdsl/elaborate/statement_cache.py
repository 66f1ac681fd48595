"""Reuses the effects of statements that were run before with the same values on the same flow.

Why it exists: the points of a sweep differ in little, and what they share need not be run again. All of them have the
same stem, for example, and the same stages where the arguments have not changed. The effect of a statement at the top
of a network depends on the values of the names in it, on the settings, and on what flows. If these are the same, it
adds the same record to the graph, and the record can be shared because records never change.

Statements in blocks need no such cache: whole bodies are remembered (`Session.bodies`).

Networks, warnings and stated shapes are remembered. The place where a setting was given is not, and only problems show
it; so a network with problems is built again by a new session, which remembers nothing. Only work that is actually done
counts as steps, so what comes from the cache costs none.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from resdsl.elaborate.cache import Remembered
from resdsl.elaborate.scope import Scope
from resdsl.elaborate.values import Flow, key
from resdsl.ir.network import Call
from resdsl.syntax import tree
from resdsl.syntax.mentions import names_of

N = TypeVar("N", tree.Apply, tree.StageStatement)

OF_THE_NETWORK = ("block_index", "block_count")
"""Names in the arguments of a stage's block whose values depend on what comes before the stage."""
MOST = 5_000
"""The most statements that are remembered at a time; a sweep with more has points that share nothing."""


def remembering(run: Callable[[N, Scope], None]) -> Callable[[N, Scope], None]:
    """A function that runs a statement, or reuses its effect from the cache if possible."""

    def remembered(node: N, scope: Scope) -> None:
        flow = scope.current
        plain_top = scope.overlays is not None and not scope.overlays.present
        parted = bool(scope.parts) and scope.parts[0] is flow
        if not plain_top or flow is None or parted or scope.building.problems or not _repeatable(node) or node.shared:
            run(node, scope)
            return
        cache_key = _cache_key(node, flow, scope)
        known = scope.building.session.statements.get(cache_key) if cache_key is not None else None
        if cache_key is None:
            run(node, scope)
        elif known is None or scope.graph.clashes(known.node.path):
            _run_and_keep(cache_key, run, node, scope)
        else:
            _again(known, scope)

    return remembered


@lru_cache(maxsize=4096)
def _repeatable(node: tree.Apply | tree.StageStatement) -> bool:
    return not any(name.parts[0] in OF_THE_NETWORK for name in names_of(node))


@lru_cache(maxsize=4096)
def _names(node: tree.Apply | tree.StageStatement) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.parts[0] for name in names_of(node)))


def _cache_key(node: tree.Apply | tree.StageStatement, flow: Flow, scope: Scope) -> tuple[object, ...] | None:
    """Everything the statement depends on; None if it reads lists of values that flow."""
    values: list[object] = []
    for name in _names(node):
        if name in scope.names:
            values.append((name, key(scope.names[name])))
        elif name in scope.flows:
            if not isinstance(scope.flows[name], Flow):
                return None
            values.append((name, scope.flows[name]))
    counters = tuple(scope.graph.counters.items())
    known = (node, flow.name, flow.shape, flow.strides, scope.settings.key(), scope.channels, counters)
    return (*known, scope.building.has_own_input, scope.role, scope.chain, *values)


def _run_and_keep(cache_key: tuple[object, ...], run: Callable[[N, Scope], None], node: N, scope: Scope) -> None:
    building, graph = scope.building, scope.graph
    checkpoint, nodes, parts = building.checkpoint(), len(graph.nodes), scope.parts
    before = {name: scope.tracked[name] for name in _names(node) if name in scope.tracked}
    scope.tracked.update({name: set() for name in before})
    try:
        run(node, scope)
    finally:
        read = tuple((name, _frozen(scope.tracked[name])) for name in before)
        scope.tracked.update(before)
        _mark(read, scope)
    if building.problems or len(graph.nodes) != nodes + 1 or scope.parts is not parts or scope.current is None:
        return
    if isinstance(graph.nodes[-1], Call) and graph.nodes[-1].body.also:
        return  # of which some may be outputs of the network
    statements = building.session.statements
    if len(statements) >= MOST:
        statements.clear()
    added, progress = graph.nodes[-1], building.since(checkpoint)
    statements[cache_key] = Remembered(
        added,
        scope.current,
        graph.places.get(added.path),
        dict(graph.counters),
        progress.shapes,
        progress.warnings,
        progress.blocks,
        read,
    )


def _again(known: Remembered, scope: Scope) -> None:
    building, graph = scope.building, scope.graph
    graph.add(known.node)
    graph.counters.update(known.counters)
    if known.place is not None:
        graph.places[known.node.path] = known.place
    building.shapes += known.shapes
    building.warnings += known.warnings
    building.blocks_built += known.blocks
    _mark(known.read, scope)
    scope.current = known.flow


def _mark(read: tuple[tuple[str, frozenset[int] | None], ...], scope: Scope) -> None:
    """Mark the items of lists that a statement read."""
    for name, items in read:
        marked = scope.tracked[name]
        if items is None or marked is None:
            scope.tracked[name] = None
        else:
            marked.update(items)


def _frozen(items: set[int] | None) -> frozenset[int] | None:
    return None if items is None else frozenset(items)
