"""Legends: samples of boxes, lines and heat, each with what it means, wrapped into a width."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from resdsl.draw.options import ColorBy
from resdsl.draw.scene import Box, Item, Line, text
from resdsl.draw.texts import figure_text
from resdsl.draw.themes import HEAT

_SIZE = 7.0
_ROW = 13.0
_SAMPLE = 20.0
_STEP = 9.0
_APART = 12.0
_MARKS = {"added": "added", "removed": "removed", "changed": "changed", "same": "as before"}
_KINDS = {
    "white": "block or branches",
    "conv": "convolution",
    "pool": "pooling",
    "linear": "fully connected",
    "gate-box": "gate",
    "other": "other",
    "join": "sum or product",
    "norm": "norm",
    "act": "activation",
}
_FIGURES: dict[ColorBy, str] = {"params": "parameters", "macs": "multiply-adds", "activations": "activations"}


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A sample and what it means."""

    kind: Literal["box", "line", "heat"]
    style: str
    meaning: str


def of_marks(used: Collection[str]) -> Iterator[LegendEntry]:
    """What became of parts, for the marks in use."""
    yield from (LegendEntry("box", mark, wording) for mark, wording in _MARKS.items() if mark in used)


def of_kinds(used: Collection[str]) -> Iterator[LegendEntry]:
    """Kinds of parts, for the styles in use."""
    yield from (LegendEntry("box", kind, wording) for kind, wording in _KINDS.items() if kind in used)


def of_heat(colors: ColorBy, most: int) -> Iterator[LegendEntry]:
    """The figure that heat shows, up to the highest."""
    yield LegendEntry("heat", "", f"0 to {figure_text(most)} {_FIGURES[colors]}")


def of_heat_in_steps(colors: ColorBy, most: int) -> Iterator[LegendEntry]:
    """The same for what has no place for a scale: the highest figures of the lightest, a middle and the darkest box."""
    for step in (1, (HEAT + 1) // 2, HEAT):
        yield LegendEntry("box", f"heat{step}", f"up to {figure_text(most * step // HEAT)} {_FIGURES[colors]}")


def legend(entries: Sequence[LegendEntry], x: float, y: float, width: float) -> tuple[list[Item], float]:
    """Entries side by side, wrapped into a width, from an upper left corner on; and how high they are."""
    items: list[Item] = []
    at, row = x, y + _ROW / 2
    for entry in entries:
        drawn, wide = _drawn(entry, at, row, width)
        if at > x and at + wide > x + width:
            at, row = x, row + _ROW
            drawn, wide = _drawn(entry, at, row, width)
        items += drawn
        at += wide + _APART
    return items, (row + _ROW / 2 - y if entries else 0.0)


def _drawn(entry: LegendEntry, x: float, y: float, width: float) -> tuple[list[Item], float]:
    """An entry, and how wide it is."""
    items: list[Item] = []
    sample = _SAMPLE
    if entry.kind == "heat":
        items += [Box(x + _STEP * number, y - 4, _STEP, 8, f"heat{number + 1}") for number in range(HEAT)]
        sample = _STEP * HEAT
    elif entry.kind == "box":
        items.append(Box(x, y - 4, sample, 8, entry.style))
    else:
        items.append(Line(((x, y), (x + sample, y)), entry.style))
    label = text(x + sample + 4, y, entry.meaning, size=_SIZE, anchor="start", style="note", width=width - sample - 4)
    return [*items, label], sample + 4 + label.width
