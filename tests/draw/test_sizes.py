"""How large figures become, what is said of it, and what each format can hold."""

from __future__ import annotations

import re
import struct
from typing import Any

import pytest

from resdsl.draw.errors import NotDrawn
from resdsl.draw.figure import Figure, figure_of
from resdsl.draw.options import DrawOptions
from resdsl.draw.scene import Scene
from resdsl.draw.sizes import Wish
from resdsl.draw.write import Format, write
from tests.draw.drawn import shipped
from tests.draw.figures import sample, svg_tree


@pytest.mark.parametrize(
    ("wish", "size"),
    [
        (Wish(), ("180pt", "100pt")),
        (Wish(width=360), ("360pt", "200pt")),
        (Wish(height=50), ("90pt", "50pt")),
        (Wish(width=360, height=100), ("180pt", "100pt")),
        (Wish(width=90, height=1000), ("90pt", "50pt")),
    ],
)
def test_a_figure_is_as_large_as_fits_into_what_is_said(wish: Wish, size: tuple[str, str]) -> None:
    tree = svg_tree(write(sample(), "svg", wish=wish).content)
    assert (tree.get("width"), tree.get("height")) == size


def test_a_png_is_as_high_as_is_said() -> None:
    content = write(sample(), "png", wish=Wish(height=50), dpi=144).content
    assert isinstance(content, bytes)
    assert struct.unpack(">II", content[16:24]) == (180, 100)


BY_STAGE = "draw it by stage, wrap it (--wrap), lay it across (--direction right), or "


@pytest.mark.parametrize(
    ("view", "look", "ways"),
    [
        ("columns", DrawOptions(), f"fold the repeats, {BY_STAGE}"),
        ("columns", DrawOptions(fold=True), BY_STAGE),
        ("ops", DrawOptions(), "fold the repeats, draw it by stage, or "),
        ("lattice", DrawOptions(wrap=6), ""),
    ],
    ids=["columns", "folded", "ops", "lattice"],
)
def test_a_figure_that_is_higher_than_a_page_at_its_width_is_warned_of(view: str, look: DrawOptions, ways: str) -> None:
    networks = [shipped("resnet152")] * (1 if view != "lattice" else 8)
    (warning,) = figure_of(networks, view, look, width="8in").write("svg").warnings[-1:]
    high, _, rest = warning.partition("in high, ")
    assert re.fullmatch(r"at that width the figure is \d+\.\d", high)
    assert rest == f"more than a page of 11in; {ways}give --height as well"


@pytest.mark.parametrize("view", ["lattice", "columns"])
def test_a_figure_with_small_text_across_can_be_wrapped(view: str) -> None:
    look = DrawOptions(direction="right" if view == "columns" else "down")
    (warning,) = figure_of([shipped("resnet152")], view, look, width="3.25in").write("svg").warnings
    assert warning.startswith("the smallest text has ")
    assert warning.endswith("in of width would be enough, or wrap it (--wrap)")


def test_a_figure_that_is_wider_than_a_page_at_its_height_is_warned_of() -> None:
    networks = [shipped(name) for name in ("resnet18", "resnet34", "resnet50")] * 3
    (warning,) = figure_of(networks, "stages", DrawOptions(), height="9in").write("svg").warnings
    assert re.match(r"at that height the figure is \d\d\.\din wide, more than a page of 11in; ", warning)


def test_nothing_is_said_of_a_figure_as_it_was_laid_out_nor_of_one_that_fits() -> None:
    network = shipped("resnet152")
    assert figure_of([network], "columns", DrawOptions()).write("svg").warnings == ()
    assert figure_of([network], "stages", DrawOptions(), width="3.25in", height="9in").write("svg").warnings == ()


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"width": 90.0}, r"\d\.\d\din of width would be enough"),
        ({"height": 90.0}, r"\d\.\d\din of height would be enough"),
        ({"width": 90.0, "height": 90.0}, r"\d\.\d\din of width and \d\.\d\din of height would be enough"),
    ],
)
def test_small_texts_are_told_by_the_side_that_was_said(wish: dict[str, Any], words: str) -> None:
    (warning,) = figure_of([shipped("resnet18")], "stages", DrawOptions(), **wish).write("svg").warnings
    assert re.fullmatch(r"the smallest text has \d\.\d pt, less than 6 pt; " + words, warning)


@pytest.mark.parametrize(
    ("form", "long", "reason"),
    [
        ("pdf", 14_401, "a PDF page has at most 200in on each side"),
        ("tex", 16_323, "TeX has no lengths over 226in"),
        ("png", 10_801, "which is more than 30000 pixels at 200 dpi"),
    ],
)
@pytest.mark.parametrize("tall", [True, False])
def test_what_a_format_cannot_hold_is_refused(form: Format, long: float, reason: str, tall: bool) -> None:
    size = (100.0, float(long)) if tall else (float(long), 100.0)
    with pytest.raises(NotDrawn, match=reason):
        write(Scene(*size, "long", "long", ()), form)
    assert write(Scene(*size, "long", "long", ()), "svg").content
    assert write(Scene(*size, "long", "long", ()), form, wish=Wish(72, 72)).content


def test_the_longest_page_of_pdf_is_whole() -> None:
    content = write(Scene(14_400, 100, "long", "long", ()), "pdf").content
    assert isinstance(content, bytes)
    assert b"/MediaBox [ 0 0 14400 100 ]" in content


def test_a_graph_that_pdf_cannot_hold_is_refused() -> None:
    deep = figure_of([shipped("resnet152")], "ops", DrawOptions(), height="200in")
    assert deep.write("pdf").content
    assert not isinstance(deep, Figure)
    with pytest.raises(NotDrawn, match="a PDF page has at most 200in on each side"):
        figure_of([shipped("resnet152")], "ops", DrawOptions(), width="200in").write("pdf")
