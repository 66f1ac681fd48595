"""Writes a scene in one of the formats."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from pathlib import PurePath
from typing import Literal, get_args

from resdsl.draw.errors import NotDrawn
from resdsl.draw.scene import Box, Circle, Scene, Text, scaled
from resdsl.draw.sizes import Wish, refuse_too_large
from resdsl.draw.themes import PAPER, Theme

Format = Literal["svg", "html", "tex", "dot", "pdf", "png"]
_AS_ARRANGED = Wish()
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A scene written in a format.

    Attributes:
        content: text, or bytes for PDF and PNG.
        warnings: shortcomings of the result, one line each.
    """

    content: str | bytes
    warnings: tuple[str, ...] = ()


def format_of(path: str) -> Format:
    """The format that the suffix of a file name stands for.

    Raises:
        NotDrawn: no format has this suffix.
    """
    suffix = PurePath(path).suffix.removeprefix(".").lower()
    for known in FORMATS:
        if known == suffix:
            return known
    raise NotDrawn(f"no format of figures has the suffix of {path!r}; use .{', .'.join(FORMATS)}")


def write(
    scene: Scene,
    form: Format,
    *,
    theme: Theme = PAPER,
    wish: Wish = _AS_ARRANGED,
    standalone: bool = False,
    dpi: int = 200,
) -> Drawn:
    """Write a scene in a format. The same scene gives the same bytes; for PDF and PNG, given the same Graphviz.

    Args:
        scene: the figure.
        form: the format.
        theme: its appearance.
        wish: the requested size, with which texts scale; it has no effect if the theme fixes the size of texts.
        standalone: whether TikZ output is a complete document rather than a picture to be included in one.
        dpi: dots per inch of a PNG.

    Raises:
        NotDrawn: PDF or PNG is requested, but Graphviz is not installed or fails; or the figure is too large for the
            format.
    """
    scale = theme.size / scene.size if theme.size else wish.scale(scene.width, scene.height)
    if scale != 1.0:
        scene = scaled(scene, scale)
    refuse_too_large(form, scene.width, scene.height, dpi)
    warnings = tuple(wish.warnings(scene.width, scene.height, _smallest(scene)))
    if form in {"pdf", "png"}:
        from resdsl.draw.formats.raster import rendered

        content, more = rendered(scene, theme, form, dpi)
        return Drawn(content, warnings + more)
    return Drawn(_text_of(scene, form, theme, standalone=standalone), warnings)


def _text_of(scene: Scene, form: Format, theme: Theme, *, standalone: bool) -> str:
    """The scene in one of the text formats, whose modules are imported on demand."""
    match form:
        case "svg":
            from resdsl.draw.formats.svg import svg

            return svg(scene, theme)
        case "html":
            from resdsl.draw.formats.html import html

            return html(scene, theme)
        case "tex":
            from resdsl.draw.formats.tikz import tikz

            return tikz(scene, theme, standalone=standalone)
        case _:
            from resdsl.draw.formats.dot import dot

            return dot(scene, theme)


def _smallest(scene: Scene) -> float:
    """The size of the smallest text; infinite if there is none."""
    sizes = [
        item.size
        for item in scene.flat()
        if (isinstance(item, Text) and item.text) or (isinstance(item, Box | Circle) and any(item.label))
    ]
    return min(sizes, default=inf)
