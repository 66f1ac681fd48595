"""The pictures of the gallery are what the commands beside them draw."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.running import Command
from tests.docs.markdown import ROOT, blocks

PAGE = ROOT / "docs" / "gallery.md"
PICTURES = ROOT / "docs" / "gallery"
COMMANDS = {
    shlex.split(line)[-1]: line.removeprefix("$ resdsl ")
    for block in blocks("console")
    if block.page == "docs/gallery.md"
    for line in block.text.splitlines()
    if line.startswith("$ resdsl render") and line.endswith(".svg")
}
"""The commands of the page by the name of what they write."""


@pytest.fixture
def resdsl(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """The command `resdsl`, in a new folder."""
    return Command(capsys, monkeypatch, tmp_path)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_picture_is_what_its_command_draws(name: str, resdsl: Command, update_golden: bool) -> None:
    assert resdsl(*shlex.split(COMMANDS[name])).code == 0
    drawn = (resdsl.folder / name).read_bytes()
    if update_golden:
        (PICTURES / name).write_bytes(drawn)
    assert (PICTURES / name).read_bytes() == drawn


def test_every_picture_is_shown_behind_its_command() -> None:
    text = PAGE.read_text(encoding="utf-8")
    shown = re.findall(r"^!\[.+\]\(gallery/([^)]+)\)$", text, re.MULTILINE)
    assert shown == list(COMMANDS)
    assert sorted(shown) == sorted(path.name for path in PICTURES.iterdir())
    for name in shown:
        assert text.index(f"-o {name}") < text.index(f"(gallery/{name})")
