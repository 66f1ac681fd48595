"""Lengths with units."""

from __future__ import annotations

import re

from resdsl.draw.errors import NotDrawn

_POINTS = {"pt": 1.0, "in": 72.0, "cm": 72 / 2.54, "mm": 72 / 25.4, "px": 0.75}
_LENGTH = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*([a-z]*)", re.ASCII)
_LEAST, _MOST = 10.0, 14400.0


def points_of(wording: str) -> float:
    """Convert a length such as `3.25in`, `8.3cm` or `234pt` to points of 1/72 inch.

    Raises:
        NotDrawn: the text is not a length, or the length is out of range.
    """
    found = _LENGTH.fullmatch(wording.strip())
    if found is None or found[2] not in _POINTS:
        raise NotDrawn(f"{wording!r} is not a valid length; give it with a unit, as in 3.25in, 8.3cm, 83mm or 234pt")
    points = float(found[1]) * _POINTS[found[2]]
    if not _LEAST <= points <= _MOST:
        raise NotDrawn(f"a side of a figure must be between 10pt and 200in long, not {wording}")
    return points
