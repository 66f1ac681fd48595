"""The command, in an empty folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Command


@pytest.fixture
def resdsl(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """The command `resdsl`; its working folder is a new one."""
    return Command(capsys, monkeypatch, tmp_path)
