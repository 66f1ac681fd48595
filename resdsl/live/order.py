"""What the page shows: which file, what of it, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resdsl.elaborate.binding import Override


@dataclass(frozen=True)
class BuildOrder:
    """Everything that a build needs to know; it can be sent to another process.

    Attributes:
        path: the file.
        name: its name in messages.
        choice: the network or sweep to show; by default the network named after the file, or else the first one.
        view: the view of figures.
        fold: whether equal repeats are drawn once, in views that would draw each of them.
        style: a style of figures; None draws them for light and dark pages.
        overrides: values of `--set` and `--input`, by name.
        import_path: folders to search for imports, after that of the file.
        good: the network of the last good state, pickled.
        compared: the network that it was compared with, pickled.
        pinned: the network that every state is compared with, if there is one, pickled.
    """

    path: Path
    name: str
    choice: str | None = None
    view: str = "columns"
    fold: bool = True
    style: str | None = None
    overrides: Mapping[str, Override] = field(default_factory=dict)
    import_path: tuple[Path, ...] = ()
    good: bytes | None = None
    compared: bytes | None = None
    pinned: bytes | None = None

    @property
    def styles(self) -> tuple[str, ...]:
        """The styles that figures are drawn in: the one of the order, or that of light pages and that of dark ones."""
        return ("paper", "dark") if self.style is None else (self.style,)
