"""The one verb of drawing: a scene in a format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal, get_args

from resdsl.draw.errors import NotDrawn
from resdsl.draw.scene import Box, Circle, Scene, Text, scaled
from resdsl.draw.themes import PAPER, Theme

Format = Literal["svg", "html", "tex", "dot", "pdf", "png"]
FORMATS: tuple[Format, ...] = get_args(Format)

SMALLEST_READABLE = 6.0
"""Points; smaller text is warned of."""


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
    width: float | None = None,
    standalone: bool = False,
    dpi: int = 200,
) -> Drawn:
    """Write a scene in a format. The same scene gives the same bytes; of PDF and PNG, with the same Graphviz.

    Args:
        scene: the figure.
        form: its format.
        theme: how it looks.
        width: how wide it becomes, in points; its height and its texts follow. As laid out, if that is None.
        standalone: whether TikZ is a document rather than a picture to stand in one.
        dpi: dots per inch of a PNG.

    Raises:
        NotDrawn: PDF or PNG are asked for, and Graphviz is not installed or fails.
    """
    if width is not None:
        scene = scaled(scene, width / scene.width)
    warnings = _too_small(scene)
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


def _too_small(scene: Scene) -> tuple[str, ...]:
    sizes = [
        item.size
        for item in scene.flat()
        if (isinstance(item, Text) and item.text) or (isinstance(item, Box | Circle) and any(item.label))
    ]
    smallest = min(sizes, default=SMALLEST_READABLE)
    if smallest > SMALLEST_READABLE - 0.01:
        return ()
    enough = scene.width * SMALLEST_READABLE / smallest
    return (f"the smallest text is {smallest:.1f} pt, under 6 pt; {enough / 72:.2f}in of width would do",)
