"""The difference between two networks, as a value."""

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
"""The bytes of a float32 number."""

COUNTED = ("depth", "params", "macs", "activations")
"""The figures that are compared, by their names in `expect`."""


@dataclass(frozen=True, slots=True)
class Note:
    """One aspect in which a part has changed.

    Attributes:
        aspect: the aspect. `state` means that a module is called again on one side only; `wiring` is about which layer
            reads which value, and is given only if nothing else differs.
        before: the old value.
        after: the new value; equal to `before` for `wiring`, which cannot be described briefly.
    """

    aspect: Aspect
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """A part of one network, the corresponding part of the other, and what changed.

    Attributes:
        before: the row in the first network; None if the part was added. It has as many equal repeats as `after`.
        after: the row in the second network; None if the part was removed.
        name: its name; `basic(64) -> bottleneck(64)` if the name changed, and `bottleneck(64, groups=1 -> 32)` if
            a definition has other arguments.
        notes: the aspects in which a part has changed, apart from its parts and its name.
        parts: the changes of the parts of a changed part; empty for other parts.
        count: the number of equal blocks, within a single repeat of the enclosing part.
        fields: the receptive fields of its output, before and after, in positions of the first input along the axis
            with the most; None for the whole input, or if there is none.
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
        """The row in the second network, or in the first if the part was removed."""
        row = self.after or self.before
        assert row is not None
        return row

    def by(self, name: str) -> int:
        """By how much a figure grows; raises KeyError for a name that `expect` does not know."""
        after = quantity(self.after.costs, name) if self.after else 0
        return after - (quantity(self.before.costs, name) if self.before else 0)

    @property
    def saved_bytes(self) -> int:
        """By how much the memory kept for the backward pass grows, in bytes, for one sample of float32.

        It may grow even for an unchanged part, because the first layer that needs a value is the one that keeps it.
        """
        after = saved_bytes(self.after) if self.after else 0
        return after - (saved_bytes(self.before) if self.before else 0)

    @property
    def field_change(self) -> int | None:
        """By how much the receptive field of its output grows; None if either is not known."""
        before, after = self.fields
        return None if before is None or after is None else after - before

    def last_path(self, row: Row) -> str:
        """The path of the last block of one of the two rows."""
        before, _, index = row.path.rpartition(".")
        return f"{before}.{int(index) + self.count - 1}" if self.count > 1 else row.path

    def flat(self, level: int = 0) -> Iterator[tuple[int, Change]]:
        """This change and all changes below it, each with its level, in order."""
        yield level, self
        for part in self.parts:
            yield from part.flat(level + 1)


def saved_bytes(row: Row) -> int:
    """The memory that a row keeps for the backward pass, in bytes, for one sample of float32."""
    return row.saved.bytes(1, _SINGLE)


@dataclass(frozen=True, slots=True)
class Given:
    """An argument, a setting, an input or an output that differs; None for a network that does not have it."""

    matter: Matter
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Total:
    """A figure of both networks.

    Attributes:
        name: one of `COUNTED`, or a figure that is not a sum over parts: `inference_bytes` and `training_bytes` as in
            `resdsl.analysis.memory.totals`, for one sample of float32, without the state of an optimiser; or
            `receptive_field`, the most positions along an axis of the input that a value of the top graph sees, among
            the values that do not see all of it.
        before: the figure of the first network; None if it has no such figure.
        after: the figure of the second network.
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
    """All differences between two networks.

    Attributes:
        before: the name of the first network.
        after: the name of the second network.
        given: the arguments, settings, inputs and outputs that differ.
        whole: the change of the whole network, with its parts.
        totals: the figures of both networks, whether they differ or not.
    """

    before: str
    after: str
    given: tuple[Given, ...]
    whole: Change
    totals: tuple[Total, ...]

    @property
    def same(self) -> bool:
        """Whether both compute the same with the same modules, whatever their names and those of their blocks."""
        return self.whole.status == "same"

    @property
    def empty(self) -> bool:
        """Whether there is no difference at all; networks with different arguments may still be the same."""
        return self.same and not self.given
