"""A drawn figure, ready to be displayed or written, as returned by `Net.render`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from resdsl.draw.errors import NotDrawn
from resdsl.draw.options import ANNOTATIONS, COLORS, DIRECTIONS, DrawOptions
from resdsl.draw.scene import Scene
from resdsl.draw.sizes import Wish
from resdsl.draw.themes import PAPER, Theme
from resdsl.draw.views import FOLDING, NAMES, OPS, TURNING, VIEWS, WRAPPING
from resdsl.ir.network import Network

if TYPE_CHECKING:
    from resdsl.draw.graphviz_figure import GraphvizFigure
    from resdsl.draw.write import Drawn, Format

Length = str | float | None
"""A length as users give it: with a unit, or in points; None if it is not given."""


@dataclass(frozen=True, repr=False)
class Figure:
    """A figure of networks, which displays itself in a notebook.

    Attributes:
        scene: the contents and their positions.
        theme: the colours, lines and fonts.
        wish: the requested size.
    """

    scene: Scene
    theme: Theme = PAPER
    wish: Wish = field(default_factory=Wish)

    @property
    def description(self) -> str:
        """The contents in sentences, for a caption or a screen reader."""
        return self.scene.description

    def write(self, form: Format, *, standalone: bool = False, dpi: int = 200) -> Drawn:
        """The figure in a format; the arguments are those of `resdsl.draw.write.write`.

        Raises:
            NotDrawn: PDF or PNG is requested, but Graphviz is not installed or fails.
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
    """Draw networks in a view.

    Args:
        networks: from left to right.
        view: one of `resdsl.draw.views.NAMES`.
        look: what the figure shows.
        style: `paper`, `mono`, `dark`, or the path of a style file.
        width: a length such as `3.25in`, or a number of points.
        height: likewise; with both, the figure is as large as fits into them.

    Raises:
        NotDrawn: a view, colour, annotation or style is unknown, or the view cannot show these networks.
    """
    if not networks:
        raise NotDrawn("there are no networks to draw")
    _known(view, NAMES, "view")
    _known(look.colors, COLORS, "colour")
    for name in look.annotate:
        _known(name, ANNOTATIONS, "annotation")
    _known(look.direction, DIRECTIONS, "direction")
    if look.direction != "down" and view not in TURNING:
        raise NotDrawn(f"only the view {' and '.join(TURNING)} can be laid across, not {view}")
    if look.wrap != 1 and view not in WRAPPING:
        raise NotDrawn(f"only the views {' and '.join(WRAPPING)} can be wrapped, not {view}")
    if look.wrap < 1:
        raise NotDrawn("a figure is wrapped into at least one piece")
    theme = _theme(style)
    lower, narrower = _ways(view, look)
    wish = replace(_wish(theme, width, height), lower=lower, narrower=narrower)
    if view == OPS:
        from resdsl.draw.views.ops import ops

        return ops(networks, look, theme=theme, wish=wish)
    return Figure(VIEWS[view](networks, look), theme, wish)


def figure_of_scene(scene: Scene, *, style: str = "paper", width: Length = None, height: Length = None) -> Figure:
    """A figure of any other scene; the arguments are those of `figure_of`.

    Raises:
        NotDrawn: the style is unknown or a length is not valid.
    """
    theme = _theme(style)
    return Figure(scene, theme, _wish(theme, width, height))


def mermaid_of(networks: Sequence[Network], look: DrawOptions, *, style: str = "paper") -> str:
    """Draw networks as a Mermaid flowchart, for which there are no views.

    Raises:
        NotDrawn: the style is unknown, or a flowchart cannot show these networks.
    """
    from resdsl.draw.views.mermaid import mermaid

    return mermaid(networks, look, theme=_theme(style))


def _theme(style: str) -> Theme:
    if style == PAPER.name:
        return PAPER
    from resdsl.draw.theme_file import theme_of

    return theme_of(style)


def _wish(theme: Theme, width: Length, height: Length) -> Wish:
    """The requested size of a figure.

    Raises:
        NotDrawn: the theme already fixes the size of labels, or a length is not valid.
    """
    wish = Wish(_points(width), _points(height))
    if theme.size is not None and wish != Wish():
        raise NotDrawn(
            f"the style {theme.name} sets labels in {theme.size:g} pt, which --width or --height would change; "
            "use only one of them"
        )
    return wish


def _ways(view: str, look: DrawOptions) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What makes a figure in a view less high, and what makes it less wide."""
    ways = ["fold the repeats"] if view in FOLDING and not look.fold else []
    ways += ["draw it by stage"] if view in FOLDING else []
    ways += ["wrap it (--wrap)"] if view in WRAPPING else []
    if view in TURNING and look.direction == "down":
        return (*ways, "lay it across (--direction right)"), ()
    return (tuple(ways), ()) if view == OPS else ((), tuple(ways))


def _points(length: Length) -> float | None:
    if length is None:
        return None
    from resdsl.draw.lengths import points_of

    return points_of(length if isinstance(length, str) else f"{length:.6g}pt")


def _known(name: str, names: Iterable[str], what: str) -> None:
    known = list(names)
    if name not in known:
        from resdsl.diagnostics.suggest import did_you_mean

        hint = did_you_mean(name, known) or f"available: {', '.join(known)}"
        raise NotDrawn(f"unknown {what} {name!r}; {hint}")
