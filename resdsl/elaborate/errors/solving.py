"""Problems with the `solve` of a sweep (RES9xx)."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.diagnostics.problem import Problem

MOST_LISTED = 5
"""How many points a message lists."""


@dataclass(frozen=True, kw_only=True)
class TargetMissed(Problem):
    """At some points no value comes as near to the target of a `solve` as its `within` requires, or no value meets its
    bound. These points are left out, because they could not be compared with the others.
    """

    code = "RES908"
    severity = "warning"
    name: str
    wanted: str
    missed: tuple[str, ...]
    count: int
    bounded: bool = False

    @property
    def headline(self) -> str:
        points = "1 point is" if self.count == 1 else f"{self.count} points are"
        return f"{points} left out: no value of `{self.name}` {'fits' if self.bounded else 'comes near enough'}"

    @property
    def found(self) -> str:
        listed = "; ".join(self.missed[:MOST_LISTED])
        return f"{listed}; ..." if self.count > MOST_LISTED else listed

    @property
    def expected(self) -> str:
        return self.wanted


@dataclass(frozen=True, kw_only=True)
class TargetFar(Problem):
    """The range of a `solve` ends before its target: at some points all its values miss the target on the same side,
    the first or the last comes nearest, and the cost is still more than 10 % away. With `within` such points are left
    out; without it they stay, and this warning lists them.
    """

    code = "RES915"
    severity = "warning"
    name: str
    wanted: str
    far: tuple[str, ...]
    count: int

    @property
    def headline(self) -> str:
        points = "1 point is" if self.count == 1 else f"{self.count} points are"
        return f"{points} far from the target, at the end of the range of `{self.name}`"

    @property
    def found(self) -> str:
        listed = "; ".join(self.far[:MOST_LISTED])
        return f"{listed}; ..." if self.count > MOST_LISTED else listed

    @property
    def expected(self) -> str:
        return self.wanted

    @property
    def hint(self) -> str:
        return f"let `solve` try more values of `{self.name}`, or leave out such points with `within 10%`"


@dataclass(frozen=True, kw_only=True)
class DroppedAfterSolve(Problem):
    """`keep` leaves out points at the value that `solve` found for them. If both are about the same cost, the closest
    value may lie just beyond what `keep` allows. A bound in `solve` avoids that.
    """

    code = "RES916"
    severity = "warning"
    name: str
    count: int
    relation: str = "="

    @property
    def headline(self) -> str:
        points = "1 point is" if self.count == 1 else f"{self.count} points are"
        return f"{points} left out: `keep` does not hold for the `{self.name}` that `solve` found"

    @property
    def hint(self) -> str | None:
        return "`solve ... for macs <= 250M` takes the largest value that fits" if self.relation == "=" else None
