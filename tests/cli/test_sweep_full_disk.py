"""`resdsl sweep` on a disk that is full: it ends, says so, leaves no part of a file, and goes on later."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import ROOT

SPEC = """
network small(w = 4, n = 1, classes = 10) {
  input 1x8x8
  conv 3x3, w; norm; act
  stage layer1: basic(w) x n
  avgpool global
  fc classes
}
sweep s { network small; over w = [4, 6], n = [1, 2] }
sweep wide { network small; over classes = 2..1500 }
"""
MAKING = {
    "build": ("s --build json -o {disk}/runs --jobs 2", "4 points to build", "4 points: ", 24),
    "train": ("s --train digits --steps 2 -o {disk}/runs --jobs 1", "4 trainings to do", "4 trainings: ", 60),
}


def needs_a_small_disk() -> bool:
    """Whether a small file system can be had here, within a name space of its own."""
    return (
        shutil.which("unshare") is not None
        and subprocess.run(["unshare", "-Urm", "true"], check=False, capture_output=True).returncode == 0
    )


pytestmark = pytest.mark.skipif(not needs_a_small_disk(), reason="no small file system can be mounted here")


def ran(folder: Path, words: str, size: int) -> tuple[list[str], list[str]]:
    """What a sweep says on a disk of some kilobytes and then on a large one, with its exit codes, and the files that
    are there in between.
    """
    disk, spec = folder / "disk", folder / "spec.res"
    disk.mkdir()
    spec.write_text(SPEC, encoding="utf-8")
    command = f"{sys.executable} -m resdsl sweep {spec} {words.format(disk=disk)} 2>&1"
    script = "\n".join(
        [
            f"mount -t tmpfs -o size={size}k tmpfs {disk} || exit 9",
            f"{command}; echo ended with $?; echo ----; find {disk} -type f",
            f"mount -o remount,size=64m {disk} || exit 9",
            f"echo ----; {command}; echo ended with $?",
        ]
    )
    shell = ["unshare", "-Urm", "sh", "-c", script]
    done = subprocess.run(shell, cwd=ROOT, capture_output=True, text=True, check=True)
    first, files, second = done.stdout.split("----\n")
    return [first, second], [Path(file).name for file in files.split()]


@pytest.mark.parametrize("kind", MAKING)
def test_a_run_ends_and_goes_on(tmp_path: Path, kind: str) -> None:
    words, left, all_of_them, size = MAKING[kind]
    (first, second), files = ran(tmp_path, words, size)
    assert first.rstrip().endswith("ended with 2")
    assert "error: no space left for " in first
    assert f" of {left}; free some space and run the same command again to continue" in first
    assert "failed" not in first
    assert not [name for name in files if ".part" in name]
    assert all_of_them in second
    assert "failed" not in second
    assert second.rstrip().endswith("ended with 0")


@pytest.mark.parametrize("form", ["csv", "jsonl", "json", "md"])
def test_a_table_is_written_completely_or_not_at_all(tmp_path: Path, form: str) -> None:
    (first, second), files = ran(tmp_path, f"wide --format {form} -o {{disk}}/table", 24)
    assert "/disk/table: no space left on device" in first
    assert first.rstrip().endswith("ended with 2")
    assert files == []
    assert second.rstrip().endswith("ended with 0")
