"""Every message, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.diagnostics.golden import cases, drawn, found_problems, read_case


@pytest.mark.parametrize("path", cases(), ids=lambda path: path.stem)
def test_message_is_as_agreed(path: Path, update_golden: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    case = read_case(path)
    answer = drawn(found_problems(case.wrong))
    if update_golden:
        path.write_text(f"{case.head}\n---\n{answer}\n", encoding="utf-8")
    else:
        assert answer == case.answer
