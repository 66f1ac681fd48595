"""What can be wrong with the form of a text (RES1xx)."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.diagnostics.problem import Label, Problem
from resdsl.source import Span


@dataclass(frozen=True, kw_only=True)
class UnreadableText(Problem):
    """A file is missing, is a folder, is too long, or is no UTF-8 text."""

    code = "RES100"
    name: str
    reason: str

    @property
    def headline(self) -> str:
        return f"cannot read {self.name}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class StrayCharacter(Problem):
    """A character that begins no word of the language stands outside strings and comments."""

    code = "RES101"
    character: str

    @property
    def headline(self) -> str:
        if self.character == '"':
            return "this string has no end on its line"
        visible = self.character if self.character.isprintable() else ascii(self.character)[1:-1]
        return f"the character `{visible}` has no meaning here"

    @property
    def hint(self) -> str | None:
        if self.character == "'":
            return 'strings stand in double quotes: "..."'
        if self.character == '"':
            return 'close it with `"`; a quote within a string is written \\"'
        if self.character == "\N{MULTIPLICATION SIGN}":
            return "write the letter x: 3x3"
        if not self.character.isascii():
            return (
                "names are made of the letters A to Z, digits and _; other characters may stand in strings and comments"
            )
        return None


@dataclass(frozen=True, kw_only=True)
class UnexpectedWord(Problem):
    """The text up to here is well formed, and the word that follows cannot come next.

    `expected` lists what could. The usual causes: a colon after a stage's name left out, a brace or a
    bracket not closed before, two statements on one line without `;`, an opening brace on a line of
    its own.
    """

    code = "RES102"
    word: str
    wanted: tuple[str, ...]
    advice: str | None = None

    @property
    def headline(self) -> str:
        return f"did not expect {self.word} here"

    @property
    def expected(self) -> str | None:
        return ", ".join(self.wanted) or None

    @property
    def hint(self) -> str | None:
        return self.advice


@dataclass(frozen=True, kw_only=True)
class UnclosedBracket(Problem):
    """A bracket or brace is closed by the wrong counterpart, by none, or was never opened."""

    code = "RES103"
    bracket: str
    opened: Span | None = None

    @property
    def headline(self) -> str:
        if self.bracket in "([{":
            return f"this `{self.bracket}` is never closed"
        if self.opened is not None:
            return f"this `{self.bracket}` does not close `{self.opened.text}`"
        return f"this `{self.bracket}` closes nothing that is open"

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.opened, "open here"),) if self.opened else ()


@dataclass(frozen=True, kw_only=True)
class TooDeep(Problem):
    """Brackets, braces or operators are nested more deeply than any network needs."""

    code = "RES104"
    limit: int

    @property
    def headline(self) -> str:
        return f"this is nested more than {self.limit} deep"

    @property
    def hint(self) -> str:
        return "a chain of operators nests too; name parts of it with `let`"


@dataclass(frozen=True, kw_only=True)
class TooLong(Problem):
    """A name, a number or a string is longer than any that means something. It is refused before it is looked at."""

    code = "RES120"
    length: int
    limit: int

    @property
    def headline(self) -> str:
        return f"this word has {self.length:_} characters, and at most {self.limit:_} are read"

    @property
    def hint(self) -> str:
        return "a long remark may stand in a comment, after `#`"


@dataclass(frozen=True, kw_only=True)
class BadString(Problem):
    """A string holds an escape that is none, or a brace that is not closed.

    Escapes are \\\\, \\", \\n and \\t. `{` and `}` enclose an expression; doubled, they stand for
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
    """A number is longer or larger than anything about a network, or malformed."""

    code = "RES106"
    reason: str

    @property
    def headline(self) -> str:
        return self.reason
