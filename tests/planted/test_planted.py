"""Faults planted in a copy of the sources: the tests find them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.planted.faults import FAULTS, Fault

COPIED = ("resdsl", "grammar", "specs", "recipes", "tests", "pyproject.toml")
FAILED = 1
"""What pytest ends with where tests fail, and neither where it cannot run them nor where there are none."""


def named(fault: Fault) -> str:
    return fault.name.replace(" ", "_")


@pytest.mark.parametrize("fault", FAULTS, ids=named)
def test_what_a_fault_replaces_stands_once_in_its_file(fault: Fault, root: Path) -> None:
    assert (root / fault.file).read_text(encoding="utf-8").count(fault.right) == 1
    assert (root / fault.tests.split()[0]).exists()


@pytest.mark.planted
@pytest.mark.parametrize("fault", FAULTS, ids=named)
def test_tests_find_it(fault: Fault, root: Path, tmp_path: Path) -> None:
    for name in COPIED:
        if (root / name).is_dir():
            shutil.copytree(root / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(root / name, tmp_path / name)
    place = tmp_path / fault.file
    place.write_text(place.read_text(encoding="utf-8").replace(fault.right, fault.wrong), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *fault.tests.split()]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTEST_XDIST_WORKER", None)
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == FAILED, done.stdout + done.stderr
    assert " failed" in done.stdout.splitlines()[-1]
