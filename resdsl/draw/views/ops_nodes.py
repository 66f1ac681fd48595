"""Nodes of a graph laid out by Graphviz: their attributes, labels and legend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

from resdsl.draw.legend import LegendEntry
from resdsl.draw.metrics import fitted
from resdsl.draw.texts import clean, isolated
from resdsl.draw.themes import Style, Theme

if TYPE_CHECKING:
    import graphviz

SIZE = 9.0
"""The size of labels in points, unless the theme sets it."""

_WIDEST = 190.0
_WIDEST_TITLE = 380.0
_THIN = 1.0
_ROOM = "6"
_UNSEEN = {"style": "invis"}
_FRAME = {"style": "rounded,solid"}
_LONGEST_TIP = 400


def look_of(style: Style, theme: Theme) -> dict[str, str]:
    """A style as attributes of a node, without those common to all nodes."""
    ink = theme.style("text").text
    look = {"fillcolor": style.fill if style.fill != "none" else "transparent"}
    if style.stroke not in {"none", ink}:
        look["color"] = style.stroke
    if style.dash != "solid":
        look["style"] = f"filled,{style.dash}"
    if style.width > _THIN:
        look["penwidth"] = f"{style.width:g}"
    if style.text != ink:
        look["fontcolor"] = style.text
    return look


def font_size(theme: Theme, size: float) -> str:
    """A text size scaled by the theme, which may change the size of labels and of all other texts with them."""
    return f"{size * growth(theme):g}"


def growth(theme: Theme) -> float:
    """The scale factor of a theme for texts."""
    return theme.size / SIZE if theme.size else 1.0


def label(lines: Sequence[str]) -> str:
    """Lines as a label, none wider than the maximum width of a box."""
    return _joined([fitted(clean(line), SIZE, _WIDEST, smallest=SIZE)[0] for line in lines])


def heading(title: str) -> str:
    """The title of a figure as a label."""
    return _joined([fitted(clean(title), SIZE, _WIDEST_TITLE, bold=True, smallest=SIZE)[0]])


def tip(text: str) -> str:
    """The tooltip of a node."""
    return _joined([clean(text)[:_LONGEST_TIP]])


def add_legend(graph: graphviz.Digraph, entries: Sequence[LegendEntry], theme: Theme) -> None:
    """A legend: a frame with a node for each entry, one below the other; heat is shown in steps."""
    if not entries:
        return
    with room(graph, "legend") as around, around.subgraph(name="cluster legend") as inner:
        inner.attr(label="legend", labeljust="l", fontsize=font_size(theme, 8), margin="8", **_FRAME)
        names = []
        for number, entry in enumerate(entries):
            names.append(f"legend {number + 1}")
            inner.node(names[-1], label=label([entry.meaning]), **look_of(theme.style(entry.style), theme))
        for above, below in pairwise(names):
            inner.edge(above, below, **_UNSEEN)


@contextmanager
def room(graph: graphviz.Digraph, name: str) -> Iterator[graphviz.Digraph]:
    """An invisible frame that keeps the one within it away from its neighbours."""
    with graph.subgraph(name=f"cluster room {name}") as around:
        around.attr(**_UNSEEN, margin=_ROOM)
        yield around


def _joined(lines: Sequence[str]) -> str:
    from graphviz import nohtml

    joined: str = nohtml("\\n".join([isolated(line).replace("&", "&amp;").replace("\\", "\\\\") for line in lines]))
    return joined
