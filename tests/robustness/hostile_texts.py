"""Texts that nobody should write where a name stands."""

from __future__ import annotations

TEXTS = (
    *("", "../../evil", "/abs", "n:\n import os\n#", "\ud800", "\x1b[31mx", "\u202eevil", "\0", "a.b", "0", "input"),
    *(
        "=cmd|'/c calc'!A1",
        "[x](javascript:alert(1))",
        "</script>",
        '"""',
        "\\",
        "%s{0}",
        "con",
        "__class__",
        "forward",
    ),
    *("x" * 20_000, "x." * 5_000 + "x", "\u0301" * 5_000, "網" * 3_000),
)
