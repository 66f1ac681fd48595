"""What a time was measured on: the processor, the system, and the versions of what computed."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

LIBRARIES = ("torch", "onnxruntime")
_CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Machine:
    """A machine.

    Attributes:
        processor: the name of its processor.
        cores: how many cores this process may use.
        system: its operating system and architecture.
        python: the version of Python.
        libraries: the versions of the libraries that compute, of those that are installed.
    """

    processor: str
    cores: int
    system: str
    python: str
    libraries: dict[str, str]

    @property
    def text(self) -> str:
        """All of it in a line, but for the cores."""
        versions = ", ".join(f"{name} {number}" for name, number in self.libraries.items())
        return f"{self.processor}, {self.system}, Python {self.python}" + (f", {versions}" if versions else "")

    def record(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return asdict(self)


def this_machine() -> Machine:
    """The machine of this process."""
    return Machine(
        _processor(),
        usable_cores(),
        f"{platform.system()} {platform.machine()}",
        platform.python_version(),
        _versions(),
    )


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processor() -> str:
    """Its name as the system has it, or else its architecture."""
    try:
        lines = _CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names and names[0] else platform.processor() or platform.machine()


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
