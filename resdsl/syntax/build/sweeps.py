"""Sweeps to nodes."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from resdsl.syntax import tree
from resdsl.syntax.build.expressions import ExpressionBuilder
from resdsl.syntax.build.parts import Child, nodes_of, only


class SweepBuilder(ExpressionBuilder):
    """Makes the nodes of the sweeps of one text."""

    def sweep(self, children: list[Child]) -> tree.SweepLines:
        return tree.SweepLines(self._extent(children), self._word(children[1]), tuple(nodes_of(children)))

    def swept(self, children: list[Child]) -> tree.Swept:
        return tree.Swept(self._extent(children), children[1])

    def over(self, children: list[Child]) -> tree.Over:
        return tree.Over(self._extent(children), tuple(nodes_of(children)))

    def together(self, children: list[Child]) -> tree.Together:
        return tree.Together(self._extent(children), tuple(nodes_of(children)))

    def axis(self, children: list[Child]) -> tree.AxisValues:
        return tree.AxisValues(self._extent(children), self._word(children[0]), children[2])

    def when(self, children: list[Child]) -> tree.When:
        return tree.When(self._extent(children), children[1])

    def keep(self, children: list[Child]) -> tree.Keep:
        return tree.Keep(self._extent(children), children[1])

    def solve(self, children: list[Child]) -> tree.Solve:
        return replace(cast(tree.Solve, children[1]), span=self._extent(children))

    def solution(self, children: list[Child]) -> tree.Solve:
        within = only(children, tree.Within)
        return tree.Solve(
            self._extent(children),
            self._word(children[0]),
            children[2],
            self._word(children[4]),
            children[5],
            children[6],
            within,
        )

    def aim(self, children: list[Child]) -> str:
        return str(children[0])

    def within(self, children: list[Child]) -> tree.Within:
        return tree.Within(self._extent(children), self._number(children[1]), len(children) > 2)

    def named(self, children: list[Child]) -> tree.Named:
        return tree.Named(self._extent(children), self._text(children[1]))
