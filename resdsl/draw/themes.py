"""The built-in themes: a style for every name that scenes use.

In every theme, kinds differ in line, hatch and label, so that figures remain readable in black and white. The hues are
those of Okabe and Ito (2008), "Color universal design", which people with any kind of colour vision can tell apart;
as fills they are mixed with the background, each a step lighter or darker than the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

Dash = Literal["solid", "dashed", "dotted"]
Hatch = Literal["none", "rising", "falling", "crossed"]

STAGES = 6
"""Number of styles for stages, `stage1` to `stage6`, which are used in turn."""

CURVES = 6
"""Number of styles for curves, `curve1` to `curve6`, which are used in turn."""

MARKS = 6
"""Number of styles for marks, `mark1` to `mark6`, from dark to light."""

HEAT = 7
"""Number of styles for low to high figures, `heat1` to `heat7`."""


@dataclass(frozen=True, slots=True)
class Style:
    """The appearance of an item. Colours are `#rrggbb` or `none`.

    Attributes:
        fill: the fill colour.
        stroke: the line colour.
        width: the line width in points.
        text: the colour of its label, or of the text itself.
    """

    fill: str = "none"
    stroke: str = "none"
    width: float = 0.7
    dash: Dash = "solid"
    hatch: Hatch = "none"
    text: str = "#000000"


@dataclass(frozen=True, slots=True)
class Theme:
    """A style for each name that scenes use.

    Attributes:
        name: its name.
        background: a colour, or `none` for a transparent figure.
        font: font families in order of preference, all with the metrics of Helvetica.
        size: the size of labels in boxes in points, with which everything else scales; None keeps the size of the
            layout.
    """

    name: str
    background: str
    styles: Mapping[str, Style] = field(repr=False)
    font: tuple[str, ...] = ("Helvetica", "Arial", "Liberation Sans", "sans-serif")
    size: float | None = None

    def style(self, name: str) -> Style:
        """The style of this name.

        Raises:
            KeyError: the name is unknown, which is a bug in the code that made the scene.
        """
        return self.styles[name]


def stage_style(index: int) -> str:
    """The name of the style of a stage, given its number, counted from 0."""
    return f"stage{index % STAGES + 1}"


def curve_style(index: int) -> str:
    """The name of the style of a curve, given its number, counted from 0; `-dashed` and `-band` go with it."""
    return f"curve{index % CURVES + 1}"


def mark_style(index: int, count: int) -> str:
    """The name of the style of marks with the value of an index among `count`, at most `MARKS`; `-front` goes with it.

    Few values are far apart in lightness.
    """
    return f"mark{1 + round(index * (MARKS - 1) / max(1, count - 1))}"


def heat_style(share: float) -> str:
    """The name of the style for a figure, given as a fraction of the maximum."""
    return f"heat{min(HEAT, int(share * HEAT) + 1) if share > 0 else 1}"


def _theme(
    name: str,
    background: str,
    ink: str,
    soft: str,
    faint: str,
    fills: Mapping[str, str],
    text: str,
    curves: Sequence[tuple[str, str]],
    marks: Sequence[str],
) -> Theme:
    """A theme made from line colours and fills; lines and hatches are the same in all themes.

    The colours of curves are those of the line and of the band around it.
    """
    lines: dict[str, Style] = {
        "background": Style(fill=background),
        "text": Style(text=ink),
        "title": Style(text=ink),
        "note": Style(text=soft),
        "flow": Style(stroke=ink, width=0.7),
        "identity": Style(stroke=ink, width=0.9),
        "projection": Style(stroke=ink, width=1.1, dash="dotted"),
        "padding": Style(stroke=ink, width=0.9, dash="dashed"),
        "padded": Style(stroke=ink, width=1.1, dash="dotted"),
        "projected": Style(stroke=ink, width=0.9),
        "concat": Style(stroke=ink, width=0.9, dash="dashed"),
        "gate": Style(stroke=soft, width=0.8, dash="dashed"),
        "rule": Style(stroke=soft, width=0.5),
        "bracket": Style(stroke=ink, width=0.7),
        "frame": Style(stroke=soft, width=0.5, dash="dashed", text=ink),
        "white": Style(fill=background, stroke=ink, width=0.7, text=ink),
        "frameless": Style(text=ink),
        "axis": Style(stroke=soft, width=0.6, text=soft),
        "grid": Style(stroke=faint, width=0.4),
        "fork": Style(fill=ink),
        "leader": Style(stroke=soft, width=0.35),
        "ring": Style(stroke=ink, width=0.9),
        "front": Style(stroke=ink, width=0.9, dash="dashed"),
    }
    lines = {style: look if look.text == soft else replace(look, text=ink) for style, look in lines.items()}
    boxes = {style: Style(fill=fill, stroke=ink, width=0.6, text=text) for style, fill in fills.items()}
    marked = {
        "bar-shortcut": Style(fill=fills["bar-shortcut"], stroke=ink, width=0.6, hatch="rising", text=text),
        "strip": Style(fill=fills["strip"], text=text),
        "strip-shortcut": Style(fill=background, stroke=ink, width=0.4, text=ink),
        "gate-box": Style(fill=fills["gate-box"], stroke=ink, width=0.6, dash="dashed", text=text),
        "added": Style(fill=fills["added"], stroke=ink, width=1.6, text=text),
        "removed": Style(fill=fills["removed"], stroke=ink, width=0.9, dash="dashed", hatch="falling", text=text),
        "changed": Style(fill=fills["changed"], stroke=ink, width=1.1, dash="dotted", text=text),
    }
    along: dict[str, Style] = {}
    for number, (stroke, band) in enumerate(curves, start=1):
        along[f"curve{number}"] = Style(stroke=stroke, width=1.4, text=ink)
        along[f"curve{number}-dashed"] = Style(stroke=stroke, width=0.8, dash="dashed", text=ink)
        along[f"curve{number}-band"] = Style(fill=band, text=ink)
    points = {"mark-front": Style(fill=background, stroke=ink, width=1.3, text=ink)}
    for number, fill in enumerate(marks, start=1):
        points[f"mark{number}"] = Style(fill=fill, stroke=ink, width=0.5, text=ink)
        points[f"mark{number}-front"] = Style(fill=fill, stroke=ink, width=1.3, text=ink)
    return Theme(name, background, {**lines, **boxes, **marked, **along, **points})


_PAPER = {
    "stem": "#ffffff",
    "stage1": "#f6eec0",
    "stage2": "#bfe3f5",
    "stage3": "#f5cf9a",
    "stage4": "#a5d8c5",
    "stage5": "#e3b3cd",
    "stage6": "#9dc3de",
    "head": "#e4e4e4",
    "conv": "#bfe3f5",
    "norm": "#f6eec0",
    "act": "#f5cf9a",
    "pool": "#a5d8c5",
    "linear": "#9dc3de",
    "join": "#ffffff",
    "other": "#e4e4e4",
    "input": "#ffffff",
    "gate-box": "#e3b3cd",
    "bar": "#8cbfe0",
    "bar-shortcut": "#f5cf9a",
    "strip": "#559dc9",
    "point": "#ffffff",
    "point-front": "#0072b2",
    "same": "#ffffff",
    "added": "#a5d8c5",
    "removed": "#ffffff",
    "changed": "#f5cf9a",
    **{
        f"heat{step}": fill
        for step, fill in enumerate(
            ("#ffffff", "#eef5fa", "#d9e9f4", "#bddaec", "#9cc8e2", "#78b3d6", "#559dc9"), start=1
        )
    },
}
_MONO = {
    **dict.fromkeys(_PAPER, "#ffffff"),
    **{
        f"stage{step}": fill
        for step, fill in enumerate(("#ffffff", "#dcdcdc", "#f0f0f0", "#c4c4c4", "#e6e6e6", "#b2b2b2"), 1)
    },
    **{
        f"heat{step}": fill
        for step, fill in enumerate(("#ffffff", "#efefef", "#dedede", "#cdcdcd", "#bcbcbc", "#ababab", "#999999"), 1)
    },
    "head": "#dcdcdc",
    "conv": "#e6e6e6",
    "other": "#dcdcdc",
    "norm": "#f0f0f0",
    "act": "#dcdcdc",
    "pool": "#c4c4c4",
    "linear": "#b2b2b2",
    "bar": "#c4c4c4",
    "strip": "#888888",
    "point-front": "#000000",
    "added": "#dcdcdc",
    "changed": "#f0f0f0",
}
_DARK = {
    "stem": "#1b1f24",
    "stage1": "#6a6420",
    "stage2": "#123f58",
    "stage3": "#7a5210",
    "stage4": "#0a4a3a",
    "stage5": "#7a4462",
    "stage6": "#0d3d63",
    "head": "#3c4148",
    "conv": "#1d4f6a",
    "norm": "#5a5418",
    "act": "#6b4708",
    "pool": "#0d5a47",
    "linear": "#0d3d63",
    "join": "#1b1f24",
    "other": "#3c4148",
    "input": "#1b1f24",
    "gate-box": "#6b3a55",
    "bar": "#2a6f97",
    "bar-shortcut": "#7a5210",
    "strip": "#2f7fb0",
    "point": "#1b1f24",
    "point-front": "#56b4e9",
    "same": "#1b1f24",
    "added": "#0d5a47",
    "removed": "#1b1f24",
    "changed": "#6b4708",
    **{
        f"heat{step}": fill
        for step, fill in enumerate(
            ("#1b1f24", "#1c2d3a", "#1d3b50", "#1d4966", "#1d587d", "#1c6694", "#1a72a8"), start=1
        )
    },
}

_PAPER_CURVES = (
    ("#0072b2", "#d6e8f3"),
    ("#d55e00", "#f8e3d3"),
    ("#009e73", "#d3eee6"),
    ("#cc79a7", "#f5e6ee"),
    ("#e69f00", "#fbeed1"),
    ("#56b4e9", "#e2f2fc"),
)
_MONO_CURVES = (
    ("#000000", "#dcdcdc"),
    ("#8c8c8c", "#f0f0f0"),
    ("#4d4d4d", "#e6e6e6"),
    ("#b2b2b2", "#f5f5f5"),
    ("#262626", "#e0e0e0"),
    ("#737373", "#ebebeb"),
)
_DARK_CURVES = (
    ("#56b4e9", "#25404f"),
    ("#f08a3c", "#4a3527"),
    ("#2fc79a", "#1f453f"),
    ("#e39ac4", "#473843"),
    ("#f0c84b", "#4a4129"),
    ("#a6d8f7", "#374750"),
)
# Six steps of viridis (Smith and van der Walt, 2015), which any kind of colour vision can tell apart, also in grey.
_MARKS = ("#453781", "#32648e", "#238a8d", "#29af7f", "#74d055", "#fde725")
_MONO_MARKS = ("#000000", "#474747", "#757575", "#a3a3a3", "#d1d1d1", "#ffffff")

PAPER = _theme("paper", "#ffffff", "#000000", "#4d4d4d", "#cccccc", _PAPER, "#000000", _PAPER_CURVES, _MARKS)
MONO = _theme("mono", "#ffffff", "#000000", "#404040", "#cccccc", _MONO, "#000000", _MONO_CURVES, _MONO_MARKS)
DARK = _theme("dark", "#1b1f24", "#f0f0f0", "#b4bac2", "#454b53", _DARK, "#ffffff", _DARK_CURVES, _MARKS)

THEMES: Mapping[str, Theme] = {theme.name: theme for theme in (PAPER, MONO, DARK)}
