"""Builds that are killed, run out of room, or find their files damaged: nothing is lost, and they go on."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.interrupts.moments import wait_until_gone
from tests.sweeps.build_process import build, family, main
from tests.sweeps.trees import hashes, times, whole_points

ROOT = Path(__file__).resolve().parents[2]
POINTS = len(family().points)
EVENTS_OF_A_POINT = 40_000
"""Of Python's profiler, about."""


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of a build that nothing disturbed."""
    root = tmp_path_factory.mktemp("uninterrupted")
    run = build(root, 1)
    assert (run.made, run.kept, run.failed, run.missing) == (POINTS, 0, [], ())
    return root


def started(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.sweeps.build_process", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("moments", [8, pytest.param(20, marks=pytest.mark.moments)])
def test_killed_at_many_moments(moments: int, uninterrupted: Path, tmp_path: Path) -> None:
    root = tmp_path / "runs"
    chance = random.Random(34)
    grown = []
    for moment in range(moments):
        # To start anew takes longer than the points do: where no workers are needed, a copy of this process builds.
        killed = f"killed={1 + chance.randrange(3)}+{chance.randrange(EVENTS_OF_A_POINT)}"
        wait_until_dead(Forked(root, killed) if moment % 4 else started(root, 2, killed))
        grown.append(len(whole_points(root)))
    assert grown == sorted(grown)
    assert 0 < grown[0] < POINTS, "the first build was killed at its beginning or at its end"
    assert len(set(grown)) > moments // 4, "most builds were killed before they wrote anything"

    damaged = root / whole_points(root)[0] / "network.onnx"
    with damaged.open("r+b") as file:
        file.truncate(damaged.stat().st_size - 100)
    before = times(root)
    whole = {f"{point}/{file.name}" for point in folders(root) for file in (root / point).glob("[!.]*")}
    done = started(root, 2)
    assert done.wait(120) == 0
    assert hashes(root) == hashes(uninterrupted)

    after = times(root)
    rebuilt = {name for name in whole if after[name] != before[name]}
    point = damaged.parent.name
    assert rebuilt == {f"{point}/network.onnx", f"{point}/manifest.json"}


def folders(root: Path) -> list[str]:
    return [path.parent.name for path in root.glob("*/manifest.json")]


class Forked:
    """A copy of this process that builds the family alone: what a process of its own does, without starting one."""

    def __init__(self, folder: Path, *options: str) -> None:
        reads, writes = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            sys.stdout = os.fdopen(writes, "w")
            try:
                main(str(folder), "1", *options)
            finally:
                os._exit(0)
        os.close(writes)
        self.stdout = os.fdopen(reads)

    def wait(self) -> int:
        return os.waitpid(self.pid, 0)[1]


def wait_until_dead(process: subprocess.Popen[str] | Forked) -> None:
    """Wait for the end of a process and of its workers, which die with it: nothing is looked at before."""
    assert process.stdout is not None
    process.stdout.read()
    process.stdout.close()
    process.wait()


def test_a_worker_that_is_killed_costs_no_point(uninterrupted: Path, tmp_path: Path) -> None:
    said, problems = started(tmp_path, 2, "maimed=1").communicate(timeout=120)
    assert "failed=0" in said, problems
    assert hashes(tmp_path) == hashes(uninterrupted)


def workers(parent: int) -> list[int]:
    """Processes of a pool: spawned children that are no tracker of resources."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state = path.read_text().rpartition(")")[2].split()
            command = (path.parent / "cmdline").read_text()
        except OSError:
            continue
        if int(state[1]) == parent and "spawn_main" in command:
            found.append(int(path.parent.name))
    return sorted(found)


@pytest.mark.parametrize("at_hand", ["workers that start", "points"])
def test_an_interrupt_of_a_program_leaves_whole_points_and_no_worker(
    uninterrupted: Path, tmp_path: Path, at_hand: str
) -> None:
    process = started(tmp_path, 2)
    assert process.stdout is not None
    if at_hand == "points":
        process.stdout.readline()
    while process.poll() is None and not workers(process.pid):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    problems = process.communicate(timeout=120)[1]
    assert process.returncode == -signal.SIGINT
    assert problems.count("Traceback") == 1, "a worker was interrupted too"
    assert problems.endswith("KeyboardInterrupt\n")
    wait_until_gone(process.pid)
    whole_points(tmp_path)
    assert not list(tmp_path.rglob(".*"))
    assert build(tmp_path, 1).failed == []
    assert hashes(tmp_path) == hashes(uninterrupted)


