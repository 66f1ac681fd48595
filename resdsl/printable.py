"""Makes untrusted text safe to print, by escaping characters that move the cursor or change the text direction.

Titles, names and file names may contain anything. Terminals, messages and tables all use this rule; further escaping is
up to each format.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

_LONGEST_PHRASE = 500


def one_line(text: str) -> str:
    r"""The text with non-printable characters other than the space escaped, as in `\n`, `\x1b` or `\u202e`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def each_line(text: str) -> str:
    """A text of several lines, each made safe to print."""
    return "\n".join(map(one_line, text.split("\n")))


def phrase(text: str) -> str:
    """A text on one line; the middle of a very long text is left out, since it is a name in it that is long."""
    if len(text) > _LONGEST_PHRASE:
        text = f"{text[: _LONGEST_PHRASE // 2]}...{text[-_LONGEST_PHRASE // 2 :]}"
    return one_line(text)


def counted(count: int, noun: str) -> str:
    """How many there are of something, such as `1 layer` or `2,000 layers`."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def some(names: Sequence[str]) -> str:
    """The first names of many in backticks, and how many there are besides."""
    first, others = ", ".join(f"`{one_line(name)}`" for name in names[:3]), len(names) - 3
    return f"{first} and {counted(others, 'other')}" if others > 0 else first


def in_json(text: str) -> str:
    r"""JSON with non-printable characters in strings escaped, as in `\u202e`; it is equivalent for programs."""
    return "\n".join(line if line.isprintable() else "".join(map(_json_character, line)) for line in text.split("\n"))


def _json_character(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1]
