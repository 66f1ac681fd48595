"""The error raised by everything that draws."""

from __future__ import annotations

from resdsl.refusal import Refused


class NotDrawn(Refused):
    """A figure cannot be drawn as requested: an unknown format, an invalid length or theme, a missing program."""
