"""Places in a text as editors count them: lines from zero, and units within a line, which may be UTF-16 or bytes."""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal, NamedTuple

Encoding = Literal["utf-8", "utf-16", "utf-32"]


class EditorPosition(NamedTuple):
    """A line and a unit within it, both from zero."""

    line: int
    character: int


class Positions:
    """The places of one text.

    Args:
        text: the text.
        encoding: what a unit is.
    """

    def __init__(self, text: str, encoding: Encoding = "utf-16") -> None:
        self._text = text
        self._encoding = encoding
        self._starts = [0]
        at = text.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = text.find("\n", at + 1)

    def position(self, offset: int) -> EditorPosition:
        """The place of an offset."""
        line = bisect_right(self._starts, offset) - 1
        return EditorPosition(line, self._units(self._text[self._starts[line] : offset]))

    def offset(self, line: int, character: int) -> int:
        """The offset of a place; one behind the end of a line, or of the text, is taken as that end."""
        if line >= len(self._starts):
            return len(self._text)
        start = self._starts[line]
        end = self._starts[line + 1] - 1 if line + 1 < len(self._starts) else len(self._text)
        text = self._text[start:end].removesuffix("\r")
        if text.isascii() or self._encoding == "utf-32":
            return start + min(character, len(text))
        units = 0
        for index, char in enumerate(text):
            if units >= character:
                return start + index
            units += self._units(char)
        return start + len(text)

    def _units(self, text: str) -> int:
        if text.isascii() or self._encoding == "utf-32":
            return len(text)
        return len(text.encode("utf-8")) if self._encoding == "utf-8" else len(text.encode("utf-16-le")) // 2
