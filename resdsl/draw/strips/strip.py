"""A network as figures see it: boxes in a row, what passes them by at the side, and what is repeated.

Why it exists: norms, activations and sums have no box of their own in Figure 3 of He et al. 2015. What is left is
a row of parts; a shortcut is a stretch of it that is passed by. Places in the row are counted between the parts: 0 is
before the first one, and a skip from 2 to 4 passes by the parts 2 and 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from resdsl.analysis.costs import Costs
from resdsl.draw.errors import NotDrawn
from resdsl.draw.labels import Kind, size_of
from resdsl.ops.base import Shape

SkipKind = Literal["identity", "projection", "padding", "concat"]

_NOTHING = Costs()

MOST = 6000
"""Boxes of one network; nobody looks at a figure with more."""


@dataclass(frozen=True, slots=True)
class Part:
    """What has a box.

    Attributes:
        label: what the box says, line by line.
        kind: what it is.
        shape: of what it yields, for one sample.
        paths: the module paths of the layers in it; of repeats those of the first.
        costs: of all its repeats, with the norms and activations around it that have no box.
        times: how many equal ones in a row it stands for.
        stage: which stage of the network it is in, counted from zero.
        title: what that stage is called.
        place: whether it stands before all stages, in one of them or between two, or behind the last.
        op: the op of a layer in words, and the definition of a block; empty for other parts.
        reshapes: whether it is a block that yields another shape than it reads.
    """

    label: tuple[str, ...]
    kind: Kind
    shape: Shape
    paths: tuple[str, ...]
    costs: Costs = _NOTHING
    times: int = 1
    stage: int | None = None
    title: str = ""
    place: Literal["stem", "body", "head"] = "body"
    op: str = ""
    reshapes: bool = False

    @property
    def path(self) -> str:
        """Where it stands, by its first layer."""
        return self.paths[0] if self.paths else ""

    @property
    def size(self) -> Shape:
        """Spatial sizes of what it yields."""
        return size_of(self.shape)

    def within(self, prefix: str) -> Part:
        """The part in a body that is called under a path."""
        return replace(self, paths=tuple([prefix + path for path in self.paths]))

    def __mul__(self, times: int) -> Part:
        return replace(self, times=self.times * times, costs=self.costs * times) if times > 1 else self


@dataclass(frozen=True, slots=True)
class Skip:
    """What passes parts by.

    Attributes:
        start: the place in the row where it leaves the path; `stop` that where it is joined again.
        kind: what becomes of it on the way; `concat` is appended to the channels rather than added.
        path: the module path of the sum, or of what else joins it.
        changes: whether its shape becomes another on the way: the dotted shortcuts of Figure 3.
        label: its layers in as few letters as tell them; empty for what is not touched.
        about: its layers in words.
    """

    start: int
    stop: int
    kind: SkipKind
    path: str = ""
    changes: bool = False
    label: str = ""
    about: str = ""
    costs: Costs = _NOTHING

    def within(self, prefix: str, offset: int) -> Skip:
        """The same in a body that is called under a path, further down."""
        return replace(self, start=self.start + offset, stop=self.stop + offset, path=prefix + self.path)


@dataclass(frozen=True, slots=True)
class Repetition:
    """A stretch of the row that is there several times, one behind the other."""

    start: int
    stop: int
    times: int


@dataclass(frozen=True, slots=True)
class Strip:
    """A row of parts.

    Attributes:
        ahead: costs of norms and activations before the first part.
        taps: places in the row, and what is put out there under which name.
    """

    parts: tuple[Part, ...] = ()
    skips: tuple[Skip, ...] = ()
    folds: tuple[Repetition, ...] = ()
    ahead: Costs = _NOTHING
    taps: tuple[tuple[int, str], ...] = ()


@dataclass(slots=True)
class Growing:
    """A strip in the making."""

    parts: list[Part] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    folds: list[Repetition] = field(default_factory=list)
    ahead: Costs = _NOTHING

    @property
    def place(self) -> int:
        """The place behind all that is there."""
        return len(self.parts)

    def add(self, part: Part) -> None:
        """Put one part behind what is there.

        Raises:
            NotDrawn: there would be more parts than a figure can have.
        """
        self.extend(Strip((part,)))

    def extend(self, strip: Strip, prefix: str = "", times: int = 1) -> None:
        """Put a strip behind what is there, as that of a body called under a path, so many times folded into one.

        Raises:
            NotDrawn: there would be more parts than a figure can have.
        """
        start = self.place
        if start + len(strip.parts) > MOST:
            raise NotDrawn(
                f"one box for each layer would be more than {MOST} boxes; --fold draws equal repeats once, "
                "and --view stages one box for each stage"
            )
        self.spend(strip.ahead * times)
        self.parts += [part.within(prefix) * times if prefix else part * times for part in strip.parts]
        self.skips += [skip.within(prefix, start) for skip in strip.skips]
        self.folds += [replace(fold, start=fold.start + start, stop=fold.stop + start) for fold in strip.folds]
        if times > 1 and strip.parts:
            self.folds.append(Repetition(start, self.place, times))

    def spend(self, costs: Costs) -> None:
        """Count something that has no box with the part before it."""
        if not costs.layers and not costs.params:
            return
        if self.parts:
            self.parts[-1] = replace(self.parts[-1], costs=self.parts[-1].costs + costs)
        else:
            self.ahead += costs

    def done(self, taps: Sequence[tuple[int, str]] = ()) -> Strip:
        """The strip."""
        return Strip(tuple(self.parts), tuple(self.skips), tuple(self.folds), self.ahead, tuple(taps))
