"""A unit of a sweep, what becomes of it, and how a worker makes it.

Units are sent to other processes and machines, so that they hold plain values and can be pickled.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from resdsl.files import error_text
from resdsl.plugins import PluginError
from resdsl.refusal import Refused
from resdsl.sweeps.units.manifest import make_folder

_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a unit.

    Attributes:
        name: the name of the unit.
        status: `made`, `kept` if everything was present and intact, or `failed`.
        reason: why it failed.
        full: whether it failed because the disk is full, as all others would.
        replaced: whether it replaced a unit of a different network.
        result: what was found, if the unit is not about files.
    """

    name: str
    status: Literal["made", "kept", "failed"]
    reason: str = ""
    full: bool = False
    replaced: bool = False
    result: object = None


class SweepUnit(Protocol):
    """Something that is made in a folder of its own, or is computed and needs none."""

    @property
    def name(self) -> str:
        """Its name, which no other unit of the sweep has."""

    @property
    def folder(self) -> str | None:
        """The path of its folder; None if it needs none."""

    def complete(self, folder: Path) -> Outcome:
        """Make what its folder lacks, alone in it: other processes may have been given the same.

        A unit that needs no folder is given that of its process.

        Raises:
            Refused, PluginError, OSError: it cannot be made.
        """


def make(unit: SweepUnit) -> Outcome:
    """Make a unit; errors of a single unit are returned, not raised."""
    try:
        folder = Path(unit.folder or "")
        if unit.folder is not None:
            make_folder(folder)
        return unit.complete(folder)
    except (Refused, PluginError) as error:
        return Outcome(unit.name, "failed", str(error))
    except OSError as error:
        return Outcome(unit.name, "failed", error_text(error), full=error.errno in _FULL)
    except Exception as error:  # noqa: BLE001 - a failing unit must not affect others; it is reported at the end
        return Outcome(unit.name, "failed", f"bug in resdsl: {type(error).__name__}: {error}")
