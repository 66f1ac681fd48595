"""The size of figures: the requested one, warnings about the result, and the limits of each format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from resdsl.draw.errors import NotDrawn

SMALLEST_READABLE = 6.0
"""The size in points below which text causes a warning."""

PAGE = 11 * 72.0
"""The long side of a page in points; a longer figure causes a warning."""

MOST_PIXELS = 30_000
"""The limit for a PNG, along each side."""

_LONGEST = {
    # ISO 32000-1, Annex C: what readers of PDF take without a unit of its own.
    "pdf": (14_400.0, "a PDF page has at most 200in on each side"),
    # The TeXbook, Chapter 10: \maxdimen is 16383.99 points, of which 72.27 are an inch.
    "tex": (16_322.0, "TeX has no lengths over 226in"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """The requested width and height of a figure in points; None where not given.

    With both, the figure is as large as fits into them; it is never stretched.

    Attributes:
        lower: what makes such a figure less high, for warnings; `narrower` is what makes it less wide.
    """

    width: float | None = None
    height: float | None = None
    lower: tuple[str, ...] = field(default=(), compare=False)
    narrower: tuple[str, ...] = field(default=(), compare=False)

    def scale(self, width: float, height: float) -> float:
        """The factor by which to scale a figure of this size."""
        sides = ((self.width, width), (self.height, height))
        return min([wanted / sized for wanted, sized in sides if wanted is not None], default=1.0)

    def warnings(self, width: float, height: float, smallest: float) -> Iterator[str]:
        """Warnings about the resulting size, one line each.

        Args:
            width, height: the resulting size of the figure.
            smallest: the size of its smallest text.
        """
        if smallest < SMALLEST_READABLE - 0.01:
            enough = SMALLEST_READABLE / smallest
            sides = [("width", self.width, width), ("height", self.height, height)]
            given = [(name, side) for name, wanted, side in sides if wanted is not None] or [("width", width)]
            words = " and ".join([f"{side * enough / 72:.2f}in of {name}" for name, side in given])
            ways = "".join(f", or {way}" for way in self.narrower[-1:])
            yield f"the smallest text has {smallest:.1f} pt, less than 6 pt; {words} would be enough{ways}"
        if self.height is None and self.width is not None and height > PAGE:
            yield f"at that width the figure is {height / 72:.1f}in high, {_too_long(self.lower, 'height')}"
        if self.width is None and self.height is not None and width > PAGE:
            yield f"at that height the figure is {width / 72:.1f}in wide, {_too_long(self.narrower, 'width')}"


def _too_long(ways: Sequence[str], side: str) -> str:
    wording = f"{', '.join(ways)}, or " if ways else ""
    return f"more than a page of {PAGE / 72:g}in; {wording}give --{side} as well"


def refuse_too_large(form: str, width: float, height: float, dpi: int) -> None:
    """Refuse sizes that a format, or the programs that read it, cannot handle.

    Raises:
        NotDrawn: the figure is too large.
    """
    wording = f"the figure is {width / 72:.0f}in x {height / 72:.0f}in"
    longest, reason = _LONGEST.get(form, (None, ""))
    if longest is not None and max(width, height) > longest:
        raise NotDrawn(f"{wording}, but {reason}; fold the repeats, give --width or --height, or write SVG")
    if form == "png" and max(width, height) * dpi / 72 > MOST_PIXELS:
        raise NotDrawn(
            f"{wording}, which is more than {MOST_PIXELS} pixels at {dpi} dpi; lower --dpi, fold the repeats, or write "
            "SVG"
        )
