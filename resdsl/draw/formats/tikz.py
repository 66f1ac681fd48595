r"""A scene as TikZ: a picture to include in a paper, or a complete document.

Every style is a key, `resdsl/identity` for a line or box and `resdsl/stage1 label` for its text, that authors may set
before the picture; keys that are not set get their values here, only within the picture. The picture needs only
`\usepackage{tikz}`, with any engine. Texts are plain ASCII: accents and signs are written as commands, and signs that
pdfLaTeX lacks become question marks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from resdsl.draw.formats.geometry import corners_of, hatches, number, plate
from resdsl.draw.metrics import CAPITALS, LINE
from resdsl.draw.scene import Area, Box, ChartMark, Circle, Drawing, Group, Item, Line, Point, Scene, Text
from resdsl.draw.texts import clean
from resdsl.draw.themes import Style, Theme
from resdsl.tex import COMMANDS

_DASHES = {"solid": "", "dashed": "dashed", "dotted": "densely dotted"}
_ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}
_SIGNS = {
    **COMMANDS,
    '"': r"\textquotedblright{}",
    "`": r"\textquoteleft{}",
    "-": "-{}",
    "'": "'{}",
    "×": r"$\times$",
    "÷": r"$\div$",
    "±": r"$\pm$",
    "·": r"$\cdot$",
    "−": "$-$",
    "°": r"$^\circ$",
    "→": r"$\to$",
    "←": r"$\leftarrow$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "∞": r"$\infty$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "≠": r"$\ne$",
    "≈": r"$\approx$",
    "⊕": r"$\oplus$",
    "⊗": r"$\otimes$",
    "¹": "$^1$",
    "²": "$^2$",
    "³": "$^3$",
    "µ": r"$\mu$",
    "•": r"\textbullet{}",
    "…": r"\ldots{}",
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "\u00a0": "~",
    "ß": r"\ss{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
    "§": r"\S{}",
    "¶": r"\P{}",
    "©": r"\copyright{}",
}
_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξπρςστυφχψωΓΔΘΛΞΠΣΦΨΩ",
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "pi",
            "rho",
            "varsigma",
            "sigma",
            "tau",
            "upsilon",
            "phi",
            "chi",
            "psi",
            "omega",
            "Gamma",
            "Delta",
            "Theta",
            "Lambda",
            "Xi",
            "Pi",
            "Sigma",
            "Phi",
            "Psi",
            "Omega",
        ],
        strict=True,
    )
)
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
}


def tikz(scene: Scene, theme: Theme, *, standalone: bool = False) -> str:
    """The scene as a `tikzpicture`, ending with a line feed.

    Args:
        scene: the figure.
        theme: its appearance, unless the author overrides it.
        standalone: whether to wrap it in a complete document set in Helvetica.
    """
    picture = "\n".join(_picture(scene, theme)) + "\n"
    if not standalone:
        return picture
    head = (
        r"\documentclass{article}",
        rf"\usepackage[papersize={{{number(scene.width)}bp,{number(scene.height)}bp}}, margin=0pt]{{geometry}}",
        r"\usepackage{tikz}",
        r"\usepackage[T1]{fontenc}",
        r"\usepackage{helvet}",
        r"\pagestyle{empty}",
        r"\setlength{\topskip}{0pt}",
        r"\begin{document}",
        r"\noindent",
    )
    return "\n".join(head) + "\n" + picture + "\\end{document}\n"


def escaped(text: str) -> str:
    """The text in LaTeX syntax, in ASCII."""
    return "".join(map(_sign, text))


def _picture(scene: Scene, theme: Theme) -> Iterator[str]:
    yield f"% {escaped(clean(scene.title))}"
    yield r"% needs \usepackage{tikz}; to change a style, set it before: \tikzset{resdsl/identity/.style={draw=red}}"
    yield r"\begin{tikzpicture}[x=1bp, y=-1bp]"
    yield r"\providecommand{\resdslstyle}[2]{%"
    yield r"  \pgfkeysifdefined{/tikz/resdsl/#1/.@cmd}{}{\tikzset{resdsl/#1/.style={#2}}}}"
    styles = {name: theme.style(name) for name in ("background", *[item.style for item in scene.flat()])}
    for colour in dict.fromkeys(each for style in styles.values() for each in _colours(style)):
        yield rf"\definecolor{{resdsl{colour}}}{{HTML}}{{{colour}}}"
    for name, style in styles.items():
        yield from _style(name, style)
    yield r"\resdslstyle{arrow}{-latex}"
    yield r"\resdslstyle{size}{inner sep=0pt, font=\sffamily\fontsize{#1bp}{#1bp}\selectfont}"
    corner = f"({number(scene.width)},{number(scene.height)})"
    yield rf"\useasboundingbox (0,0) rectangle {corner};"
    if theme.background != "none":
        yield rf"\path[resdsl/background] (0,0) rectangle {corner};"
    yield from _items(scene.items, theme)
    yield r"\end{tikzpicture}%"


def _colours(style: Style) -> list[str]:
    return [each[1:].upper() for each in (style.fill, style.stroke, style.text) if each != "none"]


def _style(name: str, style: Style) -> Iterator[str]:
    keys = []
    if style.fill != "none":
        keys.append(f"fill=resdsl{style.fill[1:].upper()}")
    if style.stroke != "none":
        keys.append(f"draw=resdsl{style.stroke[1:].upper()}, line width={number(style.width)}bp")
    if style.dash != "solid":
        keys.append(_DASHES[style.dash])
    yield rf"\resdslstyle{{{name}}}{{{', '.join(keys)}}}"
    yield rf"\resdslstyle{{{name} label}}{{text=resdsl{style.text[1:].upper()}}}"


def _items(items: Sequence[Item], theme: Theme) -> Iterator[str]:
    for item in items:
        if isinstance(item, Group):
            yield f"% {escaped(clean(item.label))}"
            yield r"\begin{scope}"
            yield from _items(item.items, theme)
            yield r"\end{scope}"
        else:
            yield from _item(item, theme)


def _item(item: Drawing, theme: Theme) -> Iterator[str]:
    match item:
        case Box():
            corners = f", rounded corners={number(item.radius)}bp" if item.radius else ""
            ends = f"{_at((item.x, item.y))} rectangle {_at((item.right, item.bottom))}"
            yield rf"\path[resdsl/{item.style}{corners}] {ends};"
            if points := hatches(item, theme.style(item.style)):
                thin = f"resdsl/{item.style}, fill=none, solid, line width=0.4bp"
                yield rf"\draw[{thin}] {' -- '.join(map(_at, points))};"
            if under := plate(item, theme.style(item.style)):
                ends = f"{_at((under.x, under.y))} rectangle {_at((under.right, under.bottom))}"
                yield rf"\path[resdsl/{item.style}, draw=none] {ends};"
            x, y = item.middle
            top = y - (len(item.label) - 1) * item.size * LINE / 2
            for index, line in enumerate(item.label):
                yield _node(Text(x, top + index * item.size * LINE, line, item.size, bold=item.bold, style=item.style))
        case Circle():
            yield rf"\path[resdsl/{item.style}] {_at((item.x, item.y))} circle[radius={number(item.radius)}bp];"
            if item.label:
                yield _node(Text(item.x, item.y, item.label, item.size, style=item.style))
        case ChartMark():
            ends = " -- ".join([*map(_at, corners_of(item)), "cycle"])
            if item.shape == "circle":
                ends = f"{_at((item.x, item.y))} circle[radius={number(item.radius)}bp]"
            yield rf"\path[resdsl/{item.style}] {ends};"
        case Line():
            keys = f"resdsl/{item.style}{', resdsl/arrow' if item.arrow else ''}"
            yield rf"\draw[{keys}] {_curve(item.points) if item.curved else ' -- '.join(map(_at, item.points))};"
        case Area():
            yield rf"\path[resdsl/{item.style}] {' -- '.join(map(_at, item.points))} -- cycle;"
        case Text():
            if item.text:
                yield _node(item)


def _node(item: Text) -> str:
    keys = f"resdsl/size={number(item.size)}, resdsl/{item.style} label, anchor={_ANCHORS[item.anchor]}"
    bold = r"\bfseries " if item.bold else ""
    return rf"\node[{keys}] at {_at((item.x, item.y + item.size * CAPITALS / 2))} {{{bold}{escaped(item.text)}}};"


def _curve(points: Sequence[Point]) -> str:
    parts = [_at(points[0])]
    for index in range(1, len(points), 3):
        first, second, end = map(_at, points[index : index + 3])
        parts.append(f".. controls {first} and {second} .. {end}")
    return " ".join(parts)


def _at(point: Point) -> str:
    return f"({number(point[0])},{number(point[1])})"


def _sign(character: str) -> str:
    known = _SIGNS.get(character)
    if known is not None:
        return known
    if character.isascii():
        return character if character.isprintable() else "?"
    if character in _GREEK:
        return rf"$\{_GREEK[character]}$"
    base, *marks = list(unicodedata.normalize("NFKD", character))
    if len(marks) == 1 and marks[0] in _ACCENTS and base.isascii():
        return rf"\{_ACCENTS[marks[0]]}{{{base}}}"
    plain = "".join(each for each in (base, *marks) if each.isascii() and each.isalnum())
    return plain or ("" if unicodedata.combining(character) else "?")
