"""A network as a strip: a sequence of boxes with skips and repeats.

In Figure 3 of He et al. 2015, norms, activations and sums have no boxes. What remains is a sequence of parts, and a
shortcut skips a stretch of it. Positions are counted between the parts: 0 is before the first one, and a skip from 2
to 4 bypasses the parts 2 and 3.
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
"""The maximum number of boxes for one network; more would be illegible."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a network with its own box.

    Attributes:
        label: the label of the box, line by line.
        kind: its kind.
        shape: its output shape for one sample.
        paths: the module paths of its layers; for repeats, those of the first.
        costs: the costs of all its repeats, including the norms and activations around it without boxes.
        times: how many consecutive equal parts it stands for.
        stage: the index of its stage, counted from zero.
        title: the name of that stage.
        place: whether it is before all stages, in or between stages, or after the last stage.
        op: the op of a layer in words, or the definition of a block; empty for other parts.
        reshapes: whether it is a block that changes the shape.
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
        """The path of its first layer."""
        return self.paths[0] if self.paths else ""

    @property
    def size(self) -> Shape:
        """The spatial sizes of its output."""
        return size_of(self.shape)

    def within(self, prefix: str) -> Part:
        """The part as seen from outside a body that is called under a path."""
        return replace(self, paths=tuple([prefix + path for path in self.paths]))

    def __mul__(self, times: int) -> Part:
        return replace(self, times=self.times * times, costs=self.costs * times) if times > 1 else self


@dataclass(frozen=True, slots=True)
class Skip:
    """A skip, which bypasses parts.

    Attributes:
        start: the position where it leaves the path; `stop` is the position where it rejoins it.
        kind: its kind; `concat` is appended to the channels rather than added.
        path: the module path of the sum, or other op, that joins it.
        changes: whether its shape changes on the way, as in the dotted shortcuts of Figure 3.
        label: its layers, abbreviated; empty for an identity.
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
        """The skip as seen from outside a body that is called under a path, moved down."""
        return replace(self, start=self.start + offset, stop=self.stop + offset, path=prefix + self.path)


@dataclass(frozen=True, slots=True)
class Repetition:
    """A stretch of the strip that repeats several times in sequence."""

    start: int
    stop: int
    times: int


@dataclass(frozen=True, slots=True)
class Strip:
    """A sequence of parts with skips and repeats.

    Attributes:
        ahead: costs of norms and activations before the first part.
        taps: positions of outputs, with their names.
    """

    parts: tuple[Part, ...] = ()
    skips: tuple[Skip, ...] = ()
    folds: tuple[Repetition, ...] = ()
    ahead: Costs = _NOTHING
    taps: tuple[tuple[int, str], ...] = ()


@dataclass(slots=True)
class Growing:
    """A strip under construction."""

    parts: list[Part] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    folds: list[Repetition] = field(default_factory=list)
    ahead: Costs = _NOTHING

    @property
    def place(self) -> int:
        """The position after the last part."""
        return len(self.parts)

    def add(self, part: Part) -> None:
        """Append a part.

        Raises:
            NotDrawn: there would be too many parts.
        """
        self.extend(Strip((part,)))

    def extend(self, strip: Strip, prefix: str = "", times: int = 1) -> None:
        """Append the strip of a body called under a path, with a number of repeats folded into one.

        Raises:
            NotDrawn: there would be too many parts.
        """
        start = self.place
        if start + len(strip.parts) > MOST:
            raise NotDrawn(
                f"one box for each layer would be more than {MOST} boxes; draw equal repeats once (--fold) "
                "or one box for each stage (--view stages)"
            )
        self.spend(strip.ahead * times)
        self.parts += [part.within(prefix) * times if prefix else part * times for part in strip.parts]
        self.skips += [skip.within(prefix, start) for skip in strip.skips]
        self.folds += [replace(fold, start=fold.start + start, stop=fold.stop + start) for fold in strip.folds]
        if times > 1 and strip.parts:
            self.folds.append(Repetition(start, self.place, times))

    def spend(self, costs: Costs) -> None:
        """Add the costs of something without a box to the part before it."""
        if not costs.layers and not costs.params:
            return
        if self.parts:
            self.parts[-1] = replace(self.parts[-1], costs=self.parts[-1].costs + costs)
        else:
            self.ahead += costs

    def done(self, taps: Sequence[tuple[int, str]] = ()) -> Strip:
        """The finished strip."""
        return Strip(tuple(self.parts), tuple(self.skips), tuple(self.folds), self.ahead, tuple(taps))
