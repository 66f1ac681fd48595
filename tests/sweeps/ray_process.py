"""Units on Ray as a process of its own: `python -m tests.sweeps.ray_process FOLDER [ADDRESS [VERSION]]`.

Some of them kill their worker in the middle. With a version, that of this process is said to be another one.
"""

from __future__ import annotations

import sys
from pathlib import Path

from resdsl.sweeps.units import on_ray
from resdsl.sweeps.units.on_ray import OnRay
from resdsl.version import __version__
from tests.sweeps.fragile import Fragile

DEATHS = (0, 1, 0, 99, 0, 2, 0)


def main(folder: str, address: str | None = None, version: str = __version__) -> None:
    """Make the units, and say what became of each."""
    vars(on_ray)["__version__"] = version
    root = Path(folder)
    units = [Fragile(f"u{number}", str(root / f"u{number}"), deaths) for number, deaths in enumerate(DEATHS)]
    for outcome in OnRay(root, address, on_gpus=address is not None)(units, 2):
        sys.stdout.write(f"{outcome.name} {outcome.status} {outcome.reason}".rstrip() + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
