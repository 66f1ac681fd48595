"""The state of the page: its sections, each with the number of its last change.

While a file is broken, the sections of the last good state stay, and `status` says that they are stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from resdsl.live.changes import Look
from resdsl.live.order import BuildOrder

SECTIONS = ("choices", "texts", "problems", "figure", "tables", "difference")
"""The parts of the page that builds bring."""
_LOST = "the build ended before it was done; perhaps there was not enough memory for it"


@dataclass
class PageState:
    """The sections of the page, and the order that they are built by.

    Attributes:
        order: what to build next.
        files: the files to watch, as they looked when they were read.
        version: the number of the last change of any section.
    """

    order: BuildOrder
    files: Mapping[Path, Look] = field(default_factory=dict)
    version: int = 0
    _sections: dict[str, tuple[int, Any]] = field(default_factory=dict)
    _status: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._show("order", self._order_record())

    def since(self, version: int) -> dict[str, Any]:
        """The sections that changed after a version."""
        return {name: content for name, (changed, content) in self._sections.items() if changed > version}

    def begin(self) -> BuildOrder:
        """A build begins; returns its order."""
        self._note(building=True, progress=None)
        return self.order

    def take(self, update: Mapping[str, Any]) -> None:
        """Join an update of the current build into the state."""
        for name in SECTIONS:
            if name in update:
                self._show(name, update[name])
        if "files" in update:
            self.files = update["files"]
        if "good" in update:
            self.order = replace(self.order, good=update["good"], compared=update["compared"])
            self._show("order", self._order_record())
        if "outcome" in update:
            is_built = update["outcome"] in ("good", "unmet")
            self._note(outcome=update["outcome"], stale=not is_built and "figure" in self._sections)
        if "progress" in update:
            self._note(progress=update["progress"])

    def end(self, *, lost: bool = False) -> None:
        """The current build is over.

        Args:
            lost: whether its process died.
        """
        self._note(building=False, progress=None, lost=_LOST if lost else None)

    def choose(self, wanted: Mapping[str, Any]) -> bool:
        """Show another network, sweep or view; whether that is something new."""
        order = replace(self.order, **wanted)
        if order == self.order:
            return False
        if order.choice != self.order.choice:
            order = replace(order, good=None, compared=None, pinned=None)
        self.order = order
        self._show("order", self._order_record())
        return True

    def pin(self, *, pinned: bool) -> None:
        """From now on, compare with the last good state, or no longer with a fixed one."""
        self.order = replace(self.order, pinned=self.order.good if pinned else None)
        self._show("order", self._order_record())

    def _order_record(self) -> dict[str, Any]:
        order = self.order
        return {
            "file": order.name,
            "choice": order.choice,
            "view": order.view,
            "fold": order.fold,
            "pinned": order.pinned is not None,
            "themed": order.style is None,
        }

    def _note(self, **changes: Any) -> None:
        self._status = {**self._status, **changes}
        self._show("status", self._status)

    def _show(self, name: str, content: Any) -> None:
        before = self._sections.get(name)
        if before is None or before[1] != content:
            self.version += 1
            self._sections[name] = (self.version, content)
