"""What tells two networks apart, as a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from resdsl.analysis.expectations import quantity
from resdsl.analysis.rows.tree import Row

Status = Literal["same", "changed", "added", "removed"]
Aspect = Literal["path", "blocks", "in", "out", "role", "state", "wiring"]
Matter = Literal["argument", "setting", "input", "output"]

_SINGLE = 4
"""Bytes of a number of float32."""

COUNTED = ("depth", "params", "macs", "activations")
"""Figures of a network that are compared, by the names that `expect` has for them."""


@dataclass(frozen=True, slots=True)
class Note:
    """One respect in which a changed part is another.

    Attributes:
        aspect: which one. `state` is a module that is called again on one side only; `wiring` which layer
            reads which value, told where nothing else differs.
        before: how it was.
        after: how it is; equal to `before` for `wiring`, of which there is no short word.
    """

    aspect: Aspect
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """A part of one network, the part of the other that it is compared with, and what became of it.

    Attributes:
        before: the row in the first network; None for what is added. Of equal repeats it has as many as `after`.
        after: the row in the second network; None for what is removed.
        name: what it is called; `basic(64) -> bottleneck(64)` where it was called something else, and
            `bottleneck(64, groups=1 -> 32)` where a definition has other arguments.
        notes: in what respects a changed part is another, beside what its parts and its name say.
        parts: of a changed part the changes of its parts; nothing for others.
        count: how many equal blocks it stands for, within one of what it is a part of.
        fields: the receptive fields of what it yields, before and after: positions of the first input along the axis
            with the most; None for the whole input, and where there is nothing.
    """

    status: Status
    before: Row | None
    after: Row | None
    name: str
    notes: tuple[Note, ...] = ()
    parts: tuple[Change, ...] = ()
    count: int = 1
    fields: tuple[int | None, int | None] = (None, None)

    @property
    def row(self) -> Row:
        """The row in the second network, or in the first for what is removed."""
        row = self.after or self.before
        assert row is not None
        return row

    def by(self, name: str) -> int:
        """By how much a figure grows; KeyError for a name that `expect` does not know."""
        after = quantity(self.after.costs, name) if self.after else 0
        return after - (quantity(self.before.costs, name) if self.before else 0)

    @property
    def saved_bytes(self) -> int:
        """By how much what is kept for the backward pass grows, in bytes, for one sample of float32.

        Of a part that is the same it may grow too: what flows in is kept by the first that needs it.
        """
        after = saved_bytes(self.after) if self.after else 0
        return after - (saved_bytes(self.before) if self.before else 0)

    @property
    def field_change(self) -> int | None:
        """By how much the receptive field of what it yields grows; None where either is not known."""
        before, after = self.fields
        return None if before is None or after is None else after - before

    def last_path(self, row: Row) -> str:
        """The path of the last of the blocks that one of the two rows stands for."""
        before, _, index = row.path.rpartition(".")
        return f"{before}.{int(index) + self.count - 1}" if self.count > 1 else row.path

    def flat(self, level: int = 0) -> Iterator[tuple[int, Change]]:
        """This change and all below it, each with its level, in order."""
        yield level, self
        for part in self.parts:
            yield from part.flat(level + 1)


def saved_bytes(row: Row) -> int:
    """What a row keeps for the backward pass, in bytes, for one sample of float32."""
    return row.saved.bytes(1, _SINGLE)


@dataclass(frozen=True, slots=True)
class Given:
    """An argument, a setting, an input or an output that differs; None on the side that has it not."""

    matter: Matter
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Total:
    """A figure of both networks.

    Attributes:
        name: one of `COUNTED`, or of what is no sum of parts: `inference_bytes` and `training_bytes` as in
            `resdsl.analysis.memory.totals`, for one sample of float32, without an optimiser's state; and
            `receptive_field`, the most positions of an axis of the input that a value of the top graph sees, of
            those that do not see all of it.
        before: the first network's; None where it has no such figure.
        after: the second network's.
    """

    name: str
    before: int | None
    after: int | None

    @property
    def change(self) -> int | None:
        """By how much it grows."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class Difference:
    """All that tells two networks apart.

    Attributes:
        before: the first network's name.
        after: the second network's name.
        given: what they are given that differs.
        whole: the change of the whole, with its parts.
        totals: figures of both, whether they differ or not.
    """

    before: str
    after: str
    given: tuple[Given, ...]
    whole: Change
    totals: tuple[Total, ...]

    @property
    def same(self) -> bool:
        """Whether both compute the same with the same modules, whatever they and their blocks are called."""
        return self.whole.status == "same"

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell; networks may be the same and still be given other arguments."""
        return self.same and not self.given
