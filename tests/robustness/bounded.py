"""Running commands on a hostile file, each case in a process of its own, with its time and memory looked at."""

from __future__ import annotations

import gc
import io
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import click

from resdsl.cli.exits import FAULT
from resdsl.cli.main import _run

MOST_SECONDS = 2.0
"""Processor time of one command."""
MOST_BYTES = 300 * 1024 * 1024
"""What the process of a case may grow by."""
_LAST_RESORT = 30
"""Seconds of processor time after which the system ends a case."""

Commands = Sequence[Sequence[str]]
OF_JSON: Commands = (
    ("check",),
    ("report",),
    ("build", "--to", "json", "-o", "made.json"),
    ("build", "--to", "onnx", "-o", "made.onnx"),
    ("build", "--to", "torch", "-o", "made.py"),
    ("build", "--to", "svg", "-o", "made.svg"),
)


def faults_of(text: str, name: str, commands: Commands) -> tuple[list[str], float, int]:
    """What is wrong with how commands end that are given a file of this text and name.

    Returns:
        the faults in sentences; seconds of processor time of the slowest command; bytes by which the process grew.
    """
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(text.encode(errors="surrogatepass"))
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            _work(name, commands, folder, writing)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            lines = pipe.read().splitlines()
        _, status, used = os.wait4(child, 0)
    resident, *ended = [json.loads(line) for line in lines]
    found = [fault for each in ended for fault in _faults(each)]
    if status != 0 or len(ended) < len(commands):
        found.append(f"`{' '.join(commands[min(len(ended), len(commands) - 1)])}` ended with status {status}")
    grown = used.ru_maxrss * 1024 - resident
    if grown > MOST_BYTES:
        found.append(f"took {grown / 2**20:.0f} MiB")
    return found, max((each["seconds"] for each in ended), default=0.0), grown


@dataclass
class Summary:
    """What came of many cases: how many failed, and the slowest and the largest."""

    kind: str
    count: int = 0
    failed: int = 0
    slowest: tuple[float, str] = (0.0, "")
    largest: tuple[int, str] = (0, "")

    def add(self, name: str, found: Sequence[str], seconds: float, grown: int) -> None:
        """Count a case, and tell its faults."""
        self.count += 1
        self.failed += bool(found)
        self.slowest, self.largest = max(self.slowest, (seconds, name)), max(self.largest, (grown, name))
        for fault in found:
            click.echo(f"{name}: {fault}")

    def close(self) -> int:
        """Tell the sums; the exit code."""
        (seconds, slow), (grown, large) = self.slowest, self.largest
        click.echo(
            f"{self.count:,} {self.kind}: {self.failed} failed; slowest {seconds:.2f} s ({slow}); "
            f"largest {grown / 2**20:.0f} MiB of {MOST_BYTES / 2**20:.0f} ({large})"
        )
        return 1 if self.failed else 0


def warm(commands: Commands) -> None:
    """Run the commands on a shipped network here, so that no case has to import what they need."""
    with tempfile.TemporaryDirectory() as folder:
        before = Path.cwd()
        os.chdir(folder)
        try:
            for command in commands:
                with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                    _run([command[0], "resnet18_small", *command[1:]])
        finally:
            os.chdir(before)


def _work(name: str, commands: Commands, folder: str, pipe: int) -> None:
    """The child: run the commands and tell how each ended."""
    resource.setrlimit(resource.RLIMIT_CPU, (_LAST_RESORT, _LAST_RESORT))
    os.chdir(folder)
    # As in the process of a command, in which there is nothing of these tests, nor a search for garbage.
    gc.freeze()
    gc.disable()
    os.write(pipe, f"{_resident()}\n".encode())
    for command in commands:
        sys.stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        sys.stderr = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        began = time.process_time()
        code = _run([command[0], name, *command[1:]])
        seconds = time.process_time() - began
        out, err = (stream.buffer.getvalue().decode() for stream in (sys.stdout, sys.stderr))
        ended = {"command": " ".join(command), "code": code, "seconds": seconds, "shown": (out + err)[:20_000]}
        os.write(pipe, (json.dumps(ended) + "\n").encode())
    os._exit(0)


def _faults(ended: dict[str, object]) -> Iterable[str]:
    command, shown = ended["command"], str(ended["shown"])
    if ended["code"] not in (0, 1, 2) or ended["code"] == FAULT:
        yield f"`{command}` ended with {ended['code']}: {shown[:300]}"
    if "Traceback" in shown:
        yield f"`{command}` showed a traceback: {shown[:300]}"
    if not all(line.isprintable() for line in shown.split("\n")):
        yield f"`{command}` showed what is not printable: {shown[:300]!a}"
    if float(str(ended["seconds"])) > MOST_SECONDS:
        yield f"`{command}` took {ended['seconds']} s"


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
