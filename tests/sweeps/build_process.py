"""A build as a process of its own, to be killed: `python -m tests.sweeps.build_process FOLDER JOBS`."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from resdsl.sweeps.building.run import Order, Run, build_all
from tests.sweeps.points import SMALL, Family

KINDS = ("onnx", "torch", "safetensors")


def family() -> Family:
    """Twenty-four points whose files have 10 kB to 1 MB."""
    return Family(SMALL, width=[4, 8, 16, 32], shortcut=["A", "B", "C"], n=[1, 2])


def build(folder: Path, jobs: int, *, tell: bool = False) -> Run:
    """Build the family into a folder."""
    made = family()
    order = Order("family", folder, KINDS, seed=3, jobs=jobs)
    return build_all(made.points, made.network, order, (lambda outcome: say(str(outcome))) if tell else None)


def say(line: str) -> None:
    """A line on the standard output, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(folder: str, jobs: str, limit: str = "") -> None:
    """Build, with a limit for the size of a file if one is given."""
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    run = build(Path(folder), int(jobs), tell=True)
    say(f"built={run.built} kept={run.kept} failed={len(run.failed)} full={run.full} missing={run.missing}")


if __name__ == "__main__":
    main(*sys.argv[1:])
