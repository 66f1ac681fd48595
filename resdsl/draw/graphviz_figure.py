"""A figure laid out by Graphviz: DOT without positions, and what `dot` makes of it."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from resdsl.draw.errors import NotDrawn
from resdsl.draw.formats.program import drawn_by
from resdsl.draw.formats.svg import escaped
from resdsl.draw.sizes import Wish, refuse_too_large
from resdsl.draw.texts import clean, isolated
from resdsl.draw.write import Drawn

if TYPE_CHECKING:
    from resdsl.draw.write import Format

_SMALLEST = 8.0
_NO_LIMIT = 100_000

# A PDF says when it was made; the same figure is to be the same bytes.
_MADE_AT = re.compile(rb"(/CreationDate \(D:)\d{14}")


@dataclass(frozen=True, repr=False)
class GraphvizFigure:
    """A figure as a graph, which displays itself in a notebook.

    Attributes:
        source: the graph in the DOT language.
        title: one line that says what the figure shows; `description` says it in sentences.
        wish: the requested size.
    """

    source: str
    title: str
    description: str
    wish: Wish = field(default_factory=Wish)

    def write(self, form: Format, *, standalone: bool = False, dpi: int = 200) -> Drawn:
        """The figure in a format; all formats except DOT need Graphviz.

        Raises:
            NotDrawn: TikZ is requested, which Graphviz does not write; Graphviz is not installed or fails; or the
                figure is too large for the format.
        """
        if form == "dot":
            return Drawn(self.source)
        if form == "tex":
            raise NotDrawn(
                "the view ops is laid out by Graphviz, which does not write TikZ; use pdf, svg or dot instead"
            )
        program = shutil.which("dot")
        if program is None:
            raise NotDrawn(
                f"the view ops needs Graphviz for {form.upper()}, but dot is not on the PATH; install it (apt-get "
                "install graphviz, brew install graphviz), or write DOT, which does not need it"
            )
        options, warnings = self._options(program, form, dpi)
        if form in {"svg", "html"}:
            drawn = self._described(drawn_by([program, "-Tsvg", *options], self.source)[0].decode())
            return Drawn(_page(drawn, self.title) if form == "html" else drawn, warnings)
        content = drawn_by([program, f"-T{form}", *options], self.source)[0]
        return Drawn(_MADE_AT.sub(rb"\g<1>19700101000000", content, count=1), warnings)

    def to_svg(self) -> str:
        """The figure as a document of SVG."""
        content = self.write("svg").content
        return content if isinstance(content, str) else content.decode()

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def __repr__(self) -> str:
        return f"<figure: {' '.join(clean(self.title).split())}>"

    def _options(self, program: str, form: Format, dpi: int) -> tuple[list[str], tuple[str, ...]]:
        """Options for the requested size and dots per inch, and warnings about the resulting size.

        Raises:
            NotDrawn: the figure is too large for the format.
        """
        if self.wish == Wish() and form not in {"pdf", "png"}:
            return [], ()
        plain, _ = drawn_by([program, "-Tplain"], self.source)
        wide, high = (float(each) * 72 for each in plain.split(maxsplit=4)[2:4])
        scale = self.wish.scale(wide, high)
        refuse_too_large(form, wide * scale, high * scale, dpi)
        options = [] if self.wish == Wish() else [f"-Gsize={_inches(self.wish.width)},{_inches(self.wish.height)}!"]
        options += [f"-Gdpi={dpi}"] if form == "png" else []
        return options, tuple(self.wish.warnings(wide * scale, high * scale, _SMALLEST * scale))

    def _described(self, svg: str) -> str:
        """The SVG with a title and a description for screen readers."""
        wording = f"<title>{_visible(self.title)}</title>\n<desc>{_visible(self.description)}</desc>\n"
        start = svg.index(">", svg.index("<svg")) + 1
        return f'{svg[: start - 1]} role="group">\n{wording}{svg[start:].lstrip()}'


def _inches(length: float | None) -> str:
    return f"{_NO_LIMIT}" if length is None else f"{length / 72:.4f}"


def _visible(text: str) -> str:
    return escaped(isolated(clean(text)))


def _page(svg: str, title: str) -> str:
    head = f'<meta charset="utf-8"/>\n<title>{_visible(title)}</title>'
    page = f'<html xmlns="http://www.w3.org/1999/xhtml" lang="en">\n<head>\n{head}\n</head>\n<body>\n'
    return f"<!DOCTYPE html>\n{page}{svg[svg.index('<svg') :]}</body>\n</html>\n"
