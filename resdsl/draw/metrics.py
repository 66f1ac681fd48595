"""The width of text set in Helvetica, which equals that in Arial and Liberation Sans.

Labels must fit their boxes wherever a figure is opened, and figures must be the same bytes wherever they are made, so
installed fonts play no part. Sizes are in points; widths are from Adobe's font metrics for Helvetica and
Helvetica-Bold, in thousandths of the size, without kerning.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

CAPITALS = 0.718
"""Height of capitals, as a share of the size."""

LINE = 1.2
"""From one line to the next, as a share of the size."""

_REGULAR = {
    191: "'",
    222: "ijl‚‘’",
    260: "|¦",
    278: " !,./:;I[\\]ft\u00a0·ÌÍÎÏìíîïı",
    333: "()-`r„ˆ‹“”˜›¡¨\u00ad¯²³´¸¹",
    334: "{}",
    350: "•",
    355: '"',
    365: "º",
    370: "ª",
    389: "*",
    400: "°",
    469: "^",
    500: "Jcksvxyzšžçýÿ",
    537: "¶",
    556: "#$0123456789?L_abdeghnopqu€ƒ†‡–¢£¤¥§«µ»àáâãäåèéêëðñòóôõöøùúûüþ",
    584: "+<=>~¬±×÷−",
    611: "FTZŽ¿ßø",
    667: "&ABEKPSVXYŠŸÀÁÂÃÄÅÈÉÊËÝÞ",
    722: "CDHNRUwÇÐÑÙÚÛÜ",
    737: "©®",
    778: "GOQÒÓÔÕÖØ",
    833: "Mm",
    834: "¼½¾",
    889: "%æ",
    944: "Wœ",
    1000: "…‰Œ—™Æ→←↑↓",
    1015: "@",
}
_BOLD = {
    238: "'",
    278: " ,./I\\ijl‚‘’\u00a0·ÌÍÎÏìíîïı",
    280: "|¦",
    333: "!()-:;[]`ftˆ‹˜›¡¨\u00ad¯²³´¸¹",
    350: "•",
    365: "º",
    370: "ª",
    389: "*r{}",
    400: "°",
    474: '"',
    500: "z„“”ž",
    556: "#$0123456789J_aceksvxy€ƒ†‡–š¢£¤¥§«¶»àáâãäåçèéêëýÿ",
    584: "+<=>^~¬±×÷−",
    611: "?FLTZbdghnopquŽµ¿ßðñòóôõöøùúûüþ",
    667: "EPSVXYŠŸÈÉÊËÝÞ",
    722: "&ABCDHKNRUÀÁÂÃÄÅÇÐÑÙÚÛÜ",
    737: "©®",
    778: "GOQwÒÓÔÕÖØ",
    833: "M",
    834: "¼½¾",
    889: "%mæ",
    944: "Wœ",
    975: "@",
    1000: "…‰Œ—™Æ→←↑↓",
}


def _by_character(groups: dict[int, str]) -> dict[str, int]:
    return {character: width for width, characters in groups.items() for character in characters}


_WIDTHS = (_by_character(_REGULAR), _by_character(_BOLD))


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """The width of one line of text in points, for a size in points.

    Characters without metrics get a width by their kind: one em for East Asian wide characters, zero for
    combining ones.
    """
    return _thousandths(text, bold) * size / 1000


def fitted(text: str, size: float, width: float, *, bold: bool = False, smallest: float = 6.0) -> tuple[str, float]:
    """Make a text fit into a width.

    First the size is reduced, in quarters of a point and down to `smallest`; then the end of the text is cut off
    and replaced by an ellipsis.

    Returns:
        The text, which is empty if even the ellipsis does not fit, and its size.
    """
    needed = _thousandths(text, bold)
    if needed * size <= width * 1000:
        return text, size
    shrunk = int(4 * width * 1000 / needed) / 4
    if shrunk >= smallest:
        return text, shrunk
    size = min(size, smallest)
    return _cut(text, int(width * 1000 / size), bold), size


def wrapped(text: str, size: float, width: float) -> Iterator[str]:
    """The lines of a text that is wrapped to a width between its words."""
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}".strip()
        if line and width_of(longer, size) > width:
            yield line
            line = word
        else:
            line = longer
    if line:
        yield line


def _cut(text: str, room: int, bold: bool) -> str:
    widths = _WIDTHS[bold]
    left = room - widths["…"]
    if left < 0:
        return ""
    for index, character in enumerate(text):
        left -= widths.get(character) or _unlisted(character)
        if left < 0:
            return text[:index].rstrip() + "…"
    return text


@lru_cache(maxsize=4096)
def _thousandths(text: str, bold: bool) -> int:
    widths = _WIDTHS[bold]
    return sum([width if (width := widths.get(each)) is not None else _unlisted(each) for each in text])


@lru_cache(maxsize=4096)
def _unlisted(character: str) -> int:
    """The width of a character without metrics, by its kind."""
    category = unicodedata.category(character)
    if unicodedata.combining(character) or category in {"Mn", "Me", "Cf"}:
        return 0
    if unicodedata.east_asian_width(character) in {"W", "F"} or category in {"So", "Co", "Cn"}:
        return 1000
    bare = unicodedata.normalize("NFD", character)[0]
    if bare in _WIDTHS[0]:
        return max(widths[bare] for widths in _WIDTHS)
    return 722 if category in {"Lu", "Lt"} else 611
