"""Units that kill their process, as lack of memory does, or start processes of their own."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from resdsl.sweeps.units.unit import Outcome


@dataclass(frozen=True)
class Fragile:
    """A unit that is a file with the GPUs that it has, and kills its process so many times before it is made."""

    name: str
    folder: str
    deaths: int = 0

    def complete(self, folder: Path) -> Outcome:
        """Die, or make the file."""
        died = len(list(folder.glob("death-*")))
        if died < self.deaths:
            (folder / f"death-{died}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        (folder / "made").write_text(os.environ.get("CUDA_VISIBLE_DEVICES", ""), encoding="utf-8")
        return Outcome(self.name, "made")


@dataclass(frozen=True)
class Parental:
    """A unit that a process of its own makes, as trainings have batches made."""

    name: str
    folder: str

    def complete(self, folder: Path) -> Outcome:
        """Start a process, which makes the file."""
        child = multiprocessing.get_context("spawn").Process(target=(folder / "made").touch)
        child.start()
        child.join()
        return Outcome(self.name, "made")
