"""A sheet of the networks of a sweep: each stage by stage, small, and what differs from the baseline marked.

Each is the view `stages` of it beside the baseline, of which only its own half is kept, so that all stand as high as
the baseline has them and can be compared across the sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import ceil, sqrt

from resdsl.diagnostics.spec_error import SpecError
from resdsl.draw.options import Annotation, DrawOptions
from resdsl.draw.scene import Box, Circle, Group, Item, Line, Scene, Text, moved, scaled, text
from resdsl.draw.strips.column import LABEL
from resdsl.draw.views.stages import stages
from resdsl.ir.network import Network
from resdsl.refusal import Refused
from resdsl.sweeps.sweep import Sweep

MOST = 60
"""Networks of one sheet; more could not be told apart."""
_SCALE = 0.96
_MARGIN, _TITLE, _GAP = 8.0, 22.0, 14.0
_WIDER = 1.4
"""How much wider than high a sheet is, in cards."""


class SheetTooLarge(Refused):
    """A sheet of more networks than anybody can tell apart."""

    def __init__(self, count: int) -> None:
        super().__init__(f"a sheet has {MOST} networks at most, and these are {count}; choose some with `keep`")


def sheet_of(sweep: Sweep, look: DrawOptions) -> Scene:
    """The sheet of all points of a sweep, compared with the first.

    Raises:
        SpecError: a point is no network, or none is left.
        SheetTooLarge: they are more than anybody can tell apart.
    """
    networks: list[tuple[str, Network]] = []
    count = 0
    for point, network in sweep.built():
        count += 1
        if count <= MOST:
            networks.append((point.name, network))
    if count > MOST:
        raise SheetTooLarge(count)
    if not networks:
        raise SpecError(sweep.warnings)
    return sheet_scene(networks, networks[0], look.title or sweep.name, look.annotate)


def sheet_scene(
    networks: Sequence[tuple[str, Network]],
    baseline: tuple[str, Network],
    title: str,
    annotate: tuple[Annotation, ...] = (),
) -> Scene:
    """The sheet.

    Args:
        networks: what each is called, and the network, line by line.
        baseline: the name and the network of what they are compared with; what differs from it is marked.
        title: the line above.
        annotate: what each stage says beside its name.

    Raises:
        SheetTooLarge: they are more than anybody can tell apart.
    """
    if len(networks) > MOST:
        raise SheetTooLarge(len(networks))
    cards = [_card(number, name, network, baseline[1], annotate) for number, (name, network) in enumerate(networks)]
    wide = max(card.width for card in cards)
    columns = min(len(cards), max(1, ceil(sqrt(len(cards) * _WIDER * max(card.height for card in cards) / wide))))
    items: list[Item] = [text(_MARGIN, _MARGIN + 6, title, size=11, anchor="start", bold=True, style="title")]
    top = _MARGIN + _TITLE
    for row in _rows(cards, columns):
        items += [moved(card.items[0], _left(at, wide), top) for at, card in enumerate(row)]
        top += max(card.height for card in row) + _GAP
    note = f"What differs from {baseline[0]} is marked: a dotted frame is changed, a thick one added."
    items.append(text(_MARGIN, top, note, size=7, anchor="start", style="note"))
    width = max(_left(columns, wide) - _GAP + _MARGIN, 330.0)
    names = ", ".join(name for name, _ in networks)
    about = f"{len(cards)} networks, stage by stage: {names}."
    return Scene(width, top + _MARGIN, title, about, tuple(items), LABEL * _SCALE)


def _left(column: int, wide: float) -> float:
    return _MARGIN + column * (wide + _GAP)


def _rows(cards: Sequence[Scene], columns: int) -> Iterator[Sequence[Scene]]:
    for start in range(0, len(cards), columns):
        yield cards[start : start + columns]


def _card(number: int, name: str, network: Network, baseline: Network, annotate: tuple[Annotation, ...]) -> Scene:
    """One network, small, cut out of where it stands beside the baseline."""
    both = [each.replace(name=name) for each in (baseline, network)]
    scene = stages(both, DrawOptions(annotate=annotate, diff=True, legend=False))
    _, own = (item for item in scene.items if isinstance(item, Group) and item.kind == "network")
    left, right, bottom = _edges(Scene(0, 0, "", "", (own,)).flat())
    item = moved(_renamed(own, f"n{number}-"), -left, 0)
    return scaled(Scene(right - left, bottom, name, network.name, (item,)), _SCALE)


def _edges(items: Iterable[Box | Circle | Line | Text]) -> tuple[float, float, float]:
    """The left, the right and the lower edge of all items."""
    xs: list[float] = []
    ys: list[float] = []
    for item in items:
        match item:
            case Box():
                xs += [item.x, item.right]
                ys.append(item.bottom)
            case Circle():
                xs += [item.x - item.radius, item.x + item.radius]
                ys.append(item.y + item.radius)
            case Text():
                xs += [item.left, item.left + item.width]
                ys.append(item.y + item.size)
            case Line():
                xs += [x for x, _ in item.points]
                ys += [y for _, y in item.points]
    return min(xs), max(xs), max(ys)


def _renamed(item: Item, prefix: str) -> Item:
    """The item with names of its own, since each is one box of the whole sheet."""
    match item:
        case Group():
            return replace(item, items=tuple([_renamed(each, prefix) for each in item.items]))
        case Box() | Circle() if item.name:
            return replace(item, name=f"{prefix}{item.name}")
        case Line() if item.source or item.target:
            source, target = (name and f"{prefix}{name}" for name in (item.source, item.target))
            return replace(item, source=source, target=target)
    return item
