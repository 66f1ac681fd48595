"""The command `resdsl watch` in a process, and requests to its page."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
"""Seconds; a test that waits so long fails."""

NET = """network tiny(classes = 10) {
  input 3x8x8
  conv 3x3, 8; norm; act
  stage body: basic(8) x 2
  avgpool global
  fc classes
}
"""
BROKEN = NET.replace("conv 3x3", "cnov 3x3")
SWEEP = (
    NET
    + """
sweep sizes {
  network tiny
  over classes = [2, 5, 10]
}
"""
)
LONG_SWEEP = SWEEP.replace("[2, 5, 10]", "1..1000000")


class Watching:
    """A process of `resdsl watch`, which watches one file in a folder.

    Args:
        folder: the folder.
        text: the text of the file at first.
        options: of the command.
    """

    def __init__(self, folder: Path, text: str = NET, *options: str) -> None:
        self.path = folder / "net.res"
        self.path.write_text(text, encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-c", _AS_A_TERMINAL_WOULD, "watch", "net.res", *options],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line + self.process.communicate()[1]
        self.address = found.group()
        self.parts = urlsplit(self.address)

    def save(self, text: str) -> None:
        """Save the file as most editors do: another file takes its name."""
        other = self.path.with_suffix(".new")
        other.write_text(text, encoding="utf-8")
        other.replace(self.path)

    def ask(
        self, name: str = "", *, host: str | None = None, path: str | None = None, **headers: str
    ) -> http.client.HTTPResponse:
        """Get a file of the page; headers have underscores for hyphens."""
        return self._request("GET", path or self.parts.path + name, None, host, headers)

    def tell(self, name: str, record: object, **headers: str) -> http.client.HTTPResponse:
        """Post a record."""
        return self.post(name, json.dumps(record), **headers)

    def post(self, name: str, body: str, **headers: str) -> http.client.HTTPResponse:
        """Post a text, be it a record or not."""
        return self._request("POST", self.parts.path + name, body, None, headers)

    def _request(
        self, method: str, path: str, body: str | None, host: str | None, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self.parts.hostname or "", self.parts.port, timeout=PATIENCE)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Host": host or self.parts.netloc, **named})
        return connection.getresponse()

    def states(self) -> Iterator[dict[str, Any]]:
        """The sections of the page after each change of one of them."""
        state: dict[str, Any] = {}
        stream, deadline = self.ask("events"), time.monotonic() + PATIENCE
        while line := stream.readline():
            assert time.monotonic() < deadline, state.get("status")
            if line.startswith(b"data: "):
                state = {**state, **json.loads(line[6:])}
                yield state

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first state of the page for which something holds."""
        return next(state for state in self.states() if holds(state))

    def until_built(self, outcome: str) -> dict[str, Any]:
        """The first state after a complete build that had this outcome."""
        return self.until(lambda state: state["status"].get("outcome") == outcome and not state["status"]["building"])

    def processes(self) -> list[int]:
        """The processes of its session: its own, and those that it started."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == self.process.pid and fields[0] != "Z":
                found.append(int(folder.name))
        return found

    def memory(self) -> int:
        """Bytes in memory of all its processes; what they share is counted once for each."""
        pages = [Path(f"/proc/{number}/statm").read_text().split()[1] for number in self.processes()]
        return sum(map(int, pages)) * os.sysconf("SC_PAGE_SIZE")

    def end(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """Send a signal to all processes, as a terminal does; the exit code, and what was printed as errors."""
        os.killpg(self.process.pid, number)
        _, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, errors


def text_of(state: dict[str, Any]) -> str:
    """The text that the page shows first."""
    lines = state["texts"][0]["lines"] if "texts" in state else []
    return "\n".join("".join(piece[0] for piece in line) for line in lines)


_AS_A_TERMINAL_WOULD = """
import signal, runpy
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("resdsl", run_name="__main__", alter_sys=True)
"""
"""Runs the command with interrupts, which are ignored where tests run in the background of a shell."""
