"""SVG, HTML, TikZ and DOT of one scene, read back."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import get_args

import pytest
from hypothesis import given, strategies as st

from resdsl.draw.errors import NotDrawn
from resdsl.draw.formats.geometry import number
from resdsl.draw.formats.tikz import escaped
from resdsl.draw.lengths import points_of
from resdsl.draw.scene import Box, Line, Scene, boxed, scaled
from resdsl.draw.sizes import Wish
from resdsl.draw.texts import clean, isolated
from resdsl.draw.themes import DARK, MONO, PAPER, Theme
from resdsl.draw.write import Format, format_of, write
from tests.draw.figures import (
    HOSTILE,
    SVG,
    graph_of,
    is_dashed,
    labelled_boxes,
    lines,
    rects,
    sample,
    svg_tree,
    texts_of,
    tikz_commands,
)

TEXTUAL: list[Format] = ["svg", "html", "tex", "dot"]
NAMES = pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))


@pytest.mark.parametrize("form", TEXTUAL)
@pytest.mark.parametrize("theme", [PAPER, MONO, DARK], ids=lambda theme: theme.name)
def test_the_same_scene_is_the_same_text(form: Format, theme: Theme) -> None:
    assert write(sample(), form, theme=theme) == write(sample(), form, theme=theme)


def test_svg_has_everything() -> None:
    tree = svg_tree(write(sample(), "svg").content)
    assert (tree.get("width"), tree.get("viewBox")) == ("180pt", "0 0 180 100")
    assert [each.text for each in tree.iter(f"{SVG}title")][:1] == ["3x3 conv, 64"]
    assert [each.text for each in tree.iter(f"{SVG}desc")] == ["A block: 3x3 conv, 64."]
    assert len(rects(tree, "stage1")) == len(rects(tree, "removed")) == 1
    assert len(lines(tree, "flow")) == len(lines(tree, "projection")) == 1
    assert "stroke-dasharray" in lines(tree, "projection")[0].attrib
    assert "stroke-dasharray" not in lines(tree, "flow")[0].attrib
    assert [each.text for each in texts_of(tree)] == ["3x3 conv, 64"] * 2 + ["3x3", "+", "3x3 conv, 64"]
    assert [each.get("class") for each in tree.iter() if each.get("class") in {"hatch", "plate"}] == ["hatch", "plate"]


def test_svg_is_read_out() -> None:
    tree = svg_tree(write(sample(), "svg").content)
    ids = {each.get("id") for each in tree.iter()}
    assert tree.get("role") == "group"
    assert {tree.get("aria-labelledby"), tree.get("aria-describedby")} <= ids
    assert [each.get("aria-label") for each in tree.iter(f"{SVG}g") if each.get("role") == "group"] == ["3x3 conv, 64"]


def test_figures_on_one_page_have_ids_of_their_own() -> None:
    ids = [{each.get("id") for each in svg_tree(write(sample(name), "svg").content).iter()} for name in ("a", "b")]
    assert ids[0] & ids[1] == {None}


def test_every_text_says_its_width() -> None:
    """So that viewers without Helvetica keep it in its box."""
    tree = svg_tree(write(sample(), "svg").content)
    for element, text in zip(tree.iter(f"{SVG}text"), texts_of(tree), strict=True):
        assert float(element.attrib["textLength"]) == pytest.approx(text.right - text.left, abs=0.01)


def test_html_is_well_formed_with_the_figure_in_it() -> None:
    page = write(sample(), "html").content
    assert isinstance(page, str)
    assert page.startswith("<!DOCTYPE html>\n")
    tree = ET.fromstring(page.encode())
    assert len(list(tree.iter(f"{SVG}svg"))) == 1
    assert [each.text for each in tree.iter("{http://www.w3.org/1999/xhtml}title")] == ["3x3 conv, 64"]


def test_tikz_has_everything() -> None:
    picture = write(sample(), "tex").content
    assert isinstance(picture, str)
    assert picture.isascii()
    assert len(tikz_commands(picture, "path", "stage1")) == 1
    assert len(tikz_commands(picture, "draw", "flow")) == 1
    assert [" .. controls " in line for line in tikz_commands(picture, "draw", "projection")] == [True]
    assert re.findall(r"\\resdslstyle\{projection\}\{(.*)\}", picture)[0].endswith("densely dotted")
    assert [line.count(r"\node[") for line in picture.splitlines()].count(1) == 5
    assert picture.count(r"\begin{tikzpicture}") == picture.count(r"\end{tikzpicture}") == 1
    assert r"\documentclass" not in picture


def test_styles_of_tikz_give_way_to_those_of_the_author() -> None:
    picture = write(sample(), "tex").content
    assert isinstance(picture, str)
    assert r"\pgfkeysifdefined{/tikz/resdsl/#1/.@cmd}{}{\tikzset{resdsl/#1/.style={#2}}}" in picture
    used = set(re.findall(r"resdsl/([\w-]+(?: label)?)[,\]=]", picture.partition(r"\useasboundingbox")[2]))
    assert used <= set(re.findall(r"\\resdslstyle\{([^}]+)\}", picture))


def test_a_document_of_tikz_is_as_large_as_its_figure() -> None:
    document = write(sample(), "tex", standalone=True).content
    assert isinstance(document, str)
    assert "papersize={180bp,100bp}" in document
    assert document.endswith("\\end{document}\n")


def test_dot_has_everything_where_it_was() -> None:
    graph = graph_of(write(sample(), "dot").content)
    nodes = {each["name"]: each for each in graph["objects"]}
    assert graph["bb"] == "0,0,180,100"
    assert (nodes["first"]["pos"], nodes["first"]["width"], nodes["first"]["label"]) == (
        "85,62",
        "1.25",
        "3x3 conv, 64",
    )
    assert nodes["first"]["fillcolor"] == PAPER.style("stage1").fill
    ends = {each["name"]: each["_gvid"] for each in graph["objects"]}
    between = [each for each in graph["edges"] if each["tail"] == ends["first"]]
    assert [is_dashed(each) for each in between] == [False, True]
    assert [each["pos"].split()[0] for each in between] == ["85,54", "130,62"]
    heads = [each for each in graph["edges"] if each.get("dir") == "forward"]
    assert [each["pos"].split()[0] for each in heads] == ["e,85,40", "e,130,32"]
    assert len({each["head"] for each in between}) == 1


@NAMES
@pytest.mark.parametrize("form", ["svg", "html"])
def test_hostile_names_are_safe_in_xml(name: str, form: Format) -> None:
    content = write(sample(name), form).content
    assert isinstance(content, str)
    tree = ET.fromstring(content.encode())
    assert {each.tag.rpartition("}")[2] for each in tree.iter()} <= {
        *("svg", "title", "desc", "g", "rect", "path", "circle", "text", "tspan"),
        *("html", "head", "meta", "style", "body", "figure", "figcaption"),
    }
    said = [each.text or "" for each in tree.iter(f"{SVG}title")]
    assert said[0] == isolated(clean(name))


@NAMES
def test_no_label_leaves_its_box(name: str) -> None:
    tree = svg_tree(write(sample(name), "svg").content)
    for rect, labels in labelled_boxes(tree):
        left, top, width, height = (float(rect.attrib[each]) for each in ("x", "y", "width", "height"))
        for label in labels:
            assert left <= label.left < label.right <= left + width
            assert top <= label.top < label.bottom <= top + height
    assert all(label.left >= 0 and label.right <= 180 for label in texts_of(tree))


@NAMES
def test_hostile_names_are_safe_in_tikz(name: str) -> None:
    picture = write(sample(name), "tex", standalone=True).content
    assert isinstance(picture, str)
    assert picture.isascii()
    bare = re.sub(r"\\[\\{}$&%#_]", "", picture)
    assert bare.count("{") == bare.count("}")
    assert bare.count("$") % 2 == 0
    assert all(line.startswith("%") or "%" not in line[:-1] for line in bare.splitlines())
    nodes = [line for line in picture.splitlines() if line.startswith(r"\node[")]
    known = {"textbackslash", "textasciicircum", "textasciitilde", "textless", "textgreater", "textbar", "bfseries"}
    known |= {"textquotedblright", "textquoteleft", "ldots", "Omega", "node"}
    for line in nodes:
        assert set(re.findall(r"(?<!\\)\\([A-Za-z]{2,})", line)) <= known


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a_b & 50%", r"a\_b \& 50\%"),
        ("x -- y", "x -{}-{} y"),
        ("64 \u00d7 64 → 32²", r"64 $\times$ 64 $\to$ 32$^2$"),
        ("é ž ø", r"\'{e} \v{z} \o{}"),
        ("ą", "a"),  # an ogonek is no accent to OT1, the encoding that LaTeX starts with
        ("\u03b1 Ж שלום", r"$\alpha$ ? ????"),
        ("\ufb01", "fi"),
    ],
)
def test_signs_of_tikz(text: str, written: str) -> None:
    assert escaped(text) == written


@NAMES
def test_hostile_names_are_drawn_by_graphviz_as_they_are(name: str) -> None:
    graph = graph_of(write(sample(name), "dot").content)
    shown = boxed(Box(40, 30, 90, 16, "stage1", (name,))).label[0]
    first = next(each for each in graph["objects"] if each["name"] == "first")
    # Labels keep their escapes; Graphviz' own record of what it draws has them undone.
    drawn = [each["text"] for each in first.get("_ldraw_", []) if each["op"] == "T"]
    assert drawn == ([isolated(shown)] if shown else [])
    assert len([each for each in graph["edges"] if each["tail"] == first["_gvid"]]) == 2


@given(st.text(max_size=40))
def test_any_name_is_xml(name: str) -> None:
    tree = svg_tree(write(sample(name), "svg").content)
    shown = boxed(Box(40, 30, 90, 16, "stage1", (name,))).label[0]
    assert [each.text for each in texts_of(tree)][:1] == ([shown] if shown else ["3x3"])


@given(st.floats(-1e4, 1e4))
def test_numbers_are_short_and_never_minus_zero(value: float) -> None:
    said = number(value)
    assert re.fullmatch(r"-?\d+(\.\d?[1-9])?", said)
    assert said != "-0"
    assert float(said) == pytest.approx(value, abs=0.00501)


def test_dots_of_a_name_that_is_no_plain_word_are_told_apart() -> None:
    """`a:b` would be a port of `a` to Graphviz."""
    boxes = tuple(Box(10, 10 + 20 * at, 30, 10, "white", name=name) for at, name in enumerate(("a", "a:b", "box1")))
    edge = Line(((25, 20), (25, 30)), "flow", source="a", target="a:b")
    graph = graph_of(write(Scene(50, 80, "t", "d", (*boxes, edge)), "dot").content)
    assert len([each for each in graph["objects"] if each.get("shape") == "box"]) == 4
    assert len(graph["edges"]) == 1


@pytest.mark.parametrize("form", ["svg", "html", "tex"])
def test_a_chart_is_written_without_what_it_does_not_need(form: Format) -> None:
    """Reports are to start fast; and figures in text are to need nothing."""
    script = f"""
