"""Problems with the form of a text (RES1xx)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from resdsl.diagnostics.problem import Label, Problem, Replacement
from resdsl.source import Span


@dataclass(frozen=True, kw_only=True)
class UnreadableText(Problem):
    """A file is missing, is a folder, is too long, or is not UTF-8 text."""

    code = "RES100"
    name: str
    reason: str

    @property
    def headline(self) -> str:
        return f"cannot read {self.name}: {self.reason}"

    @property
    def hint(self) -> str | None:
        if self.span is None or not self.span.text.startswith('"'):
            return None
        return "imports are looked up in the folder of the spec and in the folders given with --import-path"


_OPERATORS_ELSEWHERE = {
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`, and `!=` for a difference",
    "$": 'to put a value into a string, write it in braces: "layer{i}"',
    "~": "write `not`",
    "\N{MULTIPLICATION SIGN}": "write the letter x: 3x3",
    "`": 'write strings in double quotes: "..."',
    "?": "write a choice as `if condition then 8 else 16`",
    "^": "write a power with `**`: 2 ** i",
    "\\": "lines may be broken within ( ) and [ ] without a sign",
}


@dataclass(frozen=True, kw_only=True)
class StrayCharacter(Problem):
    """A character that has no meaning in the language appears outside strings and comments."""

    code = "RES101"
    character: str

    @property
    def headline(self) -> str:
        if self.character == '"':
            return "this string is not closed on the same line"
        visible = self.character if self.character.isprintable() else ascii(self.character)[1:-1]
        return f"the character `{visible}` has no meaning here"

    @property
    def hint(self) -> str | None:
        if self.character == "'":
            return 'write strings in double quotes: "..."'
        if self.character == '"':
            return 'close it with `"`; inside a string, write a quote as \\"'
        if self.character in _OPERATORS_ELSEWHERE:
            return _OPERATORS_ELSEWHERE[self.character]
        if self.character in _LOOKALIKES:
            return f"write `{_LOOKALIKES[self.character]}`; this is {_described(self.character)}"
        if not self.character.isascii():
            return "names can have the letters A to Z, digits and _; other characters are for strings and comments"
        return None

    @property
    def replacement(self) -> Replacement | None:
        if self.span is None:
            return None
        text, start = self.span.source.text, self.span.start
        if self.character == "$":
            return _in_quotes(self.span)
        for pattern, new in _WRITTEN_ELSEWHERE:
            if found := re.compile(pattern).match(text, start):
                return Replacement(Span(self.span.source, start, found.end()), found.expand(new))
        meant = _LOOKALIKES.get(self.character)
        return Replacement(self.span, meant) if meant is not None else None


def _in_quotes(span: Span) -> Replacement | None:
    """`"layer{i}"` instead of `layer${i}`, where the span is that of the `$`."""
    text = span.source.text
    before, after = re.search(r"\w*$", text[: span.start]), re.compile(r"\$(\{[^{}\n]*\}\w*)").match(text, span.start)
    if before is None or after is None:
        return None
    return Replacement(Span(span.source, before.start(), after.end()), f'"{before[0]}{after[1]}"')


_WRITTEN_ELSEWHERE = (
    (r"'([^'\"\\\n]*)'", r'"\1"'),
    (
        "[\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}]"
        '([^"\\\n]*?)[\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}]',
        r'"\1"',
    ),
    (r"&&?(?=\s)", "and"),
    (r"\|\|?(?=\s)", "or"),
    (r"!(?=[A-Za-z_(])", "not "),
    (r"\^", "**"),
)
"""Patterns of what other languages write, and what is to stand instead."""
_LOOKALIKES = {
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MINUS SIGN}": "-",
    "\N{NO-BREAK SPACE}": " ",
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{NOT EQUAL TO}": "!=",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{FULLWIDTH COMMA}": ",",
    "\N{FULLWIDTH COLON}": ":",
    "\N{FULLWIDTH SEMICOLON}": ";",
    "\N{ZERO WIDTH SPACE}": "",
}
"""Characters that look like those of the language, or stand for them in print."""


def _described(character: str) -> str:
    import unicodedata

    name = unicodedata.name(character).lower()
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


@dataclass(frozen=True, kw_only=True)
class UnexpectedWord(Problem):
    """The text is fine up to here, but the next word is not allowed in this place.

    `expected` lists what is. Common causes: no colon after the name of a stage, a brace or bracket that was not closed
    earlier, two statements on one line without `;`, or an opening brace on its own line.
    """

    code = "RES102"
    word: str
    wanted: tuple[str, ...]
    advice: str | None = None
    change: Replacement | None = None

    @property
    def headline(self) -> str:
        return f"unexpected {self.word.removeprefix('the ')}"

    @property
    def expected(self) -> str | None:
        return ", ".join(self.wanted) or None

    @property
    def hint(self) -> str | None:
        return self.advice

    @property
    def replacement(self) -> Replacement | None:
        return self.change


CLOSED_BY = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, kw_only=True)
class UnclosedBracket(Problem):
    """A bracket or brace is not closed, is closed by the wrong counterpart, or was never opened."""

    code = "RES103"
    bracket: str
    opened: Span | None = None

    @property
    def headline(self) -> str:
        if self.bracket in "([{":
            return f"this `{self.bracket}` is never closed"
        if self.opened is not None:
            return f"this `{self.bracket}` does not close `{self.opened.text}`"
        return f"this `{self.bracket}` closes nothing"

    @property
    def hint(self) -> str | None:
        if self.bracket in "([{":
            return f"add `{CLOSED_BY[self.bracket]}` where it ends"
        return None if self.opened else "remove it, or a bracket that closes too early above"

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.opened, "opened here"),) if self.opened else ()


@dataclass(frozen=True, kw_only=True)
class TooDeep(Problem):
    """Brackets, braces or operators are nested more deeply than any network needs."""

    code = "RES104"
    limit: int

    @property
    def headline(self) -> str:
        return f"this is nested more than {self.limit} levels deep"

    @property
    def hint(self) -> str:
        return "a chain of operators counts as nested; name parts of it with `let`"


@dataclass(frozen=True, kw_only=True)
class TooLong(Problem):
    """A name, a number or a string is too long to be meant seriously. It is refused before it is read any further."""

    code = "RES120"
    length: int
    limit: int

    @property
    def headline(self) -> str:
        return f"this word has {self.length:_} characters, more than the limit of {self.limit:_}"

    @property
    def hint(self) -> str:
        return "put a long remark into a comment, after `#`"


@dataclass(frozen=True, kw_only=True)
class BadString(Problem):
    """A string has an invalid escape, or a brace that is not closed.

    The escapes are \\\\, \\", \\n and \\t. `{` and `}` enclose an expression; write `{{` and `}}` for the characters
    themselves.
    """

    code = "RES105"
    reason: str
    advice: str

    @property
    def headline(self) -> str:
        return self.reason

    @property
    def hint(self) -> str:
        return self.advice


@dataclass(frozen=True, kw_only=True)
class BadNumber(Problem):
    """A number is malformed, or is longer or larger than any network needs."""

    code = "RES106"
    reason: str

    @property
    def headline(self) -> str:
        return self.reason
