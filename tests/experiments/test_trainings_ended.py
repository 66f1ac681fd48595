"""The command that trains a sweep in processes, ended by signals: it goes on to the bytes of one that nothing ended."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.experiments.test_trainings import SPEC, lasting
from tests.interrupts.moments import wait_until_gone

SENTENCE = "the same command goes on from the last checkpoint of each training"


def started(folder: Path, root: str, jobs: int) -> subprocess.Popen[str]:
    words = ["sweep", "tiny.res", "--train", "digits", "--seeds", "2", "-o", root, "--jobs", str(jobs)]
    command = [sys.executable, "-m", "resdsl", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


@pytest.mark.experiments
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_command_that_is_ended_goes_on_to_the_same_bytes(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "tiny.res").write_text(SPEC, encoding="utf-8")
    assert started(tmp_path, "whole", 1).wait() == 0
    chance, root = random.Random(number), tmp_path / "runs"
    ended = 0
    for _ in range(4):
        before = len(list(root.rglob("history.csv")))
        process = started(tmp_path, "runs", 2)
        while process.poll() is None and len(list(root.rglob("history.csv"))) <= before:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.1)
        process.send_signal(number)
        problems = process.communicate(timeout=120)[1]
        wait_until_gone(process.pid)
        if process.returncode:
            ended += 1
            assert process.returncode == (-number if number == signal.SIGKILL else 128 + number)
            assert "Traceback" not in problems
            assert number == signal.SIGKILL or SENTENCE in problems
    assert ended
    assert started(tmp_path, "runs", 2).wait() == 0
    assert lasting(root) == lasting(tmp_path / "whole")
