"""Problems with the drawn axes of a sweep (RES9xx)."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.diagnostics.problem import Problem


@dataclass(frozen=True, kw_only=True)
class DrawWithoutSample(Problem):
    """A `draw` line says what points are drawn from, and a `sample` line how many of them: `sample 500 seed 1`."""

    code = "RES917"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is drawn, but nothing says how many points are wanted"

    @property
    def hint(self) -> str:
        return "add a line such as `sample 500 seed 1`, or list all values with `over`"


@dataclass(frozen=True, kw_only=True)
class SampleWithoutDraw(Problem):
    """A `sample` line says how many points are drawn, but no parameter of the sweep has a `draw` line."""

    code = "RES918"

    @property
    def headline(self) -> str:
        return "there is nothing to draw a sample from"

    @property
    def hint(self) -> str:
        return "add a line such as `draw n = 1..17 log`, or remove this one: without it, all points are taken"


@dataclass(frozen=True, kw_only=True)
class NoDraws(Problem):
    """`{draw}` in the `name` of a sweep is the number of a point's draw, which only a sweep with `draw` lines has."""

    code = "RES927"

    @property
    def headline(self) -> str:
        return "nothing is drawn in this sweep, so that points have no number of a draw"

    @property
    def hint(self) -> str:
        return "name points by their parameters and costs, or add lines such as `draw n = 1..17` and `sample 100`"


@dataclass(frozen=True, kw_only=True)
class RangeNeeded(Problem):
    """`by` and `log` belong to a range that is written out, such as `8..1025 by 8 log`; any other list is drawn from as
    it is, each of its values as likely as the others.
    """

    code = "RES919"
    word: str
    listed: str

    @property
    def headline(self) -> str:
        return f"`{self.word}` needs a range, but `{self.listed}` is not one"

    @property
    def hint(self) -> str:
        return f"write a range such as `8..1025 by 8 log`; without `{self.word}` all values are equally likely"


@dataclass(frozen=True, kw_only=True)
class NotAboveZero(Problem):
    """A range that is drawn from with `log` must begin above 0, since zero and negative numbers have no logarithm; the
    step of a range must be above 0, too.
    """

    code = "RES923"
    value: str
    is_step: bool = False

    @property
    def headline(self) -> str:
        if self.is_step:
            return f"a step must be above 0, not {self.value}"
        return f"a range with `log` must begin above 0, not at {self.value}"

    @property
    def hint(self) -> str:
        if self.is_step:
            return "a range goes up: 8..65 by 8"
        return "begin at the smallest value that is wanted, or leave out `log`"


@dataclass(frozen=True, kw_only=True)
class StepTooLarge(Problem):
    """The step of a range is so large that only the first value is left, so that nothing would be drawn at random."""

    code = "RES924"
    step: str
    range: str
    first: str

    @property
    def headline(self) -> str:
        return f"a step of {self.step} leaves only {self.first} of {self.range}"

    @property
    def hint(self) -> str:
        return "the end of a range is not part of it: 8..17 by 8 is 8 and 16"


@dataclass(frozen=True, kw_only=True)
class NoOrder(Problem):
    """`sorted` draws lists of numbers in ascending order; blocks, shortcuts, strings and lists have no order."""

    code = "RES925"
    value: str

    @property
    def headline(self) -> str:
        return f"`sorted` needs numbers, but one of the values is {self.value}"

    @property
    def hint(self) -> str:
        return "leave out `sorted`, or draw numbers"


@dataclass(frozen=True, kw_only=True)
class TooFewDrawn(Problem):
    """The draws that a `sample` may take ended before as many points were found as it wants. The conditions of the
    sweep, or a small number of different networks, leave too little. The draws also end once all combinations of the
    values that are drawn have come up: no later draw would be another network.
    """

    code = "RES926"
    severity = "warning"
    wanted: int
    kept: int
    draws: int
    most: int
    reasons: str
    all_drawn: int | None = None

    @property
    def headline(self) -> str:
        if self.kept == 0:
            wanted = "one is" if self.wanted == 1 else f"{self.wanted:,} are"
            return f"no point was found in {self.draws:,} draws, where {wanted} wanted"
        points = "1 point was" if self.kept == 1 else f"{self.kept:,} points were"
        return f"only {points} found in {self.draws:,} draws, not {self.wanted:,}"

    @property
    def found(self) -> str | None:
        return self.reasons or None

    @property
    def hint(self) -> str:
        if self.all_drawn is not None:
            drawn = f"all {self.all_drawn:,} combinations were drawn"
            return f"{drawn}: widen the conditions, draw from more values, or ask for fewer"
        return f"widen the conditions, ask for fewer, or take more draws: sample {self.wanted} within {10 * self.most}"
