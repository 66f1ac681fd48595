"""Human-readable figures with SI prefixes: G is 1e9 and MB is 1e6 bytes."""

from __future__ import annotations

from collections.abc import Callable

from resdsl.report.table import Brackets, Cell, Measure

_COUNTS = ((1, ""), (10**3, "k"), (10**6, "M"), (10**9, "G"), (10**12, "T"), (10**15, "P"), (10**18, "E"))
_BYTES = ((1, "bytes"), (10**3, "kB"), (10**6, "MB"), (10**9, "GB"), (10**12, "TB"))
_LONGEST = 21
"""Digits of the largest count that gets a suffix; larger ones get an exponent."""


def count_text(count: int) -> str:
    """A count with an SI suffix and three or four digits: `21.80M`, `3.664G`."""
    if count < 0:
        return f"-{count_text(-count)}"
    if count < 1000:
        return str(count)
    digits = str(count)
    if len(digits) > _LONGEST:
        return f"{digits[0]}.{digits[1:4]}e{len(digits) - 1}"
    for size, suffix in _COUNTS[1:]:
        text = f"{count / size:.{max(0, 4 - len(str(count // size)))}f}"
        if float(text) < 1000 or suffix == _COUNTS[-1][1]:
            return f"{text}{suffix}"
    raise AssertionError(count)


def bytes_text(size: int) -> str:
    """A number of bytes: `87.3 MB`."""
    if size < 0:
        return f"-{bytes_text(-size)}"
    if size < 1000:
        return f"{size} byte{'' if size == 1 else 's'}"
    for unit, suffix in _BYTES[1:]:
        text = f"{size / unit:.1f}"
        if float(text) < 1000 or suffix == _BYTES[-1][1]:
            return f"{text} {suffix}"
    raise AssertionError(size)


def share_text(share: float) -> str:
    """A fraction as a percentage; `0%` and `100%` are used only where they are exact."""
    if share in (0, 1):
        return f"{share:.0%}"
    if 0 < share < 0.0005:
        return "<0.1%"
    return ">99.9%" if 0.9995 <= share < 1 else f"{share:.1%}"


def change_text(change: int, text: Callable[[int], str] = count_text) -> str:
    """A signed count or other amount; no change is `0`."""
    return f"+{text(change)}" if change > 0 else text(change) if change else "0"


def cell_text(cell: Cell, measure: Measure) -> str:
    """A human-readable cell; brackets are put on one line."""
    if cell is None:
        return ""
    if isinstance(cell, Brackets):
        return f"[{'; '.join(cell.rows)}]" + (f" x {cell.times}" if cell.times > 1 else "")
    if isinstance(cell, str):
        return cell
    if measure == "share":
        return share_text(cell)
    if measure == "number" or isinstance(cell, float):
        return _real_text(cell) if isinstance(cell, float) else str(cell)
    if measure in ("exact", "exact_change"):
        return f"{cell:+,}" if cell and measure == "exact_change" else f"{cell:,}"
    if measure == "bytes":
        return bytes_text(cell)
    return change_text(cell) if measure == "change" else count_text(cell)


def _real_text(value: float) -> str:
    """A number with four significant digits, or with all digits before the point if there are more."""
    if not 1 <= abs(value) < 1e15:
        return f"{value:.4g}"
    return f"{value:.{max(0, 4 - len(str(int(abs(value)))))}f}"


def exact_text(cell: Cell) -> str:
    """A machine-readable cell: integers in full, shares as fractions."""
    return repr(cell) if isinstance(cell, int | float) else cell_text(cell, "text")
