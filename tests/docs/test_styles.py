"""docs/styles.md says all that a file of styles can say."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from resdsl.draw.theme_file import read_theme
from resdsl.draw.themes import PAPER, THEMES, Style
from resdsl.source import Source
from tests.docs.markdown import ROOT

PAGE = (ROOT / "docs" / "styles.md").read_text(encoding="utf-8")


def rows_under(heading: str) -> Iterator[list[str]]:
    """The cells of the table in a section, code as what it says."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    for line in [line for line in section.splitlines() if line.startswith("|")][2:]:
        yield [cell.strip().strip("`") for cell in line.strip("|").split(" | ")]


def test_every_style_is_there_with_its_defaults() -> None:
    found = {
        name: Style(fill, stroke, float(width), dash, hatch, text)  # type: ignore[arg-type]  # compared, and nothing else
        for name, _, fill, stroke, width, dash, hatch, text in rows_under("Names of styles")
    }
    assert found == dict(PAPER.styles)


@pytest.mark.parametrize("name", THEMES)
def test_lines_are_the_same_in_all_themes(name: str) -> None:
    lines = {style: (look.width, look.dash, look.hatch) for style, look in THEMES[name].styles.items()}
    assert lines == {style: (look.width, look.dash, look.hatch) for style, look in PAPER.styles.items()}


VALUES = {
    "base": '"dark"',
    "background": '"#fffff8"',
    "font": '["Arial"]',
    "size": "9",
    "styles": "{}",
    "fill": '"none"',
    "stroke": '"#0072b2"',
    "width": "1.5",
    "dash": '"dotted"',
    "hatch": '"crossed"',
    "text": '"#0072b2"',
}


def test_every_key_is_there_and_taken() -> None:
    keys = [row[0] for row in rows_under("Keys of the file")]
    assert keys == ["base", "background", "font", "size", "styles"]
    inner = [row[0] for row in rows_under("Keys of a style")]
    assert inner == ["fill", "stroke", "width", "dash", "hatch", "text"]
    text = "\n".join(f"{key} = {VALUES[key]}" for key in keys if key != "styles")
    theme = read_theme(Source("t.toml", f"{text}\n[styles.added]\n" + "\n".join(f"{k} = {VALUES[k]}" for k in inner)))
    assert (theme.background, theme.font, theme.size) == ("#fffff8", ("Arial",), 9.0)
    assert theme.style("added") == Style("none", "#0072b2", 1.5, "dotted", "crossed", "#0072b2")


def test_the_example_is_what_it_says() -> None:
    example = re.search(r"```toml file=journal.toml\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    theme = read_theme(Source("journal.toml", example[1]))
    assert (theme.name, theme.size, theme.style("identity").stroke) == ("journal", 9.0, "#0072b2")
    assert theme.style("removed").hatch == "none"


def test_json_has_the_same_keys() -> None:
    example = re.search(r"`(\{\"base\".*?\}\})`", PAGE)
    assert example is not None
    assert read_theme(Source("t.json", example[1])).style("identity").stroke == "#0072b2"