@pytest.mark.parametrize("damage", ["truncated", "changed", "gone", "torn manifest", "no manifest", "stray files"])
def test_what_is_damaged_is_built_again_and_nothing_else(uninterrupted: Path, tmp_path: Path, damage: str) -> None:
    root = tmp_path / "runs"
    shutil.copytree(uninterrupted, root)
    point = folders(root)[3]
    hurt(root / point, damage)
    before = times(root)
    run = build(root, 1)
    assert (run.made, run.kept) == ((0, POINTS) if damage == "stray files" else (1, POINTS - 1))
    assert hashes(root) == hashes(uninterrupted)
    changed = {name for name, when in times(root).items() if before.get(name) != when}
    assert {name.partition("/")[0] for name in changed} <= {point}


def hurt(folder: Path, damage: str) -> None:
    weights = folder / "network.safetensors"
    data = weights.read_bytes()
    if damage == "truncated":
        weights.write_bytes(data[:-1])
    elif damage == "changed":
        weights.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif damage == "gone":
        weights.unlink()
    elif damage == "torn manifest":
        text = (folder / "manifest.json").read_text(encoding="utf-8")
        (folder / "manifest.json").write_text(text[: len(text) // 2], encoding="utf-8")
    elif damage == "no manifest":
        (folder / "manifest.json").unlink()
    else:
        (folder / ".network.onnx.0123456789ab.part").write_bytes(data)
        (folder.parent / ".manifest.json.0123456789ab.part").write_bytes(data)


# ---------------------------------------------------------------------------------------- no room left


@pytest.mark.parametrize("jobs", [1, 2])
def test_files_that_may_not_be_written_fail_alone(uninterrupted: Path, tmp_path: Path, jobs: int) -> None:
    limit = 40_000
    process = started(tmp_path, jobs, f"limit={limit}")
    said, problems = process.communicate(timeout=120)
    assert process.returncode == 0, problems
    large = {path.parent.name for path in uninterrupted.glob("*/*") if path.stat().st_size > limit}
    assert 0 < len(large) < POINTS
    assert f"made={POINTS - len(large)} kept=0 failed={len(large)} full=False" in said
    assert "network.onnx: file too large" in said
    assert sorted(whole_points(tmp_path)) == sorted({path.name for path in uninterrupted.iterdir()} - large - MANIFEST)
    assert not list(tmp_path.rglob(".*"))
    assert build(tmp_path, 1).made == len(large)
    assert hashes(tmp_path) == hashes(uninterrupted)


MANIFEST = {"manifest.json"}


def disks() -> list[str]:
    """Kinds of small file systems that can be had here: within a name space of its own, or none."""
    if not shutil.which("unshare"):
        return []
    allowed = subprocess.run(["unshare", "-Urm", "true"], check=False, capture_output=True).returncode == 0
    return ["tmpfs"] if allowed else []


@pytest.mark.parametrize("kind", disks())
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk(uninterrupted: Path, tmp_path: Path, kind: str, jobs: int) -> None:
    total = sum(path.stat().st_size for path in uninterrupted.rglob("*") if path.is_file())
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    run = f"{sys.executable} -m tests.sweeps.build_process {disk} {jobs}"
    script = "\n".join(
        [
            "set -e",
            f"mount -t {kind} -o size={total // 2} {kind} {disk}",
            run,
            f"cp -a {disk} {kept}",
            f"mount -o remount,size={4 * total} {disk}",
            run,
            f"cp -a {disk} {kept}2",
        ]
    )
    done = subprocess.run(["unshare", "-Urm", "sh", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    first, second = [line for line in done.stdout.splitlines() if line.startswith("made=")]
    assert "failed=0 full=True" in first
    assert "no space left on device" in done.stdout
    before = whole_points(kept)
    assert 0 < len(before) < POINTS
    assert not list(kept.rglob(".*.part"))
    assert f"made={POINTS - len(before)} kept={len(before)} failed=0 full=False" in second
    assert hashes(Path(f"{kept}2")) == hashes(uninterrupted)
