"""The tables of the parser that are kept: taken while they are whole, and made anew otherwise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from resdsl.syntax import tables


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Tables that were just made, where the parser looks for them."""
    path = tmp_path / "tables.bin"
    tables.keep_tables(path)
    monkeypatch.setattr(tables, "KEPT", path)
    return path


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Grows with every parser that is made of the grammar."""
    calls: list[bool] = []
    make = tables.make_parser

    def counted(strict: bool = False) -> object:
        calls.append(strict)
        return make(strict)

    monkeypatch.setattr(tables, "make_parser", counted)
    return calls


def test_tables_that_are_whole_are_taken(kept: Path, made: list[bool]) -> None:
    tables.load_parser().parse("1 + 2", start="expression")
    assert made == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data[:40],
        lambda data: data[:32],
        lambda data: data[:7],
        lambda data: data[:0],
        lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:],
        lambda data: data + b"\0",
        lambda data: data[:32] + b"cos\nsystem\n(S'exit 3'\ntR.",
    ],
    ids=[
        "one byte less",
        "half",
        "cut",
        "digest alone",
        "cut digest",
        "empty",
        "one bit",
        "one byte more",
        "another pickle",
    ],
)
def test_tables_that_are_cut_or_changed_are_made_anew(
    kept: Path, made: list[bool], spoil: Callable[[bytes], bytes]
) -> None:
    kept.write_bytes(spoil(kept.read_bytes()))
    tables.load_parser().parse("1 + 2", start="expression")
    assert made == [False]
