"""Units on Ray as a process of its own: `python -m tests.sweeps.ray_process FOLDER [ADDRESS]`.

Some of them kill their worker in the middle, as a machine without memory does.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from resdsl.sweeps.units.on_ray import OnRay
from resdsl.sweeps.units.unit import Outcome


@dataclass(frozen=True)
class Fragile:
    """A unit that is a single file, and kills its process so many times before it is made."""

    name: str
    folder: str
    deaths: int = 0

    def complete(self, folder: Path) -> Outcome:
        """Die, or make the file."""
        died = len(list(folder.glob("death-*")))
        if died < self.deaths:
            (folder / f"death-{died}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        (folder / "made").write_text(self.name, encoding="utf-8")
        return Outcome(self.name, "made")


DEATHS = (0, 1, 0, 99, 0, 2, 0)


def main(folder: str, address: str | None = None) -> None:
    """Make the units, and say what became of each."""
    root = Path(folder)
    units = [Fragile(f"u{number}", str(root / f"u{number}"), deaths) for number, deaths in enumerate(DEATHS)]
    for outcome in OnRay(root, address)(units, 2):
        sys.stdout.write(f"{outcome.name} {outcome.status} {outcome.reason}".rstrip() + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
