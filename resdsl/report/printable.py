"""Names from texts, made safe to show: what would move a cursor or turn writing around is written out."""

from __future__ import annotations

import re
from collections.abc import Callable

_SIZES = re.compile(r"(?<![\w.])(\d+(?:x\d+)+)(?!\w)")
_TIMES = re.compile(r" x (\d+)$")


def printable(text: str) -> str:
    r"""The text with every character that is not printed as `\x1b` or `\u202e`; the blank stays."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _written_out(char) for char in text)


def encodable(text: str) -> str:
    """The text with halves of characters, which no file can hold, written out."""
    return "".join(_written_out(char) if "\ud800" <= char <= "\udfff" else char for char in text)


def with_times(text: str, escape: Callable[[str], str], sizes: Callable[[list[str]], str], times: str) -> str:
    """The text escaped, with sizes such as `3x3` and repeats such as ` x 3` set as products.

    Args:
        text: what is to be shown.
        escape: what makes the rest safe.
        sizes: how the numbers of `3x3` are written.
        times: what stands before the number of repeats.
    """
    repeats = _TIMES.search(text)
    rest = text[: repeats.start()] if repeats else text
    parts = [sizes(part.split("x")) if index % 2 else escape(part) for index, part in enumerate(_SIZES.split(rest))]
    return "".join(parts) + (f" {times} {repeats.group(1)}" if repeats else "")


def _written_out(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
