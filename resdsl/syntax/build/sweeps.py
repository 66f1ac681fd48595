"""Makes nodes of sweeps."""

from __future__ import annotations

from typing import cast

from resdsl.syntax import tree
from resdsl.syntax.build.expressions import ExpressionBuilder
from resdsl.syntax.build.parts import Child, LimitClause, SeedClause, Several, StepClause, nodes_of, only
from resdsl.syntax.token import Token


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

    def draw(self, children: list[Child]) -> tree.Draw:
        return tree.Draw(self._extent(children), tuple(nodes_of(children)))

    def drawn(self, children: list[Child]) -> tree.DrawnAxis:
        several, by = only(children, Several), only(children, StepClause)
        values = children[3 if several else 2]
        is_log = any(isinstance(child, Token) and child.type == "LOG" for child in children)
        return tree.DrawnAxis(
            self._extent(children),
            self._word(children[0]),
            values,
            several.count if several else None,
            several is not None and several.is_sorted,
            by.step if by else None,
            is_log,
        )

    def several(self, children: list[Child]) -> Several:
        return Several(self._extent(children), children[-2], len(children) > 2)

    def by(self, children: list[Child]) -> StepClause:
        return StepClause(self._extent(children), children[1])

    def sample(self, children: list[Child]) -> tree.Sampled:
        return cast(tree.Sampled, children[1]).replace(span=self._extent(children))

    def sampling(self, children: list[Child]) -> tree.Sampled:
        seed, most = only(children, SeedClause), only(children, LimitClause)
        count = self._number(children[0])
        return tree.Sampled(self._extent(children), count, seed.number if seed else None, most.number if most else None)

    def seed(self, children: list[Child]) -> SeedClause:
        return SeedClause(self._extent(children), self._number(children[1]))

    def limit(self, children: list[Child]) -> LimitClause:
        return LimitClause(self._extent(children), self._number(children[1]))

    def when(self, children: list[Child]) -> tree.When:
        return tree.When(self._extent(children), children[1])

    def keep(self, children: list[Child]) -> tree.Keep:
        return tree.Keep(self._extent(children), children[1])

    def solve(self, children: list[Child]) -> tree.Solve:
        return cast(tree.Solve, children[1]).replace(span=self._extent(children))

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
