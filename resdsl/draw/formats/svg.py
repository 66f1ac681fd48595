"""A scene as SVG 1.1 with the accessibility attributes of SVG 2.

Text remains text. Each text states its width (`textLength`), so that a viewer without any of the fonts fits its own
font to the layout. The root is a group rather than an image, since screen readers skip the contents of images. Ids are
derived from the content, so that several figures can be on the same page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zlib import crc32

from resdsl.draw.formats.dashes import pattern
from resdsl.draw.formats.geometry import corners_of, hatches, head, number, plate, shortened
from resdsl.draw.metrics import CAPITALS, LINE
from resdsl.draw.scene import Area, Box, ChartMark, Circle, Group, Item, Line, Point, Scene, Text
from resdsl.draw.texts import clean, isolated, runs
from resdsl.draw.themes import Style, Theme

_ANCHORS = {"start": "", "middle": ' text-anchor="middle"', "end": ' text-anchor="end"'}
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def svg(scene: Scene, theme: Theme) -> str:
    """The scene as an SVG document that ends with a line feed."""
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + element(scene, theme)


def element(scene: Scene, theme: Theme) -> str:
    """The scene as an `svg` element for embedding in a page."""
    title, description = isolated(clean(scene.title)), isolated(clean(scene.description))
    body = "\n".join(_items(scene.items, theme, 1))
    mark = f"{crc32(f'{title}|{description}|{body}'.encode()):08x}"
    width, height = number(scene.width), number(scene.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" viewBox="0 0 {width} {height}"'
        f' role="group" aria-labelledby="title-{mark}" aria-describedby="description-{mark}"'
        f' font-family="{escaped(", ".join(_family(name) for name in theme.font))}">',
        f'  <title id="title-{mark}">{escaped(title)}</title>',
        f'  <desc id="description-{mark}">{escaped(description)}</desc>',
    ]
    if theme.background != "none":
        lines.append(f'  <rect class="background" width="{width}" height="{height}" fill="{theme.background}"/>')
    return "\n".join([*lines, body, "</svg>"]) + "\n"


def escaped(text: str) -> str:
    """The text escaped for XML elements and attributes."""
    return text.translate(_ESCAPES)


def _family(name: str) -> str:
    return name if name.replace("-", "").isalpha() else f"'{name}'"


def _items(items: Sequence[Item], theme: Theme, level: int) -> Iterator[str]:
    indent = "  " * level
    for item in items:
        if isinstance(item, Group):
            label = escaped(isolated(clean(item.label)))
            yield f'{indent}<g class="{escaped(item.kind)}" role="group" aria-label="{label}">'
            yield from _items(item.items, theme, level + 1)
            yield f"{indent}</g>"
        elif isinstance(item, Text):
            yield indent + _text(item, item.style, theme.style(item.style).text)
        elif isinstance(item, Area):
            name = f'class="area {escaped(item.style)}"'
            yield f'{indent}<path {name} d="{_path(item.points)}Z"{_fill(theme.style(item.style))}/>'
        elif item.about or (isinstance(item, Box | Circle) and item.label) or _has_more(item, theme):
            yield f"{indent}<g>"
            if item.about:
                yield f"{indent}  <title>{escaped(isolated(clean(item.about)))}</title>"
            for part in _parts(item, theme):
                yield f"{indent}  {part}"
            yield f"{indent}</g>"
        else:
            for part in _parts(item, theme):
                yield indent + part


def _has_more(item: Box | Circle | ChartMark | Line, theme: Theme) -> bool:
    return item.arrow if isinstance(item, Line) else theme.style(item.style).hatch != "none"


def _kind(item: Box | Circle | ChartMark | Line) -> str:
    return type(item).__name__.lower()


def _parts(item: Box | Circle | ChartMark | Line, theme: Theme) -> Iterator[str]:
    style = theme.style(item.style)
    name = f'class="{_kind(item)} {escaped(item.style)}"'
    match item:
        case Box():
            corners = f' rx="{number(item.radius)}"' if item.radius else ""
            yield f"<rect {name} {_place(item)}{corners}{_fill(style)}{_stroke(style)}/>"
            if points := hatches(item, style):
                thin = f' fill="none" stroke="{style.stroke}" stroke-width="0.4"'
                yield f'<path class="hatch" d="{_path(points)}"{thin}/>'
            if under := plate(item, style):
                yield f'<rect class="plate" {_place(under)}{_fill(style)}/>'
            x, y = item.middle
            top = y - (len(item.label) - 1) * item.size * LINE / 2
            for index, line in enumerate(item.label):
                each = Text(x, top + index * item.size * LINE, line, item.size, bold=item.bold)
                yield _text(each, "label", style.text)
        case Circle():
            place = f'cx="{number(item.x)}" cy="{number(item.y)}" r="{number(item.radius)}"'
            yield f"<circle {name} {place}{_fill(style)}{_stroke(style)}/>"
            if item.label:
                yield _text(Text(item.x, item.y, item.label, item.size), "label", style.text)
        case ChartMark():
            shape = f'd="{_path(corners_of(item))}Z"' if item.shape != "circle" else ""
            place = f'cx="{number(item.x)}" cy="{number(item.y)}" r="{number(item.radius)}"'
            yield f"<{'path' if shape else 'circle'} {name} {shape or place}{_fill(style)}{_stroke(style)}/>"
        case Line():
            points = shortened(item)
            yield f'<path {name} d="{_path(points, curved=item.curved)}" fill="none"{_stroke(style)}/>'
            if item.arrow:
                yield f'<path class="head" d="{_path(head(item))}Z" fill="{style.stroke}"/>'


def _place(box: Box) -> str:
    size = f'width="{number(box.width)}" height="{number(box.height)}"'
    return f'x="{number(box.x)}" y="{number(box.y)}" {size}'


def _path(points: Sequence[Point], *, curved: bool = False) -> str:
    first, *others = [f"{number(x)} {number(y)}" for x, y in points]
    return f"M{first}{'C' if curved else 'L'}{' '.join(others)}"


def _fill(style: Style) -> str:
    return f' fill="{style.fill}"'


def _stroke(style: Style) -> str:
    if style.stroke == "none":
        return ""
    dashes = " ".join(map(number, pattern(style)))
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f' stroke="{style.stroke}" stroke-width="{number(style.width)}"{dashed}'


def _text(item: Text, kind: str, colour: str) -> str:
    if not item.text:
        return f'<text class="{escaped(kind)}"/>'
    place = f'x="{number(item.x)}" y="{number(item.y + item.size * CAPITALS / 2)}"{_ANCHORS[item.anchor]}'
    bold = ' font-weight="bold"' if item.bold else ""
    parts = [
        f'<tspan direction="rtl" unicode-bidi="isolate">{escaped(part)}</tspan>' if turned else escaped(part)
        for part, turned in runs(item.text)
    ]
    content = "".join(parts)
    # Viewers disagree about the length of a text in several parts.
    known = len(parts) == 1 and item.width > 0
    length = f' textLength="{number(item.width)}" lengthAdjust="spacingAndGlyphs"' if known else ""
    look = f'font-size="{number(item.size)}"{bold} fill="{colour}"{length}'
    return f'<text class="{escaped(kind)}" {place} {look}>{content}</text>'
