"""A scene as PDF or PNG, drawn from its DOT by an installed Graphviz."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from math import ceil

from resdsl.draw.errors import NotDrawn
from resdsl.draw.formats.dot import dot
from resdsl.draw.formats.program import drawn_by
from resdsl.draw.scene import Scene
from resdsl.draw.themes import Theme

_RESOLVED = re.compile(r'resolved to:.*?"([^",]+)', re.DOTALL)

# A PDF says when it was made; the same figure is to be the same bytes.
_MADE_AT = re.compile(rb"(/CreationDate \(D:)\d{14}")

# Families whose letters are as wide as those of Helvetica.
_AS_WIDE = ("helvetica", "arial", "liberation sans", "nimbus sans", "arimo", "tex gyre heros", "freesans")

# DejaVu Sans, the usual fallback if no such family is installed, is wider by about this factor.
_NARROWED = 0.84


def rendered(scene: Scene, theme: Theme, form: str, dpi: int) -> tuple[bytes, tuple[str, ...]]:
    """The scene as PDF or PNG, with warnings.

    If the system lacks a font with the metrics of Helvetica, texts are made smaller to stay within their boxes.

    Raises:
        NotDrawn: Graphviz is not installed, fails, or takes more than five minutes.
    """
    program = shutil.which("neato")
    if program is None:
        raise NotDrawn(
            f"{form.upper()} needs Graphviz, but neato is not on the PATH; install it (apt-get install graphviz, "
            "brew install graphviz), or write SVG, HTML, TikZ or DOT, which do not need it"
        )
    if form == "png":
        # Whole dots: of a row that is covered in part the background would be seen in part.
        dots = dpi / 72
        scene = replace(scene, width=ceil(scene.width * dots) / dots, height=ceil(scene.height * dots) / dots)
    content, fonts = _drawn(program, dot(scene, theme), form, dpi)
    other = [font for font in fonts if not font.lower().startswith(_AS_WIDE)]
    if not other:
        return content, ()
    content, _ = _drawn(program, dot(scene, theme, texts=_NARROWED), form, dpi)
    return content, (
        f"Helvetica, Arial and Liberation Sans are missing; texts are set smaller in {', '.join(sorted(set(other)))}",
    )


def _drawn(program: str, source: str, form: str, dpi: int) -> tuple[bytes, list[str]]:
    """The output of Graphviz for DOT, and the font families that it used."""
    command = [program, "-n2", "-v", f"-T{form}", *([f"-Gdpi={dpi}"] if form == "png" else [])]
    made, wording = drawn_by(command, source)
    return _MADE_AT.sub(rb"\g<1>19700101000000", made, count=1), _RESOLVED.findall(wording)
