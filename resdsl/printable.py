"""Makes text safe to show: characters that would move the cursor or reverse the writing direction are escaped.

Titles, names and file names may contain anything. The terminal, messages and tables all use this one rule; each output
format does its own escaping on top of it.
"""

from __future__ import annotations

import json

_LONGEST_PHRASE = 500


def one_line(text: str) -> str:
    r"""The text with every unprintable character escaped, as `\n`, `\x1b` or `\u202e`; spaces stay."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def each_line(text: str) -> str:
    """A text of several lines, each made safe to show."""
    return "\n".join(map(one_line, text.split("\n")))


def phrase(text: str) -> str:
    """A text on one line; the middle of a very long one is left out, since it is a name in it that is long."""
    if len(text) > _LONGEST_PHRASE:
        text = f"{text[: _LONGEST_PHRASE // 2]}...{text[-_LONGEST_PHRASE // 2 :]}"
    return one_line(text)


def in_json(text: str) -> str:
    r"""JSON whose strings have characters that are not printed as `\u202e`; to a program it is the same."""
    return "\n".join(line if line.isprintable() else "".join(map(_json_character, line)) for line in text.split("\n"))


def _json_character(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1]
