"""Checks the names in the lines of a sweep: those that no point knows are found before any is built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from resdsl.diagnostics.problem import Problem
from resdsl.elaborate import errors
from resdsl.elaborate.linking import Callee, Module
from resdsl.elaborate.scope import FUNCTIONS, SETTINGS, global_named, kind_of
from resdsl.ops.registry import ops
from resdsl.syntax import tree
from resdsl.syntax.mentions import names_bound_in, walk

SWEEP_QUANTITIES = ("params", "macs", "flops", "depth", "activations", "memory", "receptive_field")
"""The costs of a network that `keep`, `solve` and `name` can use, by name."""
NETWORK = "network"
"""The name of the axis of networks."""
DRAW = "draw"
"""What the `name` line of a sweep calls the number of a draw."""


@dataclass(frozen=True, kw_only=True)
class NamesOfSweep:
    """The names that the lines of a sweep may use.

    Attributes:
        module: the file of the sweep.
        swept: the parameters that the sweep sets.
        given: the parameters of each network.
        draws: whether points are drawn, and so have numbers of draws.
        leaves_out: whether a line may leave out points.
    """

    module: Module
    swept: frozenset[str]
    given: Mapping[str, frozenset[str]]
    draws: bool
    leaves_out: bool

    def problems_of(self, line: tree.SweepLine) -> Iterator[Problem]:
        """The problems with the names in a line."""
        match line:
            case tree.Over() | tree.Together():
                for axis in line.axes:
                    if axis.name.text != NETWORK:
                        yield from self._unknown(axis.values, self._around)
            case tree.Draw():
                for drawn in line.axes:
                    yield from self._unknown((drawn.values, drawn.count, drawn.by), self._around)
            case tree.When():
                yield from self._before_building(line.condition, self._own | self._around)
            case tree.Keep():
                yield from self._with_costs(line.condition)
            case tree.Named():
                yield from self._of_template(line.template)
            case tree.Solve():
                known = (self._own | self._around) - {line.name.text}
                yield from self._before_building((line.candidates, line.target), known, aim=True)
                yield from _of_quantity(line.quantity)

    @property
    def _own(self) -> set[str]:
        """The names that have a value at each point, or at those of some networks."""
        return set().union(self.swept, *self.given.values(), SETTINGS, [NETWORK])

    @property
    def _around(self) -> set[str]:
        """The names of the language and of the file."""
        return {*FUNCTIONS, *ops(), *self.module.visible(), "global"}

    def _of_template(self, template: tree.StringLiteral) -> Iterator[Problem]:
        for problem in self._with_costs(template, {DRAW} if self.draws else set()):
            if isinstance(problem, errors.names.UnknownName) and problem.name == DRAW:
                yield errors.drawing.NoDraws(span=problem.span)
            else:
                yield problem
        if not self.leaves_out and not any(isinstance(node, _CONDITIONAL) for node in walk(template)):
            yield from self._missing_somewhere(template)

    def _missing_somewhere(self, template: tree.StringLiteral) -> Iterator[Problem]:
        """The names that only some of the networks have as a parameter."""
        everywhere = {*self.swept, *SETTINGS, *SWEEP_QUANTITIES, *self._around, NETWORK, DRAW}
        for name, _ in _names_used(template):
            without = [network for network, given in self.given.items() if name.parts[0] not in given]
            if name.parts[0] in self._own - everywhere and without:
                advice = f"the network `{without[0]}`, which the sweep also has, has no such parameter"
                yield errors.names.UnknownName(span=name.span, name=name.text, known=(), usual=advice)

    def _with_costs(self, node: tree.Expression, more: frozenset[str] | set[str] = frozenset()) -> Iterator[Problem]:
        """The problems of an expression that can use costs; a parameter with the name of a cost would hide it."""
        yield from self._unknown(node, self._own | self._around | {*SWEEP_QUANTITIES} | more)
        for name, bound in _names_used(node):
            if name.text in SWEEP_QUANTITIES and name.text in self._own and name.text not in bound:
                yield errors.sweeps.CostOrParameter(span=name.span, name=name.text)

    def _before_building(self, node: object, known: set[str], *, aim: bool = False) -> Iterator[Problem]:
        for problem in self._unknown(node, known):
            if isinstance(problem, errors.names.UnknownName) and problem.name in SWEEP_QUANTITIES:
                yield errors.sweeps.CostTooEarly(span=problem.span, name=problem.name, aim=aim)
            else:
                yield problem

    def _unknown(self, node: object, known: set[str]) -> Iterator[Problem]:
        """The names that are unknown, and those that have no value."""
        for name, bound in _names_used(node):
            if name.parts[0] not in known | bound:
                near = tuple(sorted((self._own - {*SETTINGS, NETWORK} | bound) & (known | bound)))
                yield errors.names.UnknownName(
                    span=name.span, name=name.text, known=tuple(sorted(known | bound)), bound=near
                )
            elif len(name.parts) > 1:
                yield from self._of_member(name)
            elif name.text not in self._own | bound | {*SWEEP_QUANTITIES}:
                yield from _without_value(name, global_named(name.text, self.module))

    def _of_member(self, name: tree.Name) -> Iterator[Problem]:
        """The problem of a name with dots that does not lead to a definition of an imported file."""
        named: object = self.module.find(name.parts[0])
        for part in name.parts[1:]:
            if not isinstance(named, Module):
                yield errors.names.NotAnImport(span=name.span, name=name.parts[0])
                return
            if part not in named.names:
                known = tuple(named.names)
                yield errors.names.UnknownName(span=name.span, name=name.text, known=known, member=part)
                return
            named = named.names[part]
        yield from _without_value(name, named)


_CONDITIONAL = tree.Conditional | tree.Logic | tree.Comprehension
"""Expressions with parts that may not be evaluated."""


def _of_quantity(quantity: tree.Word) -> Iterator[Problem]:
    if quantity.text not in SWEEP_QUANTITIES:
        yield errors.names.UnknownName(span=quantity.span, name=quantity.text, known=SWEEP_QUANTITIES, what="quantity")


def _without_value(name: tree.Name, named: object) -> Iterator[Problem]:
    if named is not None and not isinstance(named, Callee):
        yield errors.names.NotAValue(span=name.span, name=name.text, what=kind_of(named))


def _names_used(node: object, bound: frozenset[str] = frozenset()) -> Iterator[tuple[tree.Name, frozenset[str]]]:
    """The names in an expression, each with those that the comprehensions around it bind."""
    if isinstance(node, tree.Name):
        yield node, bound
    elif isinstance(node, tree.Comprehension):
        inside = bound | set(names_bound_in(node.targets))
        yield from _names_used(node.iterable, bound)
        yield from _names_used((node.item, node.condition), inside)
    else:
        parts = node if isinstance(node, tuple) else node.children() if isinstance(node, tree.Node) else ()
        for part in parts:
            yield from _names_used(part, bound)
