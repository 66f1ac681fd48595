"""The tables of the parser that are kept: taken while they are whole, and made anew otherwise."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from resdsl.resources import grammar_text
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
    """Grows whenever tables are made of the grammar."""
    calls: list[bool] = []
    make = tables.make_tables

    def counted() -> tables.Tables:
        calls.append(True)
        return make()

    monkeypatch.setattr(tables, "make_tables", counted)
    return calls


def test_tables_that_are_whole_are_taken(kept: Path, made: list[bool]) -> None:
    assert tables.load_tables().starts.keys() == set(tables.STARTS)
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
        lambda data: data.partition(b"\n")[0] + b"\n{}",
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
        "another table",
    ],
)
def test_tables_that_are_cut_or_changed_are_made_anew(
    kept: Path, made: list[bool], spoil: Callable[[bytes], bytes]
) -> None:
    kept.write_bytes(spoil(kept.read_bytes()))
    assert tables.load_tables().starts.keys() == set(tables.STARTS)
    assert made == [True]


def test_tables_of_another_grammar_are_made_anew(kept: Path, made: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "grammar_text", lambda: grammar_text().replace('"stage"', '"phase"'))
    assert tables.load_tables().spelling["STAGE"] == "phase"
    assert made == [True]


def test_what_is_kept_is_what_was_made(kept: Path, made: list[bool]) -> None:
    assert tables.load_tables() == tables.make_tables()
    assert made == [True]


_READ = """
import sys
from pathlib import Path
from resdsl.diagnostics.spec_error import SpecError
from resdsl.source import Source
from resdsl.syntax import tables
tables.KEPT = Path(sys.argv[1])
from resdsl.syntax.parser import parse
parse(Source("n.res", "network n { input 3x8x8; conv 3x3, 4 }"))
try:
    parse(Source("n.res", "network n { input 3x8x8; conv 3x3 4 }"))
except SpecError as error:
    print(error.problems[0].code, "lark" in sys.modules)
"""


def test_texts_well_formed_and_malformed_are_read_without_lark(kept: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _READ, str(kept)], check=True, capture_output=True, text=True)
    assert done.stdout == "RES102 False\n"
