"""Nodes of a graph that Graphviz lays out: their looks, their labels, and a legend of them."""

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
"""Of labels, in points, where the theme says nothing."""

_WIDEST = 190.0
_WIDEST_TITLE = 380.0
_THIN = 1.0
_ROOM = "6"
_UNSEEN = {"style": "invis"}
_FRAME = {"style": "rounded,solid"}
_LONGEST_TIP = 400


def look_of(style: Style, theme: Theme) -> dict[str, str]:
    """A style as attributes of a node; those that all nodes have are left out."""
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
    """A size of texts as the theme has it, which may set labels larger or smaller, and all others with them."""
    return f"{size * growth(theme):g}"


def growth(theme: Theme) -> float:
    """How much larger than usual the texts of a theme are."""
    return theme.size / SIZE if theme.size else 1.0


def label(lines: Sequence[str]) -> str:
    """Lines as a label, none wider than a box may become."""
    return _joined([fitted(clean(line), SIZE, _WIDEST, smallest=SIZE)[0] for line in lines])


def heading(title: str) -> str:
    """The title of a figure as a label."""
    return _joined([fitted(clean(title), SIZE, _WIDEST_TITLE, bold=True, smallest=SIZE)[0]])


def tip(text: str) -> str:
    """What a pointer that rests on a node is told."""
    return _joined([clean(text)[:_LONGEST_TIP]])


def add_legend(graph: graphviz.Digraph, entries: Sequence[LegendEntry], theme: Theme) -> None:
    """A frame with a node for each entry, one below the other, which says what its look means; heat in steps."""
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
    """A frame that nobody sees, which keeps the one within it off its neighbours."""
    with graph.subgraph(name=f"cluster room {name}") as around:
        around.attr(**_UNSEEN, margin=_ROOM)
        yield around


def _joined(lines: Sequence[str]) -> str:
    from graphviz import nohtml

    joined: str = nohtml("\\n".join([isolated(line).replace("&", "&amp;").replace("\\", "\\\\") for line in lines]))
    return joined
