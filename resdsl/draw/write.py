"""The one verb of drawing: a scene in a format."""

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
_AS_LAID_OUT = Wish()
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A scene in a format.

    Attributes:
        content: text, or bytes for PDF and PNG.
        warnings: one line each, of what is not as it should be.
    """

    content: str | bytes
    warnings: tuple[str, ...] = ()


def format_of(path: str) -> Format:
    """The format that the name of a file ends with.

    Raises:
        NotDrawn: it ends with none that figures have.
    """
    suffix = PurePath(path).suffix.removeprefix(".").lower()
    for known in FORMATS:
        if known == suffix:
            return known
    raise NotDrawn(f"figures are written to .{', .'.join(FORMATS)}, not to {path!r}")


def write(
    scene: Scene,
    form: Format,
    *,
    theme: Theme = PAPER,
    wish: Wish = _AS_LAID_OUT,
    standalone: bool = False,
    dpi: int = 200,
) -> Drawn:
    """Write a scene in a format. The same scene gives the same bytes; of PDF and PNG, with the same Graphviz.

    Args:
        scene: the figure.
        form: its format.
        theme: how it looks.
        wish: how large it becomes; its texts follow. Of no effect where the theme says how large they are.
        standalone: whether TikZ is a document rather than a picture to stand in one.
        dpi: dots per inch of a PNG.

    Raises:
        NotDrawn: PDF or PNG are asked for, and Graphviz is not installed or fails; or the format has no such sizes.
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
    """The scene in one of the formats that are text; each is imported when it is asked for."""
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
    """The size of the smallest text; without any, so large that nobody minds."""
    sizes = [
        item.size
        for item in scene.flat()
        if (isinstance(item, Text) and item.text) or (isinstance(item, Box | Circle) and any(item.label))
    ]
    return min(sizes, default=inf)
