"""Variants: a network with a difference.

A difference is not applied to the text of the base, whose paths may be computed (`"layer{i + 1}"`), but
while the base is being built: as each stage or op of its top is about to be placed under its path, the
variants of it are asked what becomes of it. Of several, the outermost has the last word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from resdsl.diagnostics.problem import Refusal
from resdsl.elaborate import errors
from resdsl.elaborate.dispatch import run
from resdsl.elaborate.expressions import bindings, truth
from resdsl.elaborate.paths import path_of
from resdsl.elaborate.scope import Scope
from resdsl.source import Span
from resdsl.syntax import tree

Placed = tree.Apply | tree.Stage


@dataclass(slots=True)
class Change:
    """One statement of a difference, with the scope in which it is read."""

    node: tree.Apply | tree.Stage | tree.Tap | tree.Drop
    scope: Scope
    span: Span
    used: bool = False


@dataclass(slots=True)
class Difference:
    """What one variant changes, by path.

    Attributes:
        added: paths of what is new.
        inputs, checks: its `input` and `expect` statements, read where the base's stand.
    """

    name: str
    dropped: dict[str, Change] = field(default_factory=dict)
    replaced: dict[str, Change] = field(default_factory=dict)
    after: dict[str, list[Change]] = field(default_factory=dict)
    added: set[str] = field(default_factory=set)
    inputs: list[tuple[tree.Input, Scope]] = field(default_factory=list)
    checks: list[tuple[tree.Expect, Scope]] = field(default_factory=list)

    def changes(self) -> list[Change]:
        """All of them."""
        return [*self.dropped.values(), *self.replaced.values(), *(c for some in self.after.values() for c in some)]


@dataclass(slots=True)
class Overlays:
    """The differences of the variants between the base and what is built, innermost first."""

    differences: list[Difference]
    level: int = 0
    paths: list[str] = field(default_factory=list)
    replacing: bool = False

    @property
    def changed(self) -> bool:
        """Whether a variant changes what is stated here, so that statements of shapes need not hold."""
        return self.level < len(self.differences)

    def place(self, path: str, node: Placed, scope: Scope, build: Callable[[], None]) -> None:
        """Build what stands under a path, or what the variants put in its place, and what comes after it."""
        if self.replacing or not self.differences:
            build()
            return
        self.paths.append(path)
        self._build(path, node, scope, build)
        for level in range(self.level, len(self.differences)):
            for change in self.differences[level].after.get(path, ()):
                change.used = True
                self._add(change, scope, level)

    def _build(self, path: str, node: Placed, scope: Scope, build: Callable[[], None]) -> None:
        last = self._last_word(path)
        if last is None:
            build()
            return
        level, change = last
        if isinstance(change.node, tree.Drop):
            return
        assert isinstance(change.node, tree.Apply | tree.Stage)
        before = _probe(scope, build)
        self._run(change.node, change.scope, scope, level + 1, paths=False)
        if before is not None and scope.graph.nodes and scope.graph.nodes[-1] == before:
            scope.session.warnings.append(errors.ReplacedByEqual(span=change.span, path=path))

    def _last_word(self, path: str) -> tuple[int, Change] | None:
        """The change of the outermost variant that has one for this path; all inner ones count as used."""
        found = None
        for level in range(self.level, len(self.differences)):
            difference = self.differences[level]
            change = difference.dropped.get(path) or difference.replaced.get(path)
            if change is not None:
                change.used = True
                found = level, change
        return found

    def _add(self, change: Change, scope: Scope, level: int) -> None:
        if isinstance(change.node, tree.Tap):
            run(change.node, scope)
        elif not isinstance(change.node, tree.Drop):
            self._run(change.node, change.scope, scope, level, paths=True)

    def _run(self, node: Placed, read_in: Scope, scope: Scope, level: int, *, paths: bool) -> None:
        """Run a variant's statement in the base's graph, with the variant's names."""
        inside = replace(
            scope,
            module=read_in.module,
            names=read_in.names,
            settings=scope.settings,
            overlays=Overlays(self.differences, level, self.paths, replacing=not paths),
        )
        run(_without_place(node), inside)
        scope.current = inside.current
        scope.parts = inside.parts

    def unused(self) -> list[tuple[Difference, Change]]:
        """Changes that met no path."""
        return [(d, change) for d in self.differences for change in d.changes() if not change.used]


def _without_place(node: Placed) -> Placed:
    """The statement without its `after`."""
    if node.label is None or node.label.after is None:
        return node
    return replace(node, label=replace(node.label, after=None))


def _probe(scope: Scope, build: Callable[[], None]) -> object:
    """The node that `build` would add, without adding it; None if it adds none or fails."""
    graph, current, parts = scope.graph, scope.current, scope.parts
    problems, built = len(scope.session.problems), scope.session.blocks_built
    nodes, taken = len(graph.nodes), graph.taken.copy()
    counters = dict(graph.counters)
    try:
        build()
        return graph.nodes[-1] if len(graph.nodes) == nodes + 1 else None
    except Refusal:
        return None
    finally:
        del graph.nodes[nodes:]
        del scope.session.problems[problems:]
        graph.taken, graph.counters = taken, counters
        scope.current, scope.parts, scope.session.blocks_built = current, parts, built


# ------------------------------------------------------------------------- reading the difference


def read_difference(name: str, body: tree.Body | None, scope: Scope) -> Difference:
    """What the body of a variant changes."""
    difference = Difference(name)
    if body is not None:
        _read(body, scope, difference)
    return difference


def _read(body: tree.Body, scope: Scope, into: Difference) -> None:
    for statement in body.statements:
        try:
            _read_statement(statement, scope, into)
        except Refusal as refusal:
            if isinstance(refusal.problem, errors.LimitReached | errors.RequirementFailed):
                raise
            scope.session.problems.append(refusal.problem.at(statement.span, scope.chain))


def _read_statement(node: tree.Statement, scope: Scope, into: Difference) -> None:
    match node:
        case tree.If():
            body = node.yes if truth(node.condition, scope) else node.no
            if body is not None:
                _read(body, scope.inner(), into)
        case tree.For():
            for names in bindings(node.targets, node.iterable, scope):
                _read(node.body, scope.inner(**names), into)
        case tree.Let() | tree.Require():
            run(node, scope)
        case tree.Input():
            into.inputs.append((node, scope))
        case tree.Expect():
            into.checks.append((node, scope))
        case tree.Drop():
            into.dropped[_once(node.path.text, node.path.span, into, scope)] = Change(node, scope, node.path.span)
        case tree.Tap() if node.after is not None:
            into.after.setdefault(node.after.text, []).append(Change(node, scope, node.after.span))
        case tree.Stage() | tree.Apply() if node.label is not None:
            _read_placed(node, node.label, scope, into)
        case _:
            raise scope.refuse(errors.NotInVariants(), node.span)


def _read_placed(node: Placed, label: tree.Label, scope: Scope, into: Difference) -> None:
    path = path_of(label, scope)
    assert path is not None
    if label.after is not None:
        into.after.setdefault(label.after.text, []).append(Change(node, scope, label.after.span))
        into.added.add(_once(path, label.span, into, scope))
        return
    into.replaced[_once(path, label.span, into, scope)] = Change(node, scope, label.span)


def _once(path: str, span: Span, into: Difference, scope: Scope) -> str:
    if path in into.replaced or path in into.dropped or path in into.added:
        raise scope.refuse(errors.NameGivenTwice(name=path), span)
    return path
