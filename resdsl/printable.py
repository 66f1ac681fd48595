"""Texts of others made safe to show: what would move a cursor or turn writing around is written out.

Titles, names and file names may hold anything. The terminal, messages and tables show them by this one rule; what a
format must escape besides is the format's affair.
"""

from __future__ import annotations

import json

_LONGEST_PHRASE = 500


def one_line(text: str) -> str:
    r"""The text with every character that is not printed written out, as `\n`, `\x1b` or `\u202e`; the blank stays."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def each_line(text: str) -> str:
    """A text of several lines, each of them safe to show."""
    return "\n".join(map(one_line, text.split("\n")))


def phrase(text: str) -> str:
    """A text on one line; of a very long one the middle is left out, since the name in it is long, not what is said."""
    if len(text) > _LONGEST_PHRASE:
        text = f"{text[: _LONGEST_PHRASE // 2]}...{text[-_LONGEST_PHRASE // 2 :]}"
    return one_line(text)


def in_json(text: str) -> str:
    r"""JSON whose strings have characters that are not printed as `\u202e`; to a program it is the same."""
    return "\n".join(line if line.isprintable() else "".join(map(_json_character, line)) for line in text.split("\n"))


def _json_character(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1]
