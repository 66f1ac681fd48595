"""Makes texts safe for figures: no control characters, and no leaking changes of text direction.

Names in a figure come from specs and may contain anything. Each format does its own escaping; what no figure can show
is removed here, once for all formats.
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
    """The text on one line: runs of white space become one space, control characters and non-characters U+FFFD.

    Marks that change the text direction are removed, since they would affect neighbouring text, too.
    """
    visible = text if text.isascii() and text.isprintable() else "".join(map(_visible, text))
    return " ".join(visible.split()) if "  " in visible else visible.strip()


def figure_text(value: float) -> str:
    """A count in the style of tables: `21.80M`, `3.664G`; fractions below a thousand get few digits."""
    if value == int(value) or abs(value) >= 1000:
        return count_text(round(value))
    return f"{value:g}" if abs(value) < 100 else f"{value:.0f}"


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """Split a text into stretches, each with whether it is written from right to left.

    Spaces, digits and signs between two words of a right-to-left stretch belong to it, but those at its ends do not.
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
    """The text with each right-to-left stretch isolated from its neighbours by marks."""
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
