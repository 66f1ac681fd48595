"""Files are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from resdsl.files import replacing, write_whole


def test_text_and_bytes(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", "größer\n")
    write_whole(tmp_path / "b", b"\x00\xff")
    assert (tmp_path / "a").read_bytes() == "größer\n".encode()
    assert (tmp_path / "b").read_bytes() == b"\x00\xff"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("old", ["old", None])
def test_failure_leaves_what_was_there(tmp_path: Path, error: type[BaseException], old: str | None) -> None:
    target = tmp_path / "net.onnx"
    if old is not None:
        target.write_text(old)

    def fail() -> None:
        with replacing(target) as new:
            new.write_text("half")
            raise error

    with pytest.raises(error):
        fail()
    assert [path.read_text() for path in tmp_path.iterdir()] == ([] if old is None else [old])


def test_old_file_is_there_until_the_end(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_text("old")
    with replacing(target) as new:
        new.write_text("new")
        assert target.read_text() == "old"
        assert new.parent == target.parent
    assert target.read_text() == "new"


def test_permissions_are_kept(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_text("old")
    target.chmod(0o640)
    write_whole(target, "new")
    assert target.stat().st_mode & 0o777 == 0o640


def test_link_is_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "a", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_folder_is_no_target(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no regular file"):
        write_whole(tmp_path, "new")


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "missing" / "a", "new")


def test_leftover_of_another_run_is_not_touched(tmp_path: Path) -> None:
    leftover = tmp_path / f".a.{os.getpid()}-0.part"
    leftover.write_text("half")
    write_whole(tmp_path / "a", "new")
    assert leftover.read_text() == "half"
    assert (tmp_path / "a").read_text() == "new"
