"""The page that the measurements are written to, as Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from textwrap import fill

OURS, LIVE, FORM = "ours", "live", "inference form"
PLAIN, TORCHVISION = "plain", "torchvision"
"""The contenders, as measurements name them."""
ON_A_GPU = "## On a GPU\n"
NO_GPU_YET = f"""{ON_A_GPU}
No GPU figure exists yet: there was none to measure on. `python -m benchmarks.gpu` makes this section where
there is one; with `--small` the same code runs on a CPU, as it does in the tests, and tells nothing of speed.
"""


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Median, minimum and maximum, as three cells."""
    return " | ".join(f"{value:.{digits}f}" for value in (median(values), min(values), max(values)))


def ratios(theirs: Sequence[float], ours: Sequence[float]) -> str:
    """Theirs to ours, of the medians and of the minima, as two cells."""
    return f"{median(theirs) / median(ours):.2f} | {min(theirs) / min(ours):.2f}"


def header(*titles: str) -> Iterator[str]:
    """The two lines that begin a table."""
    yield f"| {' | '.join(titles)} |"
    yield "|" + "---|" * len(titles)


def machine(packages: Sequence[str]) -> str:
    """The machine, its load, and the versions of what runs on it, as a paragraph."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    versions = ", ".join(f"{name} {version_of(name)}" for name in packages)
    told = f"{platform.system()} {platform.machine()} ({_processor()}), {cores} cores{load}"
    return fill(f"{told}; Python {platform.python_version()}, {versions}.", 110) + "\n"


def version_of(name: str) -> str:
    """The version of an installed package."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def gpu_section(page: str) -> str:
    """What a page says of GPUs: its last section."""
    _, title, section = page.partition(ON_A_GPU)
    return title + section if title else NO_GPU_YET


def with_gpu_section(page: str, section: str) -> str:
    """A page with another last section."""
    before = page.partition(ON_A_GPU)[0].rstrip("\n")
    return f"{before}\n\n{section}" if before else section


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "processor unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "processor unknown"
