"""From the phrases of a text to its syntax tree: one method per rule of the grammar.

Expressions (`expressions`) and sweeps (`sweeps`) have modules of their own, as do parts of nodes (`parts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from resdsl.diagnostics.problem import ProblemFound, Replacement
from resdsl.syntax import tree
from resdsl.syntax.build.parts import (
    Arguments,
    Arrow,
    Child,
    ParameterList,
    Repeat,
    arrow_of,
    body_of,
    nodes_of,
    only,
    targets_of,
)
from resdsl.syntax.build.sweeps import SweepBuilder
from resdsl.syntax.errors import UnexpectedWord
from resdsl.syntax.token import Token


class Builder(SweepBuilder):
    """Makes the nodes of one text: definitions, sweeps and statements, and the expressions in them."""

    # ---------------------------------------------------------------------------------- definitions

    def file(self, children: list[Child]) -> tuple[tree.Item, ...]:
        return tuple(nodes_of(children))

    def version(self, children: list[Child]) -> tree.Version:
        return tree.Version(self._extent(children), self._number(children[1]))

    def import_(self, children: list[Child]) -> tree.Import:
        return tree.Import(self._extent(children), self._text(children[1]), self._word(children[3]))

    def network(self, children: list[Child]) -> tree.Definition:
        return self._definition("network", children)

    def block(self, children: list[Child]) -> tree.Definition:
        return self._definition("block", children)

    def shortcut(self, children: list[Child]) -> tree.Definition:
        return self._definition("shortcut", children)

    def variant(self, children: list[Child]) -> tree.Variant:
        return tree.Variant(
            self._extent(children),
            self._word(children[1]),
            next((c for c in children if isinstance(c, ParameterList)), ParameterList()),
            cast(tree.Name, only(children, tree.Name)),
            next((c for c in children if isinstance(c, Arguments)), Arguments()),
            only(children, tree.StatementList),
        )

    def params(self, children: list[Child]) -> ParameterList:
        return ParameterList(nodes_of(children))

    def param(self, children: list[Child]) -> tree.Parameter:
        return tree.Parameter(self._extent(children), str(children[0]), children[2] if len(children) > 1 else None)

    def body(self, children: list[Child]) -> tree.StatementList:
        return tree.StatementList(self._extent(children), tuple(nodes_of(children)))

    # ----------------------------------------------------------------------------------- statements

    def input(self, children: list[Child]) -> tree.Input:
        name = self._word(children[1]) if len(children) > 2 else None
        return tree.Input(self._extent(children), name, children[-1])

    def let(self, children: list[Child]) -> tree.Let:
        return tree.Let(self._extent(children), self._word(children[1]), children[3])

    def require(self, children: list[Child]) -> tree.Require:
        message = self._text(children[2]) if len(children) > 2 else None
        return tree.Require(self._extent(children), children[1], message)

    def expect(self, children: list[Child]) -> tree.Expect:
        when = children[5] if len(children) > 4 else None
        return tree.Expect(self._extent(children), self._word(children[1]), children[2], children[3], when)

    def relation(self, children: list[Child]) -> str:
        return str(children[0])

    def apply(self, children: list[Child]) -> tree.Apply:
        return tree.Apply(
            self._extent(children),
            only(children, tree.PathLabel),
            cast(tree.Name, only(children, tree.Name)),
            next((c for c in children if isinstance(c, Arguments)), Arguments()),
            arrow_of(children),
            _is_shared(children),
        )

    def label(self, children: list[Child]) -> tree.PathLabel:
        return self._label(children[0], children)

    def after(self, children: list[Child]) -> tree.Path:
        return cast(tree.Path, children[1])

    def path(self, children: list[Child]) -> tree.Path:
        span = self._extent(children)
        if children[0].type == "STRING":
            parts = self._text(children[0]).parts
            written = all(isinstance(part, str) for part in parts)
            # A path that is to be found is not computed: one with an expression is that of nothing, as it is written.
            return tree.Path(span, "".join(map(str, parts)) if written else children[0][1:-1])
        return tree.Path(span, "".join(children))

    def arrow(self, children: list[Child]) -> Arrow:
        return Arrow(self._extent(children), children[1])

    def stage(self, children: list[Child]) -> tree.StageStatement:
        repeat, shared = only(children, Repeat), _is_shared(children)
        name = children[2 if shared else 1]
        _refuse_prefix(name, only(children, tree.StringLiteral))
        return tree.StageStatement(
            self._extent(children),
            self._label(name, children),
            only(children, tree.StringLiteral),
            next(c for c in children if isinstance(c, tree.Unit | tree.Bracket)),
            repeat.count if repeat else None,
            tuple(c for c in children if isinstance(c, tree.CallArgument)),
            arrow_of(children),
            shared,
        )

    def title(self, children: list[Child]) -> tree.StringLiteral:
        return self._text(children[0])

    def unit(self, children: list[Child]) -> tree.Unit | tree.Bracket:
        if isinstance(children[0], tree.Bracket):
            return children[0]
        arguments = children[1] if len(children) > 1 else Arguments()
        return tree.Unit(self._extent(children), children[0], arguments)

    def repeat(self, children: list[Child]) -> Repeat:
        return Repeat(self._extent(children), children[1])

    def bracket(self, children: list[Child]) -> tree.Bracket:
        return tree.Bracket(self._extent(children), tuple(nodes_of(children)))

    def row(self, children: list[Child]) -> tree.BracketRow:
        return tree.BracketRow(self._extent(children), tuple(nodes_of(children)))

    def residual(self, children: list[Child]) -> tree.Residual:
        identity = isinstance(children[1], Token)
        return tree.Residual(self._extent(children), identity, body_of(children), arrow_of(children))

    def gate(self, children: list[Child]) -> tree.Gate:
        return tree.Gate(self._extent(children), body_of(children), arrow_of(children))

    def parallel(self, children: list[Child]) -> tree.Parallel:
        branches = tuple(c for c in children if isinstance(c, tree.StatementList))
        return tree.Parallel(self._extent(children), self._word(children[1]), branches, arrow_of(children))

    def if_(self, children: list[Child]) -> tree.If:
        no = children[4] if len(children) > 3 else None
        if isinstance(no, tree.If):
            no = tree.StatementList(no.span, (no,))
        return tree.If(self._extent(children), children[1], children[2], no)

    def for_(self, children: list[Child]) -> tree.For:
        return tree.For(self._extent(children), targets_of(children), children[-2], children[-1])

    def target(self, children: list[Child]) -> tree.LoopTarget:
        if len(children) == 1:
            return tree.LoopTarget(self._extent(children), str(children[0]))
        return tree.LoopTarget(self._extent(children), None, targets_of(children))

    def as_(self, children: list[Child]) -> tree.As:
        return tree.As(self._extent(children), self._word(children[1]), tuple(nodes_of(children)))

    def from_(self, children: list[Child]) -> tree.From:
        return tree.From(self._extent(children), children[1], arrow_of(children))

    def tap(self, children: list[Child]) -> tree.TapStatement:
        training = isinstance(children[-1], Token) and children[-1].type == "TRAINING"
        return tree.TapStatement(self._extent(children), self._named(children[1]), only(children, tree.Path), training)

    def output(self, children: list[Child]) -> tree.OutputStatement:
        return tree.OutputStatement(self._extent(children), self._named(children[1]))

    def drop(self, children: list[Child]) -> tree.Drop:
        return tree.Drop(self._extent(children), children[1])

    # ---------------------------------------------------------------------------------------- parts

    def _definition(self, kind: Literal["network", "block", "shortcut"], children: list[Child]) -> tree.Definition:
        parameters = next((c for c in children if isinstance(c, ParameterList)), ParameterList())
        return tree.Definition(self._extent(children), kind, self._word(children[1]), parameters, children[-1])

    def _label(self, name: Token, children: Sequence[Child]) -> tree.PathLabel:
        named = self._named(name)
        return tree.PathLabel(named.span, named, only(children, tree.Path))

    def _named(self, name: Token) -> tree.Word | tree.StringLiteral:
        return self._text(name) if name.type == "STRING" else self._word(name)


def _is_shared(children: list[Child]) -> bool:
    return isinstance(children[0], Token) and children[0].type == "SHARED"


def _refuse_prefix(name: Token, title: tree.StringLiteral | None) -> None:
    """Refuse a title right behind a name: `stage f"layer{i}"` is meant as one string."""
    if title is not None and title.span.start == name.end:
        from resdsl.syntax.habits import NO_PREFIX

        span = name.span(title.span.source)
        change = Replacement(span, "")
        raise ProblemFound(UnexpectedWord(span=span, word=f"`{name}`", wanted=(), advice=NO_PREFIX, change=change))
