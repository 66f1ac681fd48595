"""`resdsl fmt`: files and streams that are put into canonical form, and those that are left alone."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

import pytest

from tests.cli.running import Command

ROUGH = "block b{act}"
NEAT = "block b { act }\n"


def test_a_file_is_formatted_in_place(resdsl: Command) -> None:
    path = resdsl.write("b.res", ROUGH)
    ended = resdsl("fmt", "b.res")
    assert (ended.code, ended.out, ended.err) == (0, "", "1 file: 1 formatted, 0 unchanged\n")
    assert path.read_text(encoding="utf-8") == NEAT


def test_a_file_in_canonical_form_is_not_written(resdsl: Command) -> None:
    path = resdsl.write("b.res", NEAT)
    os.utime(path, (1, 1))
    assert resdsl("fmt", "b.res").err == "1 file: 0 formatted, 1 unchanged\n"
    assert path.stat().st_mtime == 1


def test_a_folder_means_all_specs_below_it(resdsl: Command) -> None:
    found = [resdsl.write(name, ROUGH) for name in ("specs/a.res", "specs/parts/b.res")]
    other = resdsl.write("specs/notes.txt", ROUGH)
    assert resdsl("fmt", "specs").err == "2 files: 2 formatted, 0 unchanged\n"
    assert [path.read_text(encoding="utf-8") for path in (*found, other)] == [NEAT, NEAT, ROUGH]


def test_check_names_the_files_that_would_change_and_writes_nothing(resdsl: Command) -> None:
    path = resdsl.write("rough.res", ROUGH)
    resdsl.write("neat.res", NEAT)
    ended = resdsl("fmt", "--check", "rough.res", "neat.res")
    assert (ended.code, ended.out, ended.err) == (1, "rough.res\n", "2 files: 1 would change, 1 unchanged\n")
    assert path.read_text(encoding="utf-8") == ROUGH
    assert resdsl("fmt", "--check", "neat.res").code == 0


def test_diff_prints_what_would_change_and_writes_nothing(resdsl: Command) -> None:
    path = resdsl.write("b.res", f"# first\n{ROUGH}\n")
    ended = resdsl("fmt", "--diff", "b.res")
    assert ended.code == 0
    assert ended.out == f"--- b.res\n+++ b.res\n@@ -1,2 +1,2 @@\n # first\n-{ROUGH}\n+{NEAT}"
    assert path.read_text(encoding="utf-8") == f"# first\n{ROUGH}\n"
    assert resdsl("fmt", "--diff", "--check", "b.res").code == 1


def test_standard_input_is_formatted_to_the_standard_output(resdsl: Command) -> None:
    ended = resdsl("fmt", "-", stdin=ROUGH)
    assert (ended.code, ended.out, ended.err) == (0, NEAT, "")


def test_standard_input_that_cannot_be_read_gives_no_output(resdsl: Command) -> None:
    ended = resdsl("fmt", "-", stdin="block b { conv 3x3 3 }")
    assert (ended.code, ended.out) == (1, "")
    assert "--> <stdin>:1:20" in ended.err


def test_standard_input_can_be_checked(resdsl: Command) -> None:
    ended = resdsl("fmt", "--check", "-", stdin=ROUGH)
    assert (ended.code, ended.out) == (1, "<stdin>\n")
    assert resdsl("fmt", "-", "-").code == 2


def test_files_that_cannot_be_read_are_left_and_the_others_formatted(resdsl: Command) -> None:
    wrong = resdsl.write("wrong.res", "block b { conv 3x3, }\nblock c { conv 3x3 3 }\n")
    right = resdsl.write("right.res", ROUGH)
    ended = resdsl("fmt", "wrong.res", "right.res", "missing.res")
    assert ended.code == 1
    assert "--> wrong.res:1:21" in ended.err
    assert "--> wrong.res:2:20" in ended.err
    assert "cannot read missing.res: there is no such file" in ended.err
    assert ended.err.endswith("3 files: 1 formatted, 0 unchanged, 2 not readable\n")
    assert wrong.read_text(encoding="utf-8") == "block b { conv 3x3, }\nblock c { conv 3x3 3 }\n"
    assert right.read_text(encoding="utf-8") == NEAT


def test_names_and_imports_need_not_exist(resdsl: Command) -> None:
    resdsl.write("n.res", 'import "nowhere.res" as nowhere\nnetwork n = nowhere.family(k=2)')
    assert resdsl("fmt", "n.res").code == 0


def test_what_else_a_file_has_is_kept(resdsl: Command) -> None:
    path = resdsl.folder / "b.res"
    path.write_bytes(codecs.BOM_UTF8 + b"# first\r\nblock b{\r\nact}\r\n")
    path.chmod(0o640)
    link = resdsl.folder / "link.res"
    link.symlink_to(path)
    assert resdsl("fmt", "link.res").code == 0
    assert path.read_bytes() == codecs.BOM_UTF8 + b"# first\r\nblock b {\r\n  act\r\n}\r\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()


def test_a_file_that_cannot_be_replaced_keeps_its_text(resdsl: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    path = resdsl.write("b.res", ROUGH)

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    ended = resdsl("fmt", "b.res")
    assert (ended.code, ended.err) == (2, "error: b.res: no space left on device\n")
    assert path.read_text(encoding="utf-8") == ROUGH
    assert [found.name for found in resdsl.folder.iterdir()] == ["b.res"]


def test_networks_in_json_are_refused(resdsl: Command) -> None:
    resdsl.write("n.json", '{"format": 1}')
    ended = resdsl("fmt", "n.json")
    assert ended.code == 1
    assert "cannot read n.json: it is JSON, and only texts of the language are formatted" in ended.err
