"""Variants: networks that differ from a base.

The difference is not applied to the text of the base, whose paths may be computed (`"layer{i + 1}"`), but while the
base is being built: before a stage or op of its top is added under its path, the variants decide what becomes of it.
If there are several, the outermost has the last word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from resdsl.diagnostics.problem import ProblemFound
from resdsl.elaborate import errors
from resdsl.elaborate.dispatch import run
from resdsl.elaborate.expressions import bindings, truth
from resdsl.elaborate.paths import path_of
from resdsl.elaborate.scope import Scope
from resdsl.source import Span
from resdsl.syntax import tree

Labelled = tree.Apply | tree.StageStatement


@dataclass(slots=True)
class VariantChange:
    """One statement of a difference, with the scope in which it is evaluated."""

    node: tree.Apply | tree.StageStatement | tree.TapStatement | tree.Drop
    scope: Scope
    span: Span
    used: bool = False


@dataclass(slots=True)
class VariantDifference:
    """What one variant changes, by path.

    Attributes:
        added: paths of new nodes.
        met: paths of the base so far, for suggestions.
        inputs, checks: its `input` and `expect` statements, which take effect where the base has its own.
    """

    name: str
    dropped: dict[str, VariantChange] = field(default_factory=dict)
    replaced: dict[str, VariantChange] = field(default_factory=dict)
    after: dict[str, list[VariantChange]] = field(default_factory=dict)
    added: set[str] = field(default_factory=set)
    met: list[str] = field(default_factory=list)
    inputs: list[tuple[tree.Input, Scope]] = field(default_factory=list)
    checks: list[tuple[tree.Expect, Scope]] = field(default_factory=list)

    def changes(self) -> list[VariantChange]:
        """All of them."""
        return [*self.dropped.values(), *self.replaced.values(), *(c for some in self.after.values() for c in some)]


@dataclass(slots=True)
class VariantOverlays:
    """The differences of the variants between the base and the requested network, innermost first.

    Each difference acts on the result of the one before: what that one dropped is no longer there, and `after` means
    right after, before anything that was added there earlier.

    Attributes:
        level: the difference that decides next.
        origin: the difference whose own statement is being run; 0 for the base, k + 1 for the k-th.
    """

    differences: list[VariantDifference]
    level: int = 0
    origin: int = 0

    @property
    def present(self) -> bool:
        """Whether there are any."""
        return bool(self.differences)

    @property
    def changed(self) -> bool:
        """Whether a variant changes what is stated here, so that shape statements need not hold."""
        return self.origin < len(self.differences)

    def place(self, path: str, scope: Scope, build: Callable[[], None]) -> None:
        """Build what belongs under a path, or its replacement by a variant, and what the variants add after it."""
        if self.level >= len(self.differences):
            build()
            return
        difference = self.differences[self.level]
        difference.met.append(path)
        dropped, replaced = difference.dropped.get(path), difference.replaced.get(path)
        if dropped is not None:
            dropped.used = True
            return
        if replaced is not None:
            replaced.used = True
            self._replace(replaced, path, scope, build)
        else:
            replace(self, level=self.level + 1).place(path, scope, build)
        for change in difference.after.get(path, ()):
            change.used = True
            self._add(change, scope)

    def _replace(self, change: VariantChange, path: str, scope: Scope, build: Callable[[], None]) -> None:
        before = _probe(scope, build)
        nodes = len(scope.graph.nodes)
        self._run_change(change, scope, self.level + 1)
        if before is not None and scope.graph.nodes[nodes:] == [before]:
            scope.building.warnings.append(errors.networks.ReplacedByEqual(span=change.span, path=path))

    def _add(self, change: VariantChange, scope: Scope) -> None:
        if isinstance(change.node, tree.TapStatement):
            inside = replace(scope, module=change.scope.module, names=change.scope.names)
            run(change.node, inside)
            scope.current = inside.current
        else:
            self._run_change(change, scope, self.level)

    def _run_change(self, change: VariantChange, scope: Scope, level: int) -> None:
        """Run a statement of a variant in the graph of the base, with the names of the variant."""
        assert isinstance(change.node, tree.Apply | tree.StageStatement)
        inside = replace(
            scope,
            module=change.scope.module,
            names=change.scope.names,
            overlays=VariantOverlays(self.differences, level, self.level + 1),
        )
        run(_without_place(change.node), inside)
        scope.current = inside.current
        scope.parts = inside.parts

    def dropper(self, path: str, difference: VariantDifference) -> str | None:
        """The variant that drops a path before `difference` can refer to it."""
        for earlier in self.differences:
            for name, change in earlier.dropped.items():
                if change.used and (path == name or path.startswith(f"{name}.")):
                    return earlier.name
            if earlier is difference:
                break
        return None

    def unused(self) -> list[tuple[VariantDifference, VariantChange]]:
        """The changes whose path does not exist."""
        return [(d, change) for d in self.differences for change in d.changes() if not change.used]


@lru_cache(maxsize=4096)
def _without_place(node: Labelled) -> Labelled:
    """The statement without its `after`; the same object each time, since the cache is keyed by statements."""
    if node.label is None or node.label.after is None:
        return node
    return node.replace(label=node.label.replace(after=None))


def _probe(scope: Scope, build: Callable[[], None]) -> object:
    """The node that `build` would add, without adding it; None if it would not add one, or fails."""
    graph, building, current, parts = scope.graph, scope.building, scope.current, scope.parts
    before, found = graph.checkpoint(), building.checkpoint()
    nodes = len(graph.nodes)
    try:
        build()
        return graph.nodes[-1] if len(graph.nodes) == nodes + 1 else None
    except ProblemFound:
        return None
    finally:
        graph.rollback(before)
        building.rollback(found)
        scope.current, scope.parts = current, parts


# ------------------------------------------------------------------------- reading the difference


def read_difference(name: str, body: tree.StatementList | None, scope: Scope) -> VariantDifference:
    """The changes in the body of a variant."""
    difference = VariantDifference(name)
    if body is not None:
        _read(body, scope, difference)
    return difference


def _read(body: tree.StatementList, scope: Scope, into: VariantDifference) -> None:
    for statement in body.statements:
        try:
            _read_statement(statement, scope, into)
        except ProblemFound as refusal:
            if isinstance(refusal.problem, errors.files.LimitReached | errors.values.RequirementFailed):
                raise
            scope.building.problems.append(refusal.problem.at(statement.span, scope.chain))


def _read_statement(node: tree.Statement, scope: Scope, into: VariantDifference) -> None:
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
            into.dropped[_once(node.path.text, node.path.span, into, scope)] = VariantChange(
                node, scope, node.path.span
            )
        case tree.TapStatement() if node.after is not None:
            into.after.setdefault(node.after.text, []).append(VariantChange(node, scope, node.after.span))
        case tree.StageStatement() | tree.Apply() if node.label is not None:
            _read_labelled(node, node.label, scope, into)
        case _:
            raise scope.refuse(errors.networks.NotInVariants(), node.span)


def _read_labelled(node: Labelled, label: tree.PathLabel, scope: Scope, into: VariantDifference) -> None:
    path = path_of(label, scope)
    assert path is not None
    if label.after is not None:
        into.after.setdefault(label.after.text, []).append(VariantChange(node, scope, label.after.span))
        if not (node.shared and path in into.added):
            into.added.add(_once(path, label.span, into, scope))
        return
    into.replaced[_once(path, label.span, into, scope)] = VariantChange(node, scope, label.span)


def _once(path: str, span: Span, into: VariantDifference, scope: Scope) -> str:
    if path in into.replaced or path in into.dropped or path in into.added:
        raise scope.refuse(errors.names.NameGivenTwice(name=path), span)
    return path
