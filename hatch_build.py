"""Leaves the tables of the grammar in the package as it is built; see `resdsl/syntax/tables.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TablesHook(BuildHookInterface[Any]):
    """Makes `resdsl/syntax/tables.bin` before a wheel or an editable installation is put together."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling."""
        sys.path.insert(0, self.root)
        try:
            from resdsl.syntax.tables import KEPT, keep_tables

            keep_tables()
        finally:
            sys.path.remove(self.root)
        build_data["artifacts"].append("/" + KEPT.relative_to(Path(self.root).resolve()).as_posix())
