"""What a folder holds: runs with results, runs that failed or have not finished, and runs that are missing.

The folder of a sweep has `results.csv`, which is all that tables need; it is trusted if its rows are the runs that the
manifest of the sweep lists. Otherwise, and for histories, the folder of each run is read.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resdsl.experiments.reading import history_of, not_ours, record_in, text_in
from resdsl.experiments.rows import NoResults, Row, is_whole, row_of, rows_in
from resdsl.files import error_text
from resdsl.printable import one_line
from resdsl.training.run import BEST, CHECKPOINT, FAILURE, HISTORY, MANIFEST as RUN, RESPONSES, RESULT, WEIGHTS
from resdsl.training.watching import TIMES

RESULTS, SWEEP = "results.csv", "manifest.json"
_LEFT = (RESULTS, SWEEP, FAILURE, RESPONSES, CHECKPOINT, HISTORY, TIMES, RUN, RESULT, WEIGHTS, BEST)
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run that has a result: its folder, and its row."""

    folder: Path
    row: Row


@dataclass(frozen=True, slots=True)
class StoppedRun:
    """A run without a result.

    Attributes:
        step: how many steps it took, as far as is known.
        reason: why it failed; None if it may still go on.
    """

    point: str
    seed: int
    step: int
    reason: str | None

    def __str__(self) -> str:
        if self.reason is None:
            return f"{self.point}, seed {self.seed}: not finished, {self.step} steps so far"
        return f"{self.point}, seed {self.seed}: failed at step {self.step}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a folder holds.

    Attributes:
        name: the name of the sweep, or that of the folder.
        rows: a row for each run that has a result.
        stopped: the runs that failed or have not finished.
        missing: what the manifest of the sweep lists as missing, except for stopped runs.
        findings: what the lint of the sweep found, one line each.
        caveat: what is not known of the runs, in a sentence; empty if nothing is.
    """

    name: str
    rows: tuple[Row, ...]
    stopped: tuple[StoppedRun, ...] = ()
    missing: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    caveat: str = ""


def contents(root: Path) -> Contents:
    """Read a folder of runs: that of a sweep, of several runs, or of one; or a file such as `results.csv`.

    Raises:
        NoResults: the folder has no runs, or a file in it is not what its name says.
    """
    if root.is_file():
        return _file(root)
    listed = _listed(root)
    rows = _table(root, listed)
    name = root.resolve().name
    if rows is None:
        finished, stopped = runs(root)
        order = {unit: place for place, unit in enumerate(listed.finished)}
        rows = [run.row for run in finished]
        rows.sort(key=lambda row: order.get((row["point"], row["seed"]), len(order)))
        name = _sweep_of(root) or name
    else:
        folders = [root / unit for unit in listed.missing if (root / unit / RUN).exists()]
        stopped = [*listed.failed, *(_stopped(folder, record_in(folder / RUN)) for folder in folders)]
    going = {f"{run.point}/seed-{run.seed}" for run in stopped}
    missing = tuple(unit for unit in listed.missing if unit not in going)
    return Contents(listed.sweep or name, tuple(rows), tuple(stopped), missing, listed.findings)


def _file(path: Path) -> Contents:
    """A table of results; the one of a sweep is read with all that the folder of the sweep holds."""
    if path.name == RESULTS and (path.parent / SWEEP).exists():
        return contents(path.parent)
    rows = rows_in(text_in(path), str(path))
    name = path.resolve().parent.name if path.name == RESULTS else path.stem
    return Contents(name, tuple(rows), caveat="a table of results does not list runs that failed.")


def runs(root: Path) -> tuple[list[FinishedRun], list[StoppedRun]]:
    """The runs in a folder and below it, in the order of their names, in which 9 is before 10.

    Runs outside a sweep that differ in their seed alone are one point. It has the name of the network and, where that
    is not enough, of the first folder.

    Raises:
        NoResults: there are none, a folder cannot be read, or a file is not what its name says.
    """
    if not root.is_dir():
        raise NoResults(f"{one_line(str(root))} is not a folder")
    found = [(path.parent, record_in(path)) for path in sorted(_records(root), key=_in_order)]
    if not found:
        raise NoResults(f"{one_line(str(root))} has no runs: no {RUN} is in it or below it")
    names = _names(root, found)
    finished: list[FinishedRun] = []
    stopped: list[StoppedRun] = []
    for (folder, run), point in zip(found, names, strict=True):
        named = {**run, "point": point}
        if (folder / RESULT).exists():
            finished.append(FinishedRun(folder, _row(folder, named)))
        else:
            stopped.append(_stopped(folder, named))
    return finished, stopped


def _records(root: Path) -> list[Path]:
    """The files that say what a run is, in a folder and below it.

    Raises:
        NoResults: a folder cannot be read.
    """

    def refuse(error: OSError) -> None:
        raise NoResults(one_line(error_text(error)))

    return [Path(folder) / RUN for folder, _, files in os.walk(root, onerror=refuse) if RUN in files]


def is_left_by_runs(path: Path, root: Path) -> bool:
    """Whether a path is that of a file which runs in a folder leave or read."""
    written = path.resolve()  # a link is followed
    return written.name in _LEFT and written.is_relative_to(root.resolve())


@dataclass(frozen=True, slots=True)
class _Listed:
    """What the manifest of a sweep lists; nothing if there is none.

    Attributes:
        sweep: the name of the sweep; empty if it is not known.
        finished: points and seeds of the runs that have a result, in order.
        failed: the runs that failed.
        missing: the runs that are not there, as `POINT/seed-SEED`.
        findings: what the lint of the sweep found.
    """

    sweep: str = ""
    finished: tuple[tuple[Any, Any], ...] = ()
    failed: tuple[StoppedRun, ...] = ()
    missing: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


def _listed(root: Path) -> _Listed:
    if not (root / SWEEP).exists():
        return _Listed()
    manifest = record_in(root / SWEEP)
    finished: list[tuple[Any, Any]] = []
    failed: list[StoppedRun] = []
    try:
        for unit in manifest.get("points", ()):
            if failure := unit.get("failure"):
                failed.append(StoppedRun(unit["point"], unit["seed"], failure["step"], str(failure["reason"])))
            else:
                finished.append((unit.get("point"), unit.get("seed")))
        hash(tuple(finished))  # a TypeError where a point or a seed is a list
        texts = [tuple(map(str, manifest.get(key, ()))) for key in ("missing", "findings")]
    except (AttributeError, KeyError, TypeError):
        raise not_ours(root / SWEEP) from None
    return _Listed(str(manifest.get("sweep", "")), tuple(finished), tuple(failed), *texts)


def _table(root: Path, listed: _Listed) -> list[Row] | None:
    """The rows of the sweep's table; None if there is none, or if it has other runs than the manifest lists."""
    if not (root / RESULTS).is_file():
        return None
    rows = rows_in(text_in(root / RESULTS), str(root / RESULTS))
    if (root / SWEEP).exists() and [(row["point"], row["seed"]) for row in rows] != list(listed.finished):
        return None
    return rows


