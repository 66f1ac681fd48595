"""Words and signs of a text."""

from __future__ import annotations

from resdsl.source import Source, Span

END = "$END"
"""The kind of the token behind the last one."""


class Token(str):
    """A word or sign, as it is written.

    Attributes:
        type: the terminal of the grammar.
        start: where in the text it begins.
    """

    __slots__ = ("start", "type")

    type: str
    start: int

    def __new__(cls, text: str, kind: str, start: int) -> Token:
        made = super().__new__(cls, text)
        made.type = kind
        made.start = start
        return made

    @property
    def end(self) -> int:
        """Where in the text it ends."""
        return self.start + len(self)

    def span(self, source: Source) -> Span:
        """The stretch of the text that it stands on."""
        return Span(source, self.start, self.start + len(self))
