"""Typesets sizes and repeats in the cells of tables as products."""

from __future__ import annotations

import re
from collections.abc import Callable

_SIZES = re.compile(r"(?<![\w.])(\d+(?:x\d+)+)(?!\w)")
_TIMES = re.compile(r" x (\d+)$")


def with_times(text: str, escape: Callable[[str], str], sizes: Callable[[list[str]], str], times: str) -> str:
    """Escape a text, and typeset sizes such as `3x3` and repeats such as ` x 3` as products.

    Args:
        text: the text of a cell.
        escape: escapes the rest of the text.
        sizes: formats the numbers of `3x3`.
        times: the sign before the number of repeats.
    """
    repeats = _TIMES.search(text)
    rest = text[: repeats.start()] if repeats else text
    parts = [sizes(part.split("x")) if index % 2 else escape(part) for index, part in enumerate(_SIZES.split(rest))]
    return "".join(parts) + (f" {times} {repeats.group(1)}" if repeats else "")
