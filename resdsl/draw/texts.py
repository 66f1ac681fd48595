"""Texts made fit for a figure: no control characters, and directions that stay where they belong.

Names in a figure come from specs and may be anything. What a format must escape is the format's affair;
what no figure can show is taken out here, once, so that no writer meets it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from resdsl.report.figures import count_text

TIMES = "\N{MULTIPLICATION SIGN}"

_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LOST = "\ufffd"
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"


def clean(text: str) -> str:
    """The text on one line: white space as one space, controls and what is no character as U+FFFD.

    Marks that turn the direction of writing are left out: they would turn what stands beside them, too.
    """
    visible = text if text.isascii() and text.isprintable() else "".join(map(_visible, text))
    return " ".join(visible.split()) if "  " in visible else visible.strip()


def figure_text(value: float) -> str:
    """A count as tables have it: `21.80M`, `3.664G`; what is no whole number, below a thousand, in few digits."""
    if value == int(value) or abs(value) >= 1000:
        return count_text(round(value))
    return f"{value:g}" if abs(value) < 100 else f"{value:.0f}"


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """Stretches of the text in order, each with whether it is written from right to left.

    Spaces, digits and signs between two such words belong to the stretch, those at its ends do not.
    """
    if text.isascii():
        yield text, False
        return
    start = end = -1
    done = 0
    for index, character in enumerate(text):
        direction = unicodedata.bidirectional(character)
        if direction in {"R", "AL"}:
            start, end = (index, index + 1) if start < 0 else (start, index + 1)
        elif direction == "NSM" and end == index:
            end = index + 1
        elif direction == "L" and start >= 0:
            if start > done:
                yield text[done:start], False
            yield text[start:end], True
            start, done = -1, end
    if start >= 0:
        if start > done:
            yield text[done:start], False
        yield text[start:end], True
        done = end
    if done < len(text):
        yield text[done:], False


def isolated(text: str) -> str:
    """The text with each stretch from right to left between marks that keep it from turning its neighbours."""
    if text.isascii():
        return text
    return "".join(f"{_ISOLATE}{part}{_END_OF_ISOLATE}" if turned else part for part, turned in runs(text))


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    if character in _DIRECTIONS:
        return ""
    code = ord(character)
    if (
        unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
        or code & 0xFFFE == 0xFFFE
        or 0xFDD0 <= code <= 0xFDEF
    ):
        return _LOST
    return character
