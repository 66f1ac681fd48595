"""A drawn figure, ready to be shown or written: what `Net.render` gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from resdsl.draw.errors import NotDrawn
from resdsl.draw.options import ANNOTATIONS, COLORS, DrawOptions
from resdsl.draw.scene import Scene
from resdsl.draw.sizes import Wish
from resdsl.draw.themes import PAPER, Theme
from resdsl.draw.views import NAMES, OPS, VIEWS
from resdsl.ir.network import Network

if TYPE_CHECKING:
    from resdsl.draw.graphviz_figure import GraphvizFigure
    from resdsl.draw.write import Drawn, Format

Length = str | float | None
"""A length as people give it: with its unit, or in points; None where it is not given."""


@dataclass(frozen=True, repr=False)
class Figure:
    """A figure of networks; a notebook shows it.

    Attributes:
        scene: what is to be seen, and where.
        theme: how it looks.
        wish: how large it is written.
    """

    scene: Scene
    theme: Theme = PAPER
    wish: Wish = field(default_factory=Wish)

    @property
    def description(self) -> str:
        """What is to be seen, in sentences: fit for a caption, and for those who cannot see it."""
        return self.scene.description

    def write(self, form: Format, *, standalone: bool = False, dpi: int = 200) -> Drawn:
        """The figure in a format; arguments as those of `resdsl.draw.write.write`.

        Raises:
            NotDrawn: PDF or PNG are asked for, and Graphviz is not installed or fails.
        """
        from resdsl.draw.write import write

        return write(self.scene, form, theme=self.theme, wish=self.wish, standalone=standalone, dpi=dpi)

    def to_svg(self) -> str:
        """The figure as a document of SVG."""
        content = self.write("svg").content
        return content if isinstance(content, str) else content.decode()

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def __repr__(self) -> str:
        from resdsl.draw.texts import clean

        return f"<figure: {' '.join(clean(self.scene.title).split())}>"


def figure_of(
    networks: Sequence[Network],
    view: str,
    look: DrawOptions,
    *,
    style: str = "paper",
    width: Length = None,
    height: Length = None,
) -> Figure | GraphvizFigure:
    """Networks in a view.

    Args:
        networks: from left to right.
        view: one of `resdsl.draw.views.NAMES`.
        look: what is asked for.
        style: `paper`, `mono`, `dark`, or the path of a file of styles.
        width: such as `3.25in`, or in points.
        height: likewise; with both the figure is as large as fits into them.

    Raises:
        NotDrawn: there is no such view, colour, annotation or style, or the networks cannot be drawn so.
    """
    if not networks:
        raise NotDrawn("there is no network to draw")
    _known(view, NAMES, "view")
    _known(look.colors, COLORS, "colour")
    for name in look.annotate:
        _known(name, ANNOTATIONS, "annotation")
    theme = _theme(style)
    wish = _wish(theme, width, height)
    if view == OPS:
        from resdsl.draw.views.ops import ops

        return ops(networks, look, theme=theme, wish=wish)
    return Figure(VIEWS[view](networks, look), theme, wish)


def figure_of_scene(scene: Scene, *, style: str = "paper", width: Length = None, height: Length = None) -> Figure:
    """A figure of anything else that is a scene; arguments as those of `figure_of`.

    Raises:
        NotDrawn: there is no such style, or that is no length.
    """
    theme = _theme(style)
    return Figure(scene, theme, _wish(theme, width, height))


def mermaid_of(networks: Sequence[Network], look: DrawOptions, *, style: str = "paper") -> str:
    """Networks as a flowchart in the language of Mermaid, which has no views.

    Raises:
        NotDrawn: there is no such style, or the networks cannot be drawn so.
    """
    from resdsl.draw.views.mermaid import mermaid

    return mermaid(networks, look, theme=_theme(style))


def _theme(style: str) -> Theme:
    if style == PAPER.name:
        return PAPER
    from resdsl.draw.theme_file import theme_of

    return theme_of(style)


def _wish(theme: Theme, width: Length, height: Length) -> Wish:
    """How large a figure is to become.

    Raises:
        NotDrawn: the theme says it by its type size, too; or that is no length.
    """
    wish = Wish(_points(width), _points(height))
    if theme.size is not None and wish != Wish():
        raise NotDrawn(
            f"the style {theme.name} sets labels in {theme.size:g} pt, and a width or a height would change that; "
            "leave one of them out"
        )
    return wish


def _points(length: Length) -> float | None:
    if length is None:
        return None
    from resdsl.draw.lengths import points_of

    return points_of(length if isinstance(length, str) else f"{length:.6g}pt")


def _known(name: str, names: Iterable[str], what: str) -> None:
    known = list(names)
    if name not in known:
        from resdsl.diagnostics.suggest import did_you_mean

        hint = did_you_mean(name, known) or f"there are {', '.join(known)}"
        raise NotDrawn(f"there is no {what} {name!r}; {hint}")
