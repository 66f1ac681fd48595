"""Problems with sweeps (RES9xx)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from resdsl.diagnostics.problem import Label, Problem, Replacement
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.source import Span


@dataclass(frozen=True, kw_only=True)
class NothingSwept(Problem):
    """A sweep must name its network or networks: `network cifar`, or `over network = [resnet18, resnet34]`."""

    code = "RES900"
    name: str

    @property
    def headline(self) -> str:
        return f"the sweep `{self.name}` does not name a network"

    @property
    def hint(self) -> str:
        return "add a line such as `network cifar`, or an axis such as `over network = [resnet18, resnet34]`"


@dataclass(frozen=True, kw_only=True)
class NetworkGivenTwice(Problem):
    """A sweep is either of one network or has an axis of networks, not both."""

    code = "RES901"

    @property
    def headline(self) -> str:
        return "the network is already given by a `network` line"

    @property
    def hint(self) -> str:
        return "remove that line, or this axis"


@dataclass(frozen=True, kw_only=True)
class LineGivenTwice(Problem):
    """A sweep has at most one line each of `network`, `solve`, `sample` and `name`."""

    code = "RES902"
    word: str
    first: Span

    @property
    def headline(self) -> str:
        return f"a sweep has at most one `{self.word}` line"

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "first given here"),)


@dataclass(frozen=True, kw_only=True)
class ParameterSetTwice(Problem):
    """A sweep sets a parameter in one place: on an axis, by `draw` or by `solve`. A value for all points, as from
    `--set`, is another place.
    """

    code = "RES928"
    name: str
    first: Span
    is_fixed: bool = False

    @property
    def headline(self) -> str:
        if self.is_fixed:
            return f"`{self.name}` is given one value for all points, but the sweep sets it for each"
        return f"the sweep sets `{self.name}` twice"

    @property
    def hint(self) -> str:
        if self.is_fixed:
            return f"leave it out, or replace the values of the sweep: over {self.name} = VALUE"
        return "keep one of the two: an axis has all of its values in one place"

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "set here" if self.is_fixed else "first set here"),)


@dataclass(frozen=True, kw_only=True)
class CostOrParameter(Problem):
    """A parameter of the network has the name of one of its costs, and the compiler does not guess which you mean."""

    code = "RES903"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is ambiguous: it could be the parameter or the cost of that name"

    @property
    def hint(self) -> str:
        return "rename the parameter of the network"


@dataclass(frozen=True, kw_only=True)
class NoValues(Problem):
    """An axis, or the parameter of a `solve`, has no values, so the sweep would have no points."""

    code = "RES904"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` has no values"

    @property
    def hint(self) -> str:
        if self.span is not None and ".." in self.span.text:
            return "a range goes up, and its end is not part of it: 1..4 is 1, 2 and 3"
        return "list at least one value"


@dataclass(frozen=True, kw_only=True)
class NotInStep(Problem):
    """The parameters of a `together` line run in step, so each must have as many values as the others."""

    code = "RES905"
    name: str
    count: int
    other: str
    wanted: int
    first: Span

    @property
    def headline(self) -> str:
        return f"`{self.name}` has {_values(self.count)}, but `{self.other}` has {_values(self.wanted)}"

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, _values(self.wanted)),)

    @property
    def hint(self) -> str:
        return "`together` takes values in step; `over` combines every value with every other"


@dataclass(frozen=True, kw_only=True)
class PointFails(Problem):
    """A point of a sweep does not make a network. If one axis is to blame, because another value of it does make a
    network, this points to its value; the problem itself follows.
    """

    code = "RES906"
    point: str
    axis: str | None
    reason: Problem
    tried: bool = False

    @property
    def headline(self) -> str:
        return f"the point {self.point} does not make a network: {self.reason.headline}"

    @property
    def labels(self) -> tuple[Label, ...]:
        own = (Label(self.reason.span, "fails here"),) if self.reason.span and self.reason.span != self.span else ()
        return (*own, *self.reason.labels)

    @property
    def found(self) -> str | None:
        return self.reason.found

    @property
    def expected(self) -> str | None:
        return self.reason.expected

    @property
    def hint(self) -> str | None:
        if self.axis is None:
            return self.reason.hint
        way = f"choose another value of `{self.axis}`, or leave such points out with a `when` line"
        if self.tried:
            way = f"let `solve` try only values of `{self.axis}` that make a network"
        return f"{self.reason.hint}; or {way}" if self.reason.hint else way


@dataclass(frozen=True, kw_only=True)
class EqualNames(Problem):
    """Two points of a sweep have the same name. Tables, files and plots tell points apart by their names."""

    code = "RES907"
    name: str
    points: tuple[str, str]
    missing: tuple[str, ...]
    twice: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        return f"two points are called `{self.name}`: {self.points[0]} and {self.points[1]}"

    @property
    def hint(self) -> str:
        if self.twice:
            return f"a value of {' and '.join([f'`{name}`' for name in self.twice])} is listed twice: remove one"
        if not self.missing:
            return "add a `name` line that tells them apart, or leave one of them out"
        return f"add {', '.join(f'`{name}`' for name in self.missing)} to the name"


@dataclass(frozen=True, kw_only=True)
class NoPointLeft(Problem):
    """The conditions of a sweep leave out all of its points."""

    code = "RES909"
    severity = "warning"
    name: str
    count: int

    @property
    def headline(self) -> str:
        points = "the only point" if self.count == 1 else f"all {self.count} points"
        return f"{points} of `{self.name}` {'is' if self.count == 1 else 'are'} left out"


@dataclass(frozen=True, kw_only=True)
class NoSuchSweep(Problem):
    """The file defines neither a sweep nor a network of that name."""

    code = "RES910"
    name: str
    file: str
    known: tuple[str, ...]

    @property
    def headline(self) -> str:
        return f"there is no sweep or network `{self.name}` in {self.file}"

    @property
    def hint(self) -> str | None:
        return did_you_mean(self.name, self.known)


@dataclass(frozen=True, kw_only=True)
class WhichSweep(Problem):
    """The file defines several sweeps, and none is named after the file."""

    code = "RES911"
    file: str
    known: tuple[str, ...]

    @property
    def headline(self) -> str:
        return f"{self.file} defines several sweeps"

    @property
    def hint(self) -> str:
        return "choose one: " + ", ".join(self.known)


@dataclass(frozen=True, kw_only=True)
class NoSweep(Problem):
    """The file does not define a sweep, and no axes are given."""

    code = "RES912"
    file: str

    @property
    def headline(self) -> str:
        return f"{self.file} does not define a sweep"

    @property
    def hint(self) -> str:
        return "write one, or give axes to `resdsl sweep`: --over n=3,5,7"


@dataclass(frozen=True, kw_only=True)
class CostTooEarly(Problem):
    """The costs of a point are known only after its network is built. `when` is evaluated before that, and so are the
    target and the values of a `solve`.
    """

    code = "RES913"
    name: str
    aim: bool = False

    @property
    def headline(self) -> str:
        return f"`{self.name}` is not known before the network is built"

    @property
    def hint(self) -> str:
        if self.aim:
            return "write the target and the values of `solve` with numbers and parameters of the point"
        return f"write a condition on costs with `keep`: keep {self.name} <= 2M"

    @property
    def replacement(self) -> Replacement | None:
        if self.span is None or self.aim:
            return None
        when = re.search(r"\bwhen(?=\s+$)", self.span.source.text[: self.span.start])
        return Replacement(Span(self.span.source, when.start(), when.end()), "keep") if when else None


@dataclass(frozen=True, kw_only=True)
class NoName(Problem):
    """The `name` line of a sweep gives an empty name for a point's parameters and costs."""

    code = "RES914"

    @property
    def headline(self) -> str:
        return "the name of a point is empty"

    @property
    def hint(self) -> str:
        return 'use a parameter or a cost in it, as in `name "resnet{depth}"`'


