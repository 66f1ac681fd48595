"""Problems with the form of a text (RES1xx)."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.diagnostics.problem import Label, Problem
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


_OPERATORS_ELSEWHERE = {
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`, and `!=` for a difference",
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
        if self.character == "\N{MULTIPLICATION SIGN}":
            return "write the letter x: 3x3"
        if self.character in _OPERATORS_ELSEWHERE:
            return _OPERATORS_ELSEWHERE[self.character]
        if not self.character.isascii():
            return "names can have the letters A to Z, digits and _; other characters are for strings and comments"
        return None


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

    @property
    def headline(self) -> str:
        return f"unexpected {self.word.removeprefix('the ')}"

    @property
    def expected(self) -> str | None:
        return ", ".join(self.wanted) or None

    @property
    def hint(self) -> str | None:
        return self.advice


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
