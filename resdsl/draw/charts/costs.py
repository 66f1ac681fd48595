"""A chart of the costs of a network: bars by stage, and below them all convolutions and linear layers in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from math import ceil

from resdsl.analysis.rows.bounded import bounded_rows
from resdsl.analysis.rows.tree import Row
from resdsl.draw.charts.bars import (
    STRIP_TITLE,
    Bar,
    Measure,
    Section,
    bars_together,
    legend,
    panels,
    section_names,
    strip,
)
from resdsl.draw.scene import Item, Scene, text
from resdsl.draw.texts import figure_text
from resdsl.ir.network import Network
from resdsl.report.figures import share_text

_WIDTH = 480.0
_MARGIN = 10.0
_STRIP = 62.0
_SCALE = 34.0
_GAP = 10.0
_MANY = 14


def cost_scene(network: Network) -> Scene:
    """Multiply-adds and parameters of a network by stage and by layer, with the share of shortcuts marked."""
    whole = bounded_rows(network, expand=True)
    groups = _groups(whole)
    costs = whole.costs
    measures = (Measure("multiply-adds", costs.macs), Measure("parameters", costs.params))
    bars = _bars(groups)
    sections = [Section(name, tuple(_layers(parts))) for name, parts in groups]
    sections = [section for section in sections if section.bars]
    title, about = f"{network.name}: cost by stage and layer", _about(whole)
    marked = costs.shortcut_macs + costs.shortcut_params > 0

    wide = _WIDTH - 2 * _MARGIN
    items: list[Item] = [
        text(_MARGIN, 16, title, size=11, anchor="start", bold=True, width=wide),
        text(_MARGIN, 30, about, anchor="start", style="note", width=wide),
    ]
    y = 44.0
    if marked:
        items += legend([("bar", "main path and gates"), ("bar-shortcut", "in shortcuts")], _MARGIN, y)
        y += 14
    drawn, height = panels(bars, measures, _MARGIN, y, wide)
    items += drawn
    y += height + 12
    if sections:
        drawn, height = _strips(sections, measures, y, marked=marked)
        items += drawn
        y += height
    return Scene(_WIDTH, ceil(y) + 8.0, title, _wording(network, about, bars, sections), tuple(items))


def _strips(
    sections: list[Section], measures: tuple[Measure, ...], y: float, *, marked: bool
) -> tuple[list[Item], float]:
    """A strip of thin bars for each measure, the names of the sections below it, and the total height."""
    left, wide = _MARGIN + _SCALE, _WIDTH - 2 * _MARGIN - _SCALE
    count = sum(len(section.bars) for section in sections)
    which = f"the {count} convolutions and linear layers in order{', hollow in shortcuts' if marked else ''}"
    items: list[Item] = []
    at = y
    for measure, wording in zip(measures, (which, "the same layers"), strict=True):
        items += strip(sections, measures.index(measure), f"{measure.title} of {wording}", left, at, wide, _STRIP)
        at += STRIP_TITLE + _STRIP + _GAP
    drawn, height = section_names(sections, left, at - _GAP, wide)
    return [*items, *drawn], at - _GAP + height - y


def _about(whole: Row) -> str:
    """The costs and the inputs of the network, on one line."""
    costs = whole.costs
    inputs = ", ".join("x".join(map(str, shape)) for shape in whole.inputs)
    counts = f"{figure_text(costs.macs)} multiply-adds and {figure_text(costs.params)} parameters"
    if not costs.shortcut_macs and not costs.shortcut_params:
        return f"{counts} for an input of {inputs}"
    shares = (_share(costs.shortcut_macs, costs.macs), _share(costs.shortcut_params, costs.params))
    return f"{counts} for an input of {inputs}; {shares[0]} and {shares[1]} of them in shortcuts"


def _groups(whole: Row) -> list[tuple[str, list[Row]]]:
    """The top-level parts by name; if there are many, neighbours in the same module are merged."""
    parts = list(whole.parts) or [whole]
    if len(parts) == 1 and len(parts[0].parts) > 1:
        return [(module or name, some) for module, name, some in _modules(parts[0].parts)]
    if len(parts) <= _MANY:
        return [(_name(part), [part]) for part in parts]
    found: list[tuple[str, list[Row]]] = []
    for module, some in groupby(parts, _module):
        same = list(some)
        if len(same) > 1 and _alike(same):
            found.append((module.rpartition(".")[2] or same[0].name, same))
        else:
            found += [(_name(part), [part]) for part in same]
    return found


def _module(part: Row) -> str:
    """The module that contains a block; for other parts, their own path, which is unique."""
    return part.path.rpartition(".")[0] if part.kind == "block" else part.path


def _name(part: Row) -> str:
    """The name of a part: its position for a block, its full path if it is a number, and otherwise its own name."""
    last = part.path.rpartition(".")[2]
    return part.name if part.kind != "block" else part.path if last.isdigit() else last


def _modules(layers: Sequence[Row]) -> Iterator[tuple[str, str, list[Row]]]:
    """The layers of a network without blocks, grouped by their modules and named after the first one."""
    for module, some in groupby(layers, lambda layer: layer.path.partition(".")[0] if "." in layer.path else ""):
        same = list(some)
        yield module, f"{same[0].path} to {same[-1].path}" if len(same) > 1 else same[0].path, same


def _bars(groups: list[tuple[str, list[Row]]]) -> list[Bar]:
    """A bar for each part; parts without multiply-adds share the last bar, if they cost anything."""
    bars = [_bar(name, parts) for name, parts in groups]
    idle = [part for (_, parts), bar in zip(groups, bars, strict=True) if not bar.values[0] for part in parts]
    busy = [bar for bar in bars if bar.values[0]]
    others = _bar("others", idle)
    return [*busy, *([others] if any(others.values) else [])] if busy else bars


def _alike(parts: list[Row]) -> bool:
    """Whether parts are uses of the same definition."""
    return len({part.name.partition("(")[0] for part in parts}) == 1


def _bar(name: str, parts: list[Row]) -> Bar:
    return Bar(
        name,
        (sum(part.costs.macs for part in parts), sum(part.costs.params for part in parts)),
        (sum(part.costs.shortcut_macs for part in parts), sum(part.costs.shortcut_params for part in parts)),
    )


def _layers(parts: list[Row]) -> list[Bar]:
    """A bar for each convolution and linear layer."""
    return [
        Bar(leaf.path, (leaf.costs.macs, leaf.costs.params), (leaf.costs.shortcut_macs, leaf.costs.shortcut_params))
        for part in parts
        for leaf in part.leaves()
        if leaf.costs.macs
    ]


def _share(part: int, whole: int) -> str:
    return share_text(part / whole if whole else 0)


def _wording(network: Network, about: str, bars: list[Bar], sections: list[Section]) -> str:
    """The description of the chart in sentences."""
    macs, params = (max(bars, key=lambda bar: bar.values[index]) for index in (0, 1))
    layers = sum(len(section.bars) for section in sections)
    together = bars_together(sections)
    means = f" Neighbours are drawn together, {together} as one bar." if together > 1 else ""
    return (
        f"Bar chart of {network.name}: {about}. Of its {len(bars)} parts {macs.name} has the most multiply-adds "
        f"({figure_text(macs.values[0])}) and {params.name} the most parameters ({figure_text(params.values[1])}). "
        f"Below, thin bars show the same for each of {layers} convolutions and linear layers in order.{means}"
    )
