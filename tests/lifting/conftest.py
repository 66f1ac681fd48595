"""The command, as tests of lifting run it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Command


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """The command, in an empty folder."""
    return Command(capsys, monkeypatch, tmp_path)


def refused(command: Command, path: Path, *messages: str, code: int = 1) -> None:
    """A refusal with these words, no traceback, and no file."""
    out = path.parent / "out.res"
    result = command("lift", str(path), "-o", str(out))
    assert result.code == code, result.err
    assert result.err.startswith("error: ")
    assert "Traceback" not in result.err
    for message in messages:
        assert message in result.err
    assert len(result.err) < 2000
    assert not out.exists()
