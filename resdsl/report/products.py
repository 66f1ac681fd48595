"""Sizes and repeats in the cells of tables, set as products."""

from __future__ import annotations

import re
from collections.abc import Callable

_SIZES = re.compile(r"(?<![\w.])(\d+(?:x\d+)+)(?!\w)")
_TIMES = re.compile(r" x (\d+)$")


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
