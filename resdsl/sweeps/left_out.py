"""What a run of a sweep leaves out, and the warnings about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from resdsl.diagnostics.problem import Problem
from resdsl.elaborate import errors
from resdsl.source import Span
from resdsl.sweeps.costing import Costed
from resdsl.sweeps.plan import Plan
from resdsl.sweeps.sample import GrowingSample
from resdsl.syntax import tree


@dataclass
class Listed:
    """Points for a message, which lists the first of them and counts the others, each once however often it is drawn.

    Attributes:
        are_drawn: whether a point may come again; those that cannot are not remembered.
        count: how many there are.
        first: the first ones.
    """

    are_drawn: bool
    count: int = 0
    first: list[str] = field(default_factory=list)
    _met: set[str] = field(default_factory=set)

    def add(self, point: str) -> None:
        """Add a point, unless it was added before."""
        if point in self._met:
            return
        if self.are_drawn:
            self._met.add(point)
        self.count += 1
        if self.count <= errors.solving.MOST_LISTED:
            self.first.append(point)


@dataclass
class LeftOut:
    """Counts of what was found at the combinations of a sweep.

    Attributes:
        plan: the sweep.
        kept: how many are points.
        missed: where no value of a `solve` fits.
        far: the points whose solved parameter misses its target by far.
        dropped: those that `keep` left out after a `solve`.
        counts: how many each line left out; `again` counts networks that were drawn before.
        draws: how many draws were taken.
        too_few: for each sample with too few points, how many it has, and its draws.
        all_drawn: how many combinations of drawn values there are, if a sample ended once all of them had come up.
    """

    plan: Plan
    kept: int = 0
    missed: Listed = field(init=False)
    far: Listed = field(init=False)
    dropped: Listed = field(init=False)
    counts: Counter[str] = field(default_factory=Counter)
    draws: int = 0
    too_few: list[tuple[int, int]] = field(default_factory=list)
    all_drawn: int | None = None

    def __post_init__(self) -> None:
        self.missed, self.far, self.dropped = (Listed(self.plan.sampling is not None) for _ in range(3))

    @property
    def taken(self) -> int:
        """How many combinations were noted."""
        return self.kept + sum(self.counts.values())

    def note(self, costed: Costed) -> None:
        """Note what was found at a combination."""
        solved = costed.solved
        if costed.left_out is not None:
            self.counts[costed.left_out] += 1
        self.kept += costed.point is not None
        if solved is None:
            return
        if not solved.fits:
            self.missed.add(solved.here)
        elif costed.left_out == "keep":
            self.dropped.add(solved.here)
        elif solved.distance is not None and costed.point is not None:
            self.far.add(solved.here + solved.distance)

    def end(self, sample: GrowingSample) -> None:
        """Note the end of a sample."""
        self.draws += sample.draws
        if not sample.is_complete:
            self.too_few.append((sample.kept, sample.draws))
            self.all_drawn = sample.all_drawn or self.all_drawn

    def problems(self) -> Iterator[Problem]:
        """The warnings, once all combinations are noted."""
        solve = self.plan.solve
        if solve is not None:
            yield from self._of_solve(solve)
        sampling = self.plan.sampling
        if sampling is not None and self.too_few:
            kept, draws = min(self.too_few)
            yield errors.drawing.TooFewDrawn(
                span=sampling.span,
                wanted=sampling.count,
                kept=kept,
                draws=draws,
                most=sampling.most,
                all_drawn=self.all_drawn,
                reasons=self.reasons(),
            )
        elif not self.kept:
            yield errors.sweeps.NoPointLeft(span=self.plan.place, name=self.plan.node.name.text, count=self.plan.size)

    def reasons(self) -> str:
        """What left out draws, the most frequent first."""
        words = {"again": "were drawn before"}
        return "; ".join(
            f"{count:,} {words.get(line, f'left out by `{line}`')}" for line, count in self.counts.most_common()
        )

    def acceptance(self) -> str:
        """How many draws were taken for the points there are."""
        share = self.kept / self.draws if self.draws else 0
        combinations = "" if self.all_drawn is None else f", among them all {self.all_drawn:,} combinations"
        reasons = f": {self.reasons()}" if self.counts else ""
        return f"{self.kept:,} of {self.draws:,} draws ({share:.3%}){combinations}{reasons}"

    def _of_solve(self, solve: tree.Solve) -> Iterator[Problem]:
        name = solve.name.text
        if self.missed.count:
            last = solve.within or solve.target
            wanted = Span(solve.span.source, solve.quantity.span.start, last.span.end).text
            missed, count, bounded = tuple(self.missed.first), self.missed.count, solve.relation != "="
            yield errors.solving.TargetMissed(
                span=last.span, name=name, wanted=wanted, missed=missed, count=count, bounded=bounded
            )
        if self.dropped.count:
            condition = self.plan.conditions(tree.Keep)[0]
            yield errors.solving.DroppedAfterSolve(
                span=condition.span, name=name, count=self.dropped.count, relation=solve.relation
            )
        if self.far.count:
            wanted = Span(solve.span.source, solve.quantity.span.start, solve.target.span.end).text
            far, count = tuple(self.far.first), self.far.count
            yield errors.solving.TargetFar(span=solve.candidates.span, name=name, wanted=wanted, far=far, count=count)
