"""`resdsl check --fix`: what is certain is mended in place, and all else about the file stays."""

from __future__ import annotations

import codecs
import stat
from pathlib import Path

import pytest

from resdsl.diagnostics import mending
from resdsl.diagnostics.mending import Find, Mended, mend
from resdsl.source import Source
from tests.cli.running import Command

WRONG = "network a {\n  input 3x8x8\n  covn 3x3, 8, padding=1  # a remark\n  fc 10\n}\n"
RIGHT = WRONG.replace("covn", "conv").replace("padding", "pad")


def test_a_file_is_mended_in_place(resdsl: Command) -> None:
    path = resdsl.write("a.res", WRONG)
    ended = resdsl("check", "--fix", "a.res")
    assert ended.code == 0
    assert path.read_text(encoding="utf-8") == RIGHT
    assert ended.err == "a.res: 2 mended, none left\n"
    assert ended.out.startswith("a.res: a: depth 2, ")
    again = resdsl("check", "--fix", "a.res")
    assert (again.code, again.err) == (0, "a.res: 0 mended, none left\n")


def test_what_is_left_is_told(resdsl: Command) -> None:
    path = resdsl.write("a.res", WRONG.replace("fc 10", "fc 10; zonk"))
    ended = resdsl("check", "--fix", "a.res")
    assert ended.code == 1
    assert path.read_text(encoding="utf-8") == RIGHT.replace("fc 10", "fc 10; zonk")
    assert ended.err.startswith("a.res: 2 mended, 1 left\nerror[RES200]: unknown name `zonk`\n")


def test_a_difference_writes_nothing(resdsl: Command) -> None:
    path = resdsl.write("a.res", WRONG)
    ended = resdsl("check", "--fix", "--diff", "a.res")
    assert path.read_text(encoding="utf-8") == WRONG
    assert "-  covn 3x3, 8, padding=1  # a remark\n+  conv 3x3, 8, pad=1  # a remark\n" in ended.out
    assert ended.err == "a.res: 2 would be mended, none left\n"


def test_line_ends_mark_mode_and_link_are_kept(resdsl: Command) -> None:
    path = resdsl.write("a.res", "")
    path.write_bytes(codecs.BOM_UTF8 + WRONG.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    link = Path("link.res")
    link.symlink_to(path)
    assert resdsl("check", "--fix", "link.res").code == 0
    assert path.read_bytes() == codecs.BOM_UTF8 + RIGHT.replace("\n", "\r\n").encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert link.is_symlink()


def test_what_is_imported_is_not_changed(resdsl: Command) -> None:
    library = resdsl.write("lib.res", "block slender(width) { covn 3x3, width }\n")
    resdsl.write("a.res", 'import "lib.res" as lib\nnetwork a { input 3x8x8; lib.slendr 8; fc 10 }\n')
    ended = resdsl("check", "--fix", "a.res")
    assert ended.code == 1
    assert "covn" in library.read_text(encoding="utf-8")
    assert ended.err.endswith("a.res: 1 problem; `resdsl check --fix lib.res` may mend 1\n")
    assert resdsl("check", "--fix", "lib.res", "a.res").code == 0


def test_a_file_that_is_in_order_or_in_json_is_not_written(resdsl: Command) -> None:
    path = resdsl.write("a.res", RIGHT)
    resdsl("build", "a.res", "--to", "json", "-o", "a.json")
    path.chmod(0o440)
    before = path.stat().st_ino
    ended = resdsl("check", "--fix", "a.res", "a.json")
    assert (ended.code, path.stat().st_ino) == (0, before)
    assert ended.err == "a.res: 0 mended, none left\na.json: a network in JSON is not mended\n"


def test_a_file_that_is_saved_meanwhile_is_not_written(resdsl: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    path = resdsl.write("a.res", WRONG)

    def mend_while_typing(source: Source, find: Find) -> Mended:
        path.write_text(f"# typed\n{WRONG}", encoding="utf-8")
        return mend(source, find)

    monkeypatch.setattr(mending, "mend", mend_while_typing)
    ended = resdsl("check", "--fix", "a.res")
    assert (ended.code, path.read_text(encoding="utf-8")) == (1, f"# typed\n{WRONG}")
    assert "a.res was changed meanwhile, and is left as it is; try again" in ended.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--diff", "a.res"), "--diff shows what --fix would change; give both"),
        (("--fix", "-"), "--fix changes files; the standard input cannot be changed"),
        (("--fix", "--diff", "--format", "sarif", "a.res"), "it has no other --format"),
    ],
)
def test_what_does_not_go_together_is_refused(resdsl: Command, words: tuple[str, ...], message: str) -> None:
    resdsl.write("a.res", WRONG)
    ended = resdsl("check", *words)
    assert ended.code == 2
    assert message in ended.err
