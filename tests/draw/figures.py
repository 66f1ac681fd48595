"""Reads figures back: what stands in SVG, TikZ and DOT that was written, without our own scene."""

from __future__ import annotations

import json
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from resdsl.draw.metrics import CAPITALS, width_of
from resdsl.draw.scene import Box, Circle, Group, Line, Scene, arc, boxed, text

SVG = "{http://www.w3.org/2000/svg}"

HOSTILE = (
    "\"quoted\" & 'single' <b>bold</b> &lt;",
    "back\\slash \\n \\l {brace} $x^2_1$ %c #~^ -- ``",
    "<b>html</b>",
    "]]> --> ?> */",
    "שלום, 128",
    "abc \u202eevil\u202c \u2066x",
    "nul \x00 bell \x07 esc \x1b[31m line\nbreak",
    "日本語の名前",
    "é ž ø \U0001d518 \ufb01 Ω ½ \U0001f600",
    "\\end{tikzpicture} \\input{other} ends with a \\",
    "</svg><script>alert(1)</script>",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301\u0323 \ufeff\u00ad\uff37\uff37",
    "x" * 10_000,
    "",
    " ",
)
"""Names as nobody should give them."""


@dataclass(frozen=True)
class NumberedRow:
    """A label with the rectangle that it covers, by the metrics of Helvetica."""

    text: str
    size: float
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: NumberedRow) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def sample(label: str = "3x3 conv, 64") -> Scene:
    """A block: two boxes, what flows from one to the other, a dotted curve beside them, a plus and a title."""
    first = boxed(Box(40, 30, 90, 16, "stage1", (label,), name="first", about=label))
    second = boxed(Box(40, 60, 90, 16, "removed", (label, "3x3"), bold=True, radius=3, name=label))
    flow = Line(((85, 46), (85, 60)), "flow", arrow=True, source="first", target=label)
    skip = arc((130, 38), (130, 68), 18, "projection", source="first", target=label)
    plus = Circle(85, 90, 6, "join", "+", about=label)
    title = text(5, 12, label, anchor="start", bold=True, width=170)
    return Scene(
        180, 100, label, f"A block: {label}.", (Group(label, (flow, skip, first, second), "stage"), plus, title)
    )


def svg_tree(content: str | bytes) -> ET.Element:
    assert isinstance(content, str)
    return ET.fromstring(content.encode())


def texts_of(tree: ET.Element) -> list[NumberedRow]:
    """All labels of an SVG that are not empty."""
    return [placed(each) for each in tree.iter(f"{SVG}text") if "".join(each.itertext())]


def words_of(svg: str) -> list[str]:
    """What the labels of an SVG say."""
    return [text.text for text in texts_of(svg_tree(svg))]


def placed(element: ET.Element) -> NumberedRow:
    content = "".join(element.itertext())
    size = float(element.attrib["font-size"])
    width = width_of(content, size, bold=element.get("font-weight") == "bold")
    anchor = element.get("text-anchor", "start")
    left = float(element.attrib["x"]) - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
    base = float(element.attrib["y"])
    return NumberedRow(content, size, left, base - size * CAPITALS, left + width, base)


def labelled_boxes(tree: ET.Element) -> Iterator[tuple[ET.Element, list[NumberedRow]]]:
    """Rectangles of boxes that have labels, each with them."""
    for group in tree.iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        labels = [placed(each) for each in group.findall(f"{SVG}text") if "".join(each.itertext())]
        if rect is not None and rect.get("class", "").startswith("box ") and labels:
            yield rect, labels


def rects(tree: ET.Element, style: str) -> list[ET.Element]:
    """Rectangles of boxes of a style, in order."""
    return [each for each in tree.iter(f"{SVG}rect") if each.get("class") == f"box {style}"]


def lines(tree: ET.Element, style: str) -> list[ET.Element]:
    """Lines of a style, in order."""
    return [each for each in tree.iter(f"{SVG}path") if each.get("class") == f"line {style}"]


def graph_of(dot: str | bytes) -> dict[str, Any]:
    """What Graphviz reads from DOT and draws with `neato -n2`, as its JSON."""
    assert isinstance(dot, str)
    command = ["neato", "-n2", "-Tjson"]
    done = subprocess.run(command, input=dot.encode(), capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def is_dashed(edge: dict[str, Any]) -> bool:
    """Whether an edge of such JSON is drawn in pieces."""
    return ";" in edge["pos"]


def tikz_commands(tikz: str | bytes, command: str, style: str) -> list[str]:
    r"""Lines with `\draw[resdsl/style...` and the like."""
    assert isinstance(tikz, str)
    return [line for line in tikz.splitlines() if re.match(rf"\\{command}\[resdsl/{style}[,\]]", line)]
