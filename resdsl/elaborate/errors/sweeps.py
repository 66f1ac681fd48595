"""What can be wrong with sweeps (RES9xx)."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.diagnostics.problem import Label, Problem
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.source import Span


@dataclass(frozen=True, kw_only=True)
class NothingSwept(Problem):
    """A sweep says what it is of: `network cifar`, or `over network = [resnet18, resnet34]`."""

    code = "RES900"
    name: str

    @property
    def headline(self) -> str:
        return f"the sweep `{self.name}` names no network"

    @property
    def hint(self) -> str:
        return "add a line such as `network cifar`, or an axis such as `over network = [resnet18, resnet34]`"


@dataclass(frozen=True, kw_only=True)
class NetworkGivenTwice(Problem):
    """A sweep is of one network, or has an axis of networks, and not both."""

    code = "RES901"

    @property
    def headline(self) -> str:
        return "the network is given by a line of its own already"

    @property
    def hint(self) -> str:
        return "leave out the line `network ...`, or this axis"


@dataclass(frozen=True, kw_only=True)
class LineGivenTwice(Problem):
    """Of `network`, `solve` and `name` a sweep has one line at most."""

    code = "RES902"
    word: str
    first: Span

    @property
    def headline(self) -> str:
        return f"a sweep has one line `{self.word}`"

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "first given here"),)


@dataclass(frozen=True, kw_only=True)
class CostOrParameter(Problem):
    """A network has a parameter that is called like one of its costs, and it is not guessed which is meant."""

    code = "RES903"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` could be the parameter or the cost of that name"

    @property
    def hint(self) -> str:
        return "give the parameter of the network another name"


@dataclass(frozen=True, kw_only=True)
class NoValues(Problem):
    """An axis, or what is solved for, has no values, so that the sweep would have no points."""

    code = "RES904"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` has no values"


@dataclass(frozen=True, kw_only=True)
class NotInStep(Problem):
    """What runs `together` runs in step: each has as many values as the others."""

    code = "RES905"
    name: str
    count: int
    other: str
    wanted: int
    first: Span

    @property
    def headline(self) -> str:
        return f"`{self.name}` has {_values(self.count)}, and `{self.other}` has {_values(self.wanted)}"

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, _values(self.wanted)),)

    @property
    def hint(self) -> str:
        return "`together` takes them in step; `over` takes every one with every other"


@dataclass(frozen=True, kw_only=True)
class PointFails(Problem):
    """A point of a sweep is no network. Where one axis is to blame, that is, where another value of it gives a
    network, its value is shown; the problem itself stands below.
    """

    code = "RES906"
    point: str
    axis: str | None
    reason: Problem
    tried: bool = False

    @property
    def headline(self) -> str:
        return f"the point {self.point} is no network: {self.reason.headline}"

    @property
    def labels(self) -> tuple[Label, ...]:
        own = (Label(self.reason.span, "asked for here"),) if self.reason.span and self.reason.span != self.span else ()
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
        way = f"another value of `{self.axis}`, or a line `when` that leaves such points out"
        if self.tried:
            way = f"let `solve` try values of `{self.axis}` of which all make a network"
        return f"{self.reason.hint}; or {way}" if self.reason.hint else way


@dataclass(frozen=True, kw_only=True)
class EqualNames(Problem):
    """Two points of a sweep bear one name. Names tell what to keep apart: tables, files and plots go by them."""

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
            return f"a value of {' and '.join([f'`{name}`' for name in self.twice])} is listed twice: leave one out"
        if not self.missing:
            return "give the sweep a line `name` that tells them apart, or leave one of them out"
        return f"the name must tell {', '.join(f'`{name}`' for name in self.missing)} too"


@dataclass(frozen=True, kw_only=True)
class NoPointLeft(Problem):
    """The conditions of a sweep leave out every one of its points."""

    code = "RES909"
    severity = "warning"
    name: str
    count: int

    @property
    def headline(self) -> str:
        return f"no point of `{self.name}` is left of {self.count}"


@dataclass(frozen=True, kw_only=True)
class NoSuchSweep(Problem):
    """The text has no sweep of that name, and no network that could be swept."""

    code = "RES910"
    name: str
    file: str
    known: tuple[str, ...]

    @property
    def headline(self) -> str:
        return f"there is no sweep and no network `{self.name}` in {self.file}"

    @property
    def hint(self) -> str | None:
        return did_you_mean(self.name, self.known)


@dataclass(frozen=True, kw_only=True)
class WhichSweep(Problem):
    """The text has several sweeps, none of which bears its name."""

    code = "RES911"
    file: str
    known: tuple[str, ...]

    @property
    def headline(self) -> str:
        return f"{self.file} has several sweeps"

    @property
    def hint(self) -> str:
        return "name one of them: " + ", ".join(self.known)


@dataclass(frozen=True, kw_only=True)
class NoSweep(Problem):
    """The text defines no sweep, and nothing is given to sweep over."""

    code = "RES912"
    file: str

    @property
    def headline(self) -> str:
        return f"{self.file} defines no sweep"

    @property
    def hint(self) -> str:
        return "write one, or give axes to `resdsl sweep`: --over n=3,5,7"


@dataclass(frozen=True, kw_only=True)
class CostTooEarly(Problem):
    """What a point costs is known when its network is built. `when` comes before that, and what a `solve` aims at or
    tries, too.
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
            return "what `solve` tries and aims at is said in numbers and in parameters of the point"
        return f"conditions on costs are written `keep`, as in `keep {self.name} <= 2M`"


@dataclass(frozen=True, kw_only=True)
class NoName(Problem):
    """The template `name` of a sweep makes nothing of a point's parameters and costs."""

    code = "RES914"

    @property
    def headline(self) -> str:
        return "the name of a point is empty"

    @property
    def hint(self) -> str:
        return 'put a parameter or a cost in it, as in `name "resnet{depth}"`'


@dataclass(frozen=True, kw_only=True)
class Hidden(Problem):
    """Base of what the comparison of a sweep hides; `resdsl.sweeps.lint` finds it, and words it."""

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
    """Points of a sweep are the same network under several names: equal layers with equal parameters, wired alike.
    To compare them is to compare a network with itself.
    """

    code = "RES920"


@dataclass(frozen=True, kw_only=True)
class ChangesNothing(Hidden):
    """An axis of a sweep, values of it, a parameter that runs in step, or an override changes no network."""

    code = "RES921"


@dataclass(frozen=True, kw_only=True)
class AlsoMoves(Hidden):
    """An axis moves costs along with what it is about, so that it cannot be told what a change of accuracy is due to.
    By how much is said of points that differ in this axis alone. That is no mistake: a deeper network has more
    parameters. Where a parameter would hold the cost still, the help is the `solve` to add.
    """

    code = "RES922"


def _values(count: int) -> str:
    return f"{count} value{'' if count == 1 else 's'}"
