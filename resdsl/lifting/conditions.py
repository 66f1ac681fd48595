"""Conditions by which blocks that are nearly alike differ, as far as their numbers tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BlockCondition:
    """A condition in a block.

    Attributes:
        text: as the language writes it.
        negated: the contrary.
        holds: whether it holds, for each of the blocks.
        of_channels: whether it depends on the channels that flow in, which are others in another body.
    """

    text: str
    negated: str
    holds: tuple[bool, ...]
    of_channels: bool = False


def conditions_on(
    out: tuple[str, tuple[bool, ...]] | None, facts: Mapping[str, tuple[str | None, ...]]
) -> Iterator[BlockCondition]:
    """What can be said of blocks: of their strides, of their channels, and of their other numbers.

    Args:
        out: the channels that the block yields, and in which blocks others flow in.
        facts: the values of parameters in each of the blocks.
    """
    strided = tuple([each != "1" for each in facts["stride"]]) if "stride" in facts else None
    if strided is not None:
        yield BlockCondition("stride != 1", "stride == 1", strided)
    if out is not None:
        written, changes = out
        if strided is not None:
            either = tuple([one or other for one, other in zip(strided, changes, strict=True)])
            text = f"stride != 1 or channels != {written}"
            yield BlockCondition(text, f"stride == 1 and channels == {written}", either, of_channels=True)
        yield BlockCondition(f"channels != {written}", f"channels == {written}", changes, of_channels=True)
    for name, column in facts.items():
        if name != "stride":
            yield BlockCondition(f"{name} != 1", f"{name} == 1", tuple([each != "1" for each in column]))
