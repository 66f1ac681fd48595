"""A million points of the CIFAR family as JSON lines: `python -m benchmarks.large [THOUSANDS]` prints a sentence.

The rows are read from a pipe. The memory of the process is looked at after a tenth of them and at its end, and the rate
of all points, by processor time, is compared with that of the first 10,000. The exit code is 1 if a goal is missed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import resdsl_with_peak
from benchmarks.sweeps import CIFAR

MOST_MEBIBYTES = 250
FEW = 10_000
"""The points whose rate the others are held to: those of all depths, widths, shortcuts and blocks, once."""
FAMILY = """sweep family {{
  network cifar
  over    classes = [10 * i for i in 1..{}]
  over    n = 1..26, w = [8 * i for i in 2..52], shortcut = [A, B, C, none], block = [basic, bottleneck]
}}
"""


@dataclass(frozen=True)
class Stream:
    """What was measured of a process that wrote points.

    Attributes:
        points: how many.
        seconds: wall time for all of them.
        processor: seconds of processor time for all of them.
        processor_of_few: the same for the first `FEW`.
        mebibytes_at_a_tenth: its peak of memory after a tenth of the points.
        mebibytes: its peak of memory at its end.
    """

    points: int
    seconds: float
    processor: float
    processor_of_few: float
    mebibytes_at_a_tenth: float
    mebibytes: float

    @property
    def is_good(self) -> bool:
        """Whether the goals are reached."""
        return self.mebibytes <= MOST_MEBIBYTES and self.points / self.processor >= FEW / self.processor_of_few

    def __str__(self) -> str:
        rate, of_few = self.points / self.processor, FEW / self.processor_of_few
        return (
            f"{self.points:,} points in {self.seconds:,.0f} s; {rate:,.0f} for a second of the processor, of the first "
            f"{FEW:,} {of_few:,.0f}; {self.mebibytes_at_a_tenth:.0f} MiB at a tenth, {self.mebibytes:.0f} MiB at the "
            f"end. Goals: {MOST_MEBIBYTES} MiB, and the rate of the first."
        )


def measure(times: int) -> Stream:
    """Measure a process that writes so many times `FEW` points as JSON lines."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "family.res"
        spec.write_text(CIFAR + FAMILY.format(times + 1), encoding="utf-8")
        line = resdsl_with_peak("sweep", str(spec), "--format", "jsonl")
        begun = time.perf_counter()
        process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stderr is not None
        of_few = at_a_tenth = 0.0
        count = 0
        for count, _ in enumerate(process.stdout, 1):
            if count == FEW:
                of_few = _processor(process.pid)
            if count == times * FEW // 10:
                at_a_tenth = _peak(process.pid)
        seconds = time.perf_counter() - begun
        peak = int(process.stderr.read().split()[-1]) / 1024
        _, status, usage = os.wait4(process.pid, 0)
        assert (os.waitstatus_to_exitcode(status), count) == (0, times * FEW)
        return Stream(count, seconds, usage.ru_utime + usage.ru_stime, of_few, at_a_tenth, peak)


def _processor(process: int) -> float:
    """The processor time of a process so far, in seconds."""
    user, system = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _peak(process: int) -> float:
    """The peak of memory of a process so far, in MiB."""
    found = re.search(r"VmHWM:\s*([0-9]+) kB", Path(f"/proc/{process}/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) / 1024


def main(thousands: int = 1000) -> int:
    """Measure and print; returns the exit code."""
    found = measure(max(1, 1000 * thousands // FEW))
    sys.stdout.write(f"{found}\n")
    return 0 if found.is_good else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