import sys
import resdsl.draw.charts.costs, resdsl.draw.charts.scatter
from resdsl.draw.scene import Scene
from resdsl.draw.write import write
write(Scene(10, 10, "t", "d", ()), "{form}")
print(*sorted({{"graphviz", "subprocess", "numpy", "torch", "onnx", "resdsl.draw.theme_file"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_a_width_scales_texts_and_all_and_warns_of_small_ones() -> None:
    drawn = write(sample(), "svg", wish=Wish(width=90))
    assert svg_tree(drawn.content).get("height") == "50pt"
    small, large = (texts_of(svg_tree(each.content)) for each in (drawn, write(sample(), "svg")))
    assert [text.size for text in small] == pytest.approx([text.size / 2 for text in large], abs=0.01)
    assert len(drawn.warnings) == 1
    assert re.match(r"the smallest text is \d\.\d pt, under 6 pt; \d\.\d+in of width would do", drawn.warnings[0])
    assert write(sample(), "svg", wish=Wish(width=360)).warnings == ()


def test_scaling_there_and_back_changes_nothing() -> None:
    assert write(scaled(scaled(sample(), 2), 0.5), "svg") == write(sample(), "svg")


@pytest.mark.parametrize(
    ("said", "points"), [("3.25in", 234), ("72pt", 72), ("2.54cm", 72), ("25.4 mm", 72), ("96px", 72)]
)
def test_lengths(said: str, points: float) -> None:
    assert points_of(said) == pytest.approx(points)


@pytest.mark.parametrize("said", ["", "wide", "72", "3.25", "1in2", "-3in", "nan", "1e3pt", "9999999in", "3 ft", "٣in"])
def test_what_is_no_length_is_refused(said: str) -> None:
    with pytest.raises(NotDrawn) as refused:
        points_of(said)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("form", get_args(Format))
def test_formats_are_told_by_the_name_of_the_file(form: Format) -> None:
    assert format_of(f"folder.d/figure.{form.upper()}") == form


@pytest.mark.parametrize("path", ["figure", "figure.jpg", "svg", ""])
def test_other_formats_are_refused(path: str) -> None:
    with pytest.raises(NotDrawn, match=r"figures are written to \.svg, \.html, \.tex, \.dot, \.pdf, \.png, not to"):
        format_of(path)
