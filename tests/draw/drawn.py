"""Reads figures of networks back from the SVG that was written: boxes, what runs beside them, and what meets what."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import resdsl
from resdsl.catalogue import networks_of
from resdsl.draw.figure import figure_of
from resdsl.draw.options import DrawOptions
from resdsl.draw.write import Format
from resdsl.ir.network import Network
from resdsl.resources import shipped_specs
from tests.draw.figures import SVG, placed, svg_tree, texts_of

SKIPS = ("identity", "projected", "projection", "padded", "concat")
"""Styles of what runs beside boxes."""

SHIPPED = tuple(sorted({name for path in shipped_specs() for name in networks_of(path)}))
"""Every network of every shipped spec."""

DEEP = ("preresnet1001", "resnet1202")
"""Those that have more than a thousand boxes, unless equal repeats are folded."""


@dataclass(frozen=True)
class Rect:
    """A box with its label and what it says when pointed at."""

    left: float
    top: float
    right: float
    bottom: float
    style: str
    label: tuple[str, ...]
    about: str

    @property
    def size(self) -> str:
        """The spatial sizes of what it yields."""
        shape = re.search(r"(?:yields |input: )(\d+(?:x\d+)*)", self.about)
        assert shape is not None, self.about
        _, *sizes = shape[1].split("x")
        return "x".join(sizes) if set(sizes) - {"1"} else "1"


@dataclass(frozen=True)
class Beside:
    """What runs beside boxes, as points along it."""

    style: str
    dashed: bool
    points: tuple[tuple[float, float], ...]
    about: str

    @property
    def top(self) -> float:
        return min(y for _, y in self.points)

    @property
    def bottom(self) -> float:
        return max(y for _, y in self.points)


@cache
def shipped(name: str) -> Network:
    """A shipped network."""
    return resdsl.load(name).ir


def drawn(*networks: Network, view: str = "columns", form: Format = "svg", **look: Any) -> str:
    """The figure as it is written."""
    content = figure_of(networks, view, DrawOptions(**look)).write(form).content
    assert isinstance(content, str)
    return content


def columns_of(tree: ET.Element) -> list[ET.Element]:
    """The groups of the networks, from left to right."""
    return [each for each in tree.iter(f"{SVG}g") if each.get("class") == "network"]


def boxes_of(element: ET.Element) -> list[Rect]:
    """The boxes within an element, in the order of painting."""
    return list(_boxes(element))


def _boxes(element: ET.Element) -> Iterator[Rect]:
    for group in element.iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        if rect is None or not rect.get("class", "").startswith("box "):
            continue
        x, y, width, height = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
        label = tuple(["".join(each.itertext()) for each in group.findall(f"{SVG}text")])
        about = group.findtext(f"{SVG}title") or ""
        yield Rect(x, y, x + width, y + height, rect.attrib["class"].removeprefix("box "), label, about)


def cells_of(element: ET.Element) -> list[ET.Element]:
    """The cells of tables that have boxes, in order."""
    return [each for each in element.iter(f"{SVG}g") if each.get("class") == "cell"]


def beside(element: ET.Element, *styles: str) -> list[Beside]:
    """The lines of these styles within an element; by default what runs beside boxes."""
    wanted = {f"line {style}" for style in styles or SKIPS}
    found = []
    for group in element.iter(f"{SVG}g"):
        for path in group.findall(f"{SVG}path"):
            if path.get("class") in wanted:
                style = path.attrib["class"].removeprefix("line ")
                points = tuple(_points(path.attrib["d"]))
                about = group.findtext(f"{SVG}title") or ""
                found.append(Beside(style, "stroke-dasharray" in path.attrib, points, about))
    return found


def _points(path: str) -> Iterator[tuple[float, float]]:
    """Points along a path of straight lines or of cubic curves."""
    numbers = [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", path)]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    if "C" not in path:
        for (x, y), (to_x, to_y) in pairwise(points):
            yield from ((x + (to_x - x) * step / 20, y + (to_y - y) * step / 20) for step in range(21))
        return
    for start in range(0, len(points) - 1, 3):
        yield from (_on_curve(points[start : start + 4], step / 12) for step in range(13))


def _on_curve(points: Sequence[tuple[float, float]], t: float) -> tuple[float, float]:
    shares = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    x, y = (sum(share * point[axis] for share, point in zip(shares, points, strict=True)) for axis in (0, 1))
    return x, y


def faults(svg: str) -> list[str]:
    """What overlaps, leaves its box or the figure, or crosses a box."""
    tree = svg_tree(svg)
    width, height = float(tree.attrib["viewBox"].split()[2]), float(tree.attrib["viewBox"].split()[3])
    rects = sorted(boxes_of(tree), key=lambda rect: rect.top)
    return [*_overlaps(rects), *_texts(tree, rects, width, height), *_crossings(tree, rects, width, height)]


def _overlaps(rects: Sequence[Rect]) -> Iterator[str]:
    for index, one in enumerate(rects):
        for other in rects[index + 1 :]:
            if other.top >= one.bottom - 0.02:
                break
            if one.left < other.right - 0.02 and other.left < one.right - 0.02:
                yield f"box {one.label} meets {other.label}"


def _texts(tree: ET.Element, rects: Sequence[Rect], width: float, height: float) -> Iterator[str]:
    for group in tree.iter(f"{SVG}g"):
        cell = group.get("class") == "cell"
        drawn_box = next(group.iter(f"{SVG}rect"), None) if cell else group.find(f"{SVG}rect")
        if drawn_box is not None:
            left, top, wide, high = (float(drawn_box.attrib[name]) for name in ("x", "y", "width", "height"))
            for label in map(placed, group.findall(f"{SVG}text")):
                inside = left <= label.left and label.right <= left + wide and top <= label.top
                if not (inside and label.bottom <= top + high):
                    yield f"{label.text} leaves its box"
    own = {label for rect in rects for label in rect.label}
    own |= {text.text for cell in cells_of(tree) for text in texts_of(cell)}
    texts = sorted(texts_of(tree), key=lambda text: text.top)
    for index, text in enumerate(texts):
        if text.left < -0.01 or text.right > width + 0.01 or text.top < 0 or text.bottom > height:
            yield f"{text.text} leaves the figure"
        for other in texts[index + 1 :]:
            if other.top >= text.bottom:
                break
            if text.meets(other):
                yield f"{text.text} meets {other.text}"
        for rect in rects:
            if rect.top > text.bottom:
                break
            meets = rect.left < text.right and text.left < rect.right and text.top < rect.bottom
            if meets and text.text not in own:
                yield f"{text.text} meets box {rect.label}"


def _crossings(tree: ET.Element, rects: Sequence[Rect], width: float, height: float) -> Iterator[str]:
    for line in beside(tree, *SKIPS, "flow", "added", "removed", "changed"):
        for x, y in line.points:
            if not (-0.01 <= x <= width + 0.01 and -0.01 <= y <= height + 0.01):
                yield f"a line leaves the figure at {x}, {y}"
            for rect in rects:
                if rect.top > y:
                    break
                if rect.left + 0.1 < x < rect.right - 0.1 and rect.top + 0.1 < y < rect.bottom - 0.1:
                    yield f"a line crosses {rect.label} at {x}, {y}"
