"""Figures as people read them."""

from __future__ import annotations

_UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


def count_text(count: int) -> str:
    """A count with an SI suffix and three or four digits: `21.80M`, `3.664G`."""
    for size, suffix in _UNITS:
        if count >= size:
            value = count / size
            return f"{value:.{max(0, 4 - len(str(int(value))))}f}{suffix}"
    return str(count)


def bytes_text(size: int) -> str:
    """A number of bytes: `87.3 MB`."""
    for unit, suffix in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{size / unit:.1f} {suffix}"
    return f"{size} bytes"
