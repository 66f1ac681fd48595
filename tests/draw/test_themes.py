"""Themes: everything has a look in each, can be read, and can be told apart without colour."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from resdsl.draw.errors import NotDrawn
from resdsl.draw.figure import figure_of
from resdsl.draw.options import DrawOptions
from resdsl.draw.theme_file import read_theme, theme_of
from resdsl.draw.themes import HEAT, PAPER, STAGES, THEMES, Style, Theme, heat_style, stage_style
from resdsl.draw.views import VIEWS
from resdsl.draw.views.ops import ops
from resdsl.draw.write import write
from resdsl.source import Source
from tests.draw.drawn import shipped
from tests.draw.figures import SVG, graph_of, svg_tree, texts_of

EACH = pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)


def test_all_themes_have_the_same_styles() -> None:
    first, *others = [set(theme.styles) for theme in THEMES.values()]
    assert all(other == first for other in others)
    assert {stage_style(index) for index in range(9)} == {f"stage{step}" for step in range(1, STAGES + 1)} <= first
    assert {heat_style(share / 50) for share in range(51)} == {f"heat{step}" for step in range(1, HEAT + 1)} <= first


@EACH
def test_texts_can_be_read(theme: Theme) -> None:
    """Contrast of 4.5 to 1 at least (Web Content Accessibility Guidelines 2.2, 1.4.3)."""
    for name, style in theme.styles.items():
        ground = theme.background if style.fill == "none" else style.fill
        # Nothing is written in these.
        if name not in {"strip", "point-front", "fork", "background"} and not name.startswith("mark"):
            assert contrast(style.text, ground) >= 4.5, name


@EACH
@pytest.mark.parametrize(
    "names",
    [
        ("identity", "projection", "padding"),
        ("added", "removed", "changed", "same"),
        ("bar", "bar-shortcut"),
        ("strip", "strip-shortcut"),
        ("point", "point-front"),
    ],
)
def test_kinds_differ_without_colour(theme: Theme, names: tuple[str, ...]) -> None:
    for one, other in combinations(names, 2):
        assert differ_in_black_and_white(theme.style(one), theme.style(other)), (one, other)


@EACH
def test_neighbouring_stages_differ_in_lightness(theme: Theme) -> None:
    stages = [luminance(theme.style(stage_style(index)).fill) for index in range(STAGES)]
    assert all(abs(one - other) > 0.008 for one, other in pairwise(stages))


@EACH
def test_heat_goes_one_way(theme: Theme) -> None:
    steps = [luminance(theme.style(f"heat{step}").fill) for step in range(1, HEAT + 1)]
    assert steps in (sorted(steps), sorted(steps, reverse=True))
    assert len(set(steps)) == HEAT


@pytest.mark.parametrize("name", ["mono", "dark", "paper"])
def test_shipped_themes_have_names(name: str) -> None:
    assert theme_of(name).name == name


TOML = """
base = "mono"
background = "#fffff8"
font = ["Source Sans 3", "Arial"]
[styles.identity]
stroke = "#0072b2"
width = 1.5
dash = "dashed"
"""


@pytest.mark.parametrize("suffix", [".toml", ".json"])
def test_a_file_is_laid_over_its_base(tmp_path: Path, suffix: str) -> None:
    said = {"stroke": "#0072b2", "width": 1.5, "dash": "dashed"}
    record = {"base": "mono", "background": "#fffff8", "font": ["Source Sans 3", "Arial"], "styles": {"identity": said}}
    path = tmp_path / f"mine{suffix}"
    path.write_text(TOML if suffix == ".toml" else json.dumps(record))
    theme = theme_of(str(path))
    assert (theme.name, theme.background, theme.font) == ("mine", "#fffff8", ("Source Sans 3", "Arial"))
    assert theme.style("identity") == Style(stroke="#0072b2", width=1.5, dash="dashed")
    assert theme.style("stage2") == THEMES["mono"].style("stage2")
    assert theme.style("background").fill == "#fffff8"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.toml", "base = ", "t.toml: invalid value"),
        ("t.json", "{", "t.json: the file: invalid JSON"),
        ("t.toml", 'base = "papr"', "t.toml: base: unknown style `papr`; did you mean `paper`?"),
        (
            "t.toml",
            "[styles.identty]",
            "styles.identty: unknown name of a style; did you mean `identity`",
        ),
        (
            "t.toml",
            '[styles.identity]\nstroke = "red"',
            "t.toml: styles.identity.stroke: a colour must have six hexadecimal digits, as in #0072b2, or none",
        ),
        ("t.toml", "[styles.identity]\nwidth = 99", "t.toml: styles.identity.width: input should be less than"),
        (
            "t.toml",
            "[styles.identity]\ncolour = 1",
            "t.toml: styles.identity.colour: unknown key; available: `dash`, `fill`",
        ),
        (
            "t.toml",
            "font = ['a\"><script>']",
            "t.toml: font.0: a font family may contain only letters, digits, spaces and hyphens",
        ),
        ("t.toml", "[styles.background]\nfill = '#000000'", "t.toml: styles.background: set `background = "),
        ("t.toml", '[styles.identity]\nstrok = "#000000"', "unknown key; did you mean `stroke`?"),
        ("t.toml", 'bakground = "#000000"', "t.toml: bakground: unknown key; did you mean `background`?"),
        (
            "t.toml",
            "[styles.note]\ntext = 'none'",
            "styles.note.text: a colour must have six hexadecimal digits, as in #0072b2",
        ),
        ("t.toml", "[styles.flow]\ndash = 'wavy'", "styles.flow.dash: input should be 'solid', 'dashed' or 'dotted'"),
        ("t.toml", "size = 2", "t.toml: size: input should be greater than or equal to 4"),
        ("t.toml", "size = '9pt'", "t.toml: size: input should be a valid number"),
        ("t.toml", "base = " + "[" * 5000, "t.toml: nested too deeply"),
        ("t.json", "[" * 100_000, "t.json: the file: invalid JSON"),
    ],
)
def test_a_faulty_file_is_refused_in_one_line(name: str, text: str, message: str) -> None:
    with pytest.raises(NotDrawn) as refused:
        read_theme(Source(name, text))
    assert str(refused.value).startswith(message) or message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [("drak", "unknown style `drak`; did you mean `dark`?"), ("gone.toml", "gone.toml: there is no such file")],
)
def test_what_is_no_theme_is_refused(name: str, message: str) -> None:
    with pytest.raises(NotDrawn, match=message.replace("?", r"\?")):
        theme_of(name)


@pytest.mark.parametrize(("view", "usual"), [("columns", 7.5), ("stages", 7.5), ("table", 8), ("block", 8)])
def test_boxes_grow_with_the_size_of_the_type(tmp_path: Path, view: str, usual: float) -> None:
    """Widths of texts and of their boxes are those of the usual figure, as many times larger."""
    (tmp_path / "t.toml").write_text("size = 12")
    network, look = shipped("resnet18"), DrawOptions(color_by="stage")
    plain, large = (
        svg_tree(figure_of([network], view, look, style=style).write("svg").content)
        for style in ("paper", str(tmp_path / "t.toml"))
    )
    assert usual in {text.size for text in texts_of(plain)}
    sizes = [text.size * 12 / usual for text in texts_of(plain)]
    assert [text.size for text in texts_of(large)] == pytest.approx(sizes, abs=0.01)
    assert 12 in {text.size for text in texts_of(large)}
    widths = [float(each.attrib["width"]) * 12 / usual for each in plain.iter(f"{SVG}rect")]
    assert [float(each.attrib["width"]) for each in large.iter(f"{SVG}rect")] == pytest.approx(widths, abs=0.02)
    strokes = [{each.get("stroke-width") for each in tree.iter()} for tree in (plain, large)]
    assert strokes[0] == strokes[1]


def test_every_format_has_the_size_of_the_type() -> None:
    theme, view = replace(PAPER, size=15.0), DrawOptions()
    scene = VIEWS["stages"]([shipped("resnet18")], view)
    nodes = graph_of(write(scene, "dot", theme=theme).content)["objects"]
    assert {each.get("fontsize") for each in nodes if each.get("label") == "avg pool"} == {"15"}
    assert r"resdsl/size=15, resdsl/head label" in str(write(scene, "tex", theme=theme).content)
    page = re.search(r"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", str(write(scene, "pdf", theme=theme).content))
    assert page is not None
    assert [float(page[1]), float(page[2])] == pytest.approx([2 * scene.width, 2 * scene.height], abs=1)
    graph = ops([shipped("resnet18_small")], view, theme=theme).source
    usual = ops([shipped("resnet18_small")], view).source
    assert "fontsize=15" in graph
    assert "fontsize=9" not in graph
    assert ops([shipped("resnet18_small")], view, theme=replace(PAPER, size=9.0)).source == usual


def test_a_width_beside_the_size_of_the_type_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text("size = 12")
    with pytest.raises(NotDrawn, match=r"the style t sets labels in 12 pt, which --width or --height would change"):
        figure_of([shipped("resnet18")], "stages", DrawOptions(), style=str(tmp_path / "t.toml"), width="3in")


def test_charts_use_styles_that_there_are(root: Path) -> None:
    """Words that are styles by their looks, in the calls of charts."""
    used = set()
    for path in sorted((root / "resdsl/draw").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.keyword(arg="style", value=ast.Constant(value=str(name))):
                    used.add(name)
    assert used
    assert used <= set(THEMES["paper"].styles)


def luminance(colour: str) -> float:
    """Relative luminance of sRGB (Web Content Accessibility Guidelines 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def differ_in_black_and_white(one: Style, other: Style) -> bool:
    if (one.dash, one.hatch) != (other.dash, other.hatch):
        return True
    fills = {style.fill for style in (one, other)}
    return abs(one.width - other.width) >= 0.5 or (
        "none" not in fills and abs(luminance(one.fill) - luminance(other.fill)) > 0.1
    )
