"""Graphviz takes the DOT of every figure without a word: no warning about a label, a font or a name."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

import resdsl
from tests.draw.drawn import DEEP, SHIPPED, drawn, shipped
from tests.draw.figures import HOSTILE, graph_of
from tests.zoo import LARGE

SMALL = tuple(name for name in SHIPPED if name not in LARGE)
OVERLAID = {"annotate": ("shape", "params", "macs"), "color_by": "macs", "title": "All that can be added"}


def said(*graphs: str) -> str:
    """What one process says while it draws all of these."""
    done = subprocess.run(
        ["neato", "-n2", "-Tsvg"], input="".join(graphs).encode(), capture_output=True, timeout=250, check=False
    )
    assert done.returncode == 0
    assert done.stdout.count(b"</svg>") == len(graphs)
    return done.stderr.decode()


@pytest.mark.parametrize("names", [SMALL, pytest.param(tuple(LARGE), marks=pytest.mark.zoo)], ids=["small", "large"])
@pytest.mark.parametrize("look", [{}, OVERLAID], ids=["plain", "overlaid"])
@pytest.mark.parametrize("view", ["columns", "stages", "block", "table"])
def test_nothing_is_said_about_any_shipped_network(view: str, look: dict[str, Any], names: tuple[str, ...]) -> None:
    graphs = [
        drawn(shipped(name), view=view, form="dot", fold=view == "columns" and name in DEEP, **look) for name in names
    ]
    assert said(*graphs) == ""


@pytest.mark.parametrize("view", ["columns", "stages", "block", "table"])
def test_nothing_is_said_about_differences(view: str) -> None:
    pairs = [("resnet18", "plain18"), ("resnet50", "densenet121"), ("sknet50", "res2net50_26w_4s")]
    graphs = [drawn(*map(shipped, pair), view=view, form="dot", diff=True, annotate=("macs",)) for pair in pairs]
    assert said(*graphs) == ""


def test_nothing_is_said_about_hostile_names() -> None:
    named = [shipped("resnet18").replace(name=name) for name in HOSTILE]
    graphs = [drawn(each, view=view, form="dot", title=each.name) for each in named for view in ("columns", "table")]
    assert said(*graphs) == ""


def test_a_text_stands_where_it_starts_however_wide_its_letters_are() -> None:
    """Texts may be wider than their nodes; the nodes say where they start, stand in the middle, or end."""
    wide = resdsl.loads('network n { input 3x8x8\n conv 3x3, 8\n stage s "WWWWWWWWWW": basic(8) x 2 }').ir
    graph = graph_of(drawn(wide, view="stages", form="dot"))
    (title,) = [each for each in graph["objects"] if each.get("label", "").startswith("WWW")]
    assert title["fixedsize"] == "shape"
    box = next(each for each in graph["objects"] if each.get("label", "").startswith("basic"))
    right = float(title["pos"].split(",")[0]) + 36 * float(title["width"])
    assert right < float(box["pos"].split(",")[0]) - 36 * float(box["width"])