@dataclass(frozen=True, kw_only=True)
class NeverHolds(Problem):
    """All `when` and `keep` lines of a sweep have to hold for a point, and two of their comparisons exclude each other;
    or a cost would have to be below 0. No point would be left.
    """

    code = "RES929"
    condition: str
    name: str
    first: Span | None = None

    @property
    def headline(self) -> str:
        if self.first is None:
            return f"`{self.condition}` holds for no network: no cost is below 0"
        return f"no point fulfils both `{self.first.text}` and `{self.condition}`"

    @property
    def hint(self) -> str:
        if self.first is None:
            return "state a bound that networks can have, or remove the condition"
        return (
            f"exchange the bounds of `{self.name}`, or remove one of them; `or` joins conditions of which one suffices"
        )

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "has to hold, too"),) if self.first is not None else ()


@dataclass(frozen=True, kw_only=True)
class Hidden(Problem):
    """Base of what a comparison within a sweep may hide; `resdsl.sweeps.lint` finds it and words the message."""

    severity = "warning"
    text: str
    advice: str | None = None

    @property
    def headline(self) -> str:
        return self.text

    @property
    def hint(self) -> str | None:
        return self.advice


@dataclass(frozen=True, kw_only=True)
class SameNetwork(Hidden):
    """Points of a sweep are the same network under several names: equal layers with equal parameters, connected alike.
    Comparing them means comparing a network with itself.
    """

    code = "RES920"


@dataclass(frozen=True, kw_only=True)
class ChangesNothing(Hidden):
    """An axis of a sweep, some of its values, a parameter that runs in step, or an override does not change any
    network.
    """

    code = "RES921"


@dataclass(frozen=True, kw_only=True)
class AlsoMoves(Hidden):
    """An axis changes a cost as well, so a change in accuracy may be due to either. The figures compare points that
    differ in this axis alone. This is not a mistake: a deeper network has more parameters. If adjusting a parameter
    would keep the cost constant, the help shows the `solve` to add.
    """

    code = "RES922"


def _values(count: int) -> str:
    return f"{count} value{'' if count == 1 else 's'}"
