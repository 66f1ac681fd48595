"""How large a figure becomes, what comes of that, and how large each format can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resdsl.draw.errors import NotDrawn

SMALLEST_READABLE = 6.0
"""Points; smaller text is warned of."""

PAGE = 11 * 72.0
"""The long side of a page in points; what a wish makes longer than that is warned of."""

MOST_PIXELS = 30_000
"""Of a PNG, along one side."""

_SHORTER = "a page is 11in; fold the repeats, or draw its stages"
_LONGEST = {
    # ISO 32000-1, Annex C: what readers of PDF take without a unit of its own.
    "pdf": (14_400.0, "a page of PDF is at most 200in on each side"),
    # The TeXbook, Chapter 10: \maxdimen is 16383.99 points, of which 72.27 are an inch.
    "tex": (16_322.0, "TeX has no length over 226in"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """How large a figure is to become, in points; None where it is not said.

    With both it becomes as large as fits into them: nothing is stretched.
    """

    width: float | None = None
    height: float | None = None

    def scale(self, width: float, height: float) -> float:
        """What the lengths of a figure of that size are multiplied by."""
        sides = ((self.width, width), (self.height, height))
        return min([wanted / sized for wanted, sized in sides if wanted is not None], default=1.0)

    def warnings(self, width: float, height: float, smallest: float) -> Iterator[str]:
        """One line each of what comes of the wish.

        Args:
            width, height: of the figure as it becomes.
            smallest: the size of its smallest text.
        """
        if smallest < SMALLEST_READABLE - 0.01:
            enough = SMALLEST_READABLE / smallest
            sides = [("width", self.width, width), ("height", self.height, height)]
            given = [(name, side) for name, wanted, side in sides if wanted is not None] or [("width", width)]
            words = " and ".join([f"{side * enough / 72:.2f}in of {name}" for name, side in given])
            yield f"the smallest text is {smallest:.1f} pt, under 6 pt; {words} would do"
        if self.height is None and self.width is not None and height > PAGE:
            yield f"at that width the figure is {height / 72:.1f}in high, and {_SHORTER}, or give --height as well"
        if self.width is None and self.height is not None and width > PAGE:
            yield f"at that height the figure is {width / 72:.1f}in wide, and {_SHORTER}, or give --width as well"


def refuse_too_large(form: str, width: float, height: float, dpi: int) -> None:
    """Refuse what a format, or those who read it, cannot hold.

    Raises:
        NotDrawn: as said.
    """
    wording = f"the figure is {width / 72:.0f}in x {height / 72:.0f}in"
    longest, reason = _LONGEST.get(form, (None, ""))
    if longest is not None and max(width, height) > longest:
        raise NotDrawn(f"{wording}, and {reason}; fold the repeats, give it a --width or --height, or write SVG")
    if form == "png" and max(width, height) * dpi / 72 > MOST_PIXELS:
        raise NotDrawn(
            f"{wording}: at {dpi} dpi that is more than {MOST_PIXELS} pixels; lower --dpi, fold the repeats, or write "
            "SVG"
        )