def _row(folder: Path, run: dict[str, Any]) -> Row:
    result = record_in(folder / RESULT)
    try:
        row = row_of(run, result)
    except (KeyError, TypeError, AttributeError):
        raise not_ours(folder / RESULT) from None
    if not is_whole(row):
        raise not_ours(folder / RESULT)
    return row


def _stopped(folder: Path, run: dict[str, Any]) -> StoppedRun:
    failure = record_in(folder / FAILURE) if (folder / FAILURE).exists() else {}
    if not failure and (history := history_of(folder)):
        failure = {"step": history[-1].get("step", 0)}
    reason = failure.get("reason")
    try:
        point, seed = run.get("point", run["network"]), int(run["seed"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise not_ours(folder / RUN) from None
    try:
        return StoppedRun(str(point), seed, int(failure.get("step", 0)), None if reason is None else str(reason))
    except (TypeError, ValueError, OverflowError):
        raise not_ours(folder / FAILURE) from None


def _names(root: Path, found: Sequence[tuple[Path, dict[str, Any]]]) -> list[str]:
    """The name of the point of each run."""
    alike: dict[str, tuple[str, str]] = {}
    keys = []
    for folder, run in found:
        key = json.dumps({name: value for name, value in run.items() if name != "seed"}, sort_keys=True)
        place = folder.relative_to(root).as_posix()
        alike.setdefault(key, (str(run.get("point", run.get("network"))), place))
        keys.append(key)
    several = {name for name, times in Counter(name for name, _ in alike.values()).items() if times > 1}
    names = {key: f"{name} ({place})" if name in several else name for key, (name, place) in alike.items()}
    return [names[key] for key in keys]


def _sweep_of(root: Path) -> str | None:
    """The sweep that all runs in a folder are of, if there is one."""
    first, *others = [record_in(path).get("sweep") for path in _records(root)]
    return first if isinstance(first, str) and all(other == first for other in others) else None


def _in_order(path: Path) -> list[tuple[int, int | str]]:
    parts = _DIGITS.split(str(path))
    return [(0, int(part)) if part.isdigit() else (1, part) for part in parts]
