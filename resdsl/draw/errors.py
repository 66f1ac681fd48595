"""What cannot be drawn."""

from __future__ import annotations

from resdsl.refusal import Refused


class NotDrawn(Refused):
    """A figure cannot be written as wished: an unknown format or length, a faulty theme, a missing program."""
