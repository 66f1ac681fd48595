"""From a save to the page of `resdsl watch`: `python -m benchmarks.watching EDITS` prints JSON.

Times are from the moment that the file has its name to that at which a reader of the page has the new section, in
milliseconds; memory is that of all processes of the command, in bytes, after the first tenth of the edits and at last.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from benchmarks.page import spread
from benchmarks.processes import resdsl

ROOT = Path(__file__).resolve().parent.parent
SPECS = ("resnet34", "resnet152")
MOST_MILLISECONDS = 300
_UNTIL_OVER = 0.5
"""Seconds after which the process of a build is gone that has sent its last section."""


def main() -> None:
    """Measure and print."""
    print(json.dumps({spec: measured(spec, int(sys.argv[1])) for spec in SPECS}))


def measured(spec: str, edits: int) -> dict[str, Any]:
    """Times to the message of a broken text, and to the figure and the changes of one that was mended; memory."""
    good = re.sub(
        r"^ *expect.*\n", "", (ROOT / "specs" / f"{spec}.res").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    times: dict[str, list[float]] = {"message": [], "figure": [], "changes": []}
    memory = []
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "net.res"
        path.write_text(good, encoding="utf-8")
        with subprocess.Popen(
            resdsl("watch", str(path)),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdout
            news = _news(process.stdout.readline().split(" at ")[1].split()[0])
            _wait(news, "difference")
            for edit in range(edits):
                begun = _save(path, good.replace("maxpool", "mxpool"))
                times["message"].append(_wait(news, "problems") - begun)
                begun = _save(path, good.replace("classes = 1000", f"classes = {1001 + edit}"))
                times["figure"].append(_wait(news, "figure") - begun)
                times["changes"].append(_wait(news, "difference") - begun)
                if edit in (edits // 10 - 1, edits - 1):
                    time.sleep(_UNTIL_OVER)
                    memory.append(_memory(process.pid))
            process.terminate()
    return {**{name: [1000 * each for each in found] for name, found in times.items()}, "memory": memory}


def page(found: Mapping[str, Mapping[str, Sequence[float]]]) -> Iterator[str]:
    """The section of the page of performance."""
    yield "\n## From a save to the page of `resdsl watch`\n"
    yield "| what | ms: median | min | max |"
    yield "|---|---|---|---|"
    for spec, times in found.items():
        for what in ("message", "figure", "changes"):
            yield f"| {spec}: {what} | {spread(times[what])} |"
    middle = {spec: [each / 1e6 for each in times["memory"]] for spec, times in found.items()}
    memory = "; ".join(f"{spec} {one:.1f} MB, then {two:.1f} MB" for spec, (one, two) in middle.items())
    yield f"\nGoal: {MOST_MILLISECONDS} ms. Memory of all its processes after a tenth of the edits, and at last:"
    yield f"{memory}."


def _save(path: Path, text: str) -> float:
    other = path.with_suffix(".new")
    other.write_text(text, encoding="utf-8")
    other.replace(path)
    return time.perf_counter()


def _news(address: str) -> Iterator[dict[str, Any]]:
    with urlopen(f"{address}events") as stream:
        for line in stream:
            if line.startswith(b"data: "):
                yield json.loads(line[6:])


def _wait(news: Iterator[dict[str, Any]], section: str) -> float:
    """When a section has come."""
    while section not in next(news):
        pass
    return time.perf_counter()


def _memory(session: int) -> int:
    """Bytes in memory of all processes of a session."""
    found = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            found += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return found


if __name__ == "__main__":
    main()
