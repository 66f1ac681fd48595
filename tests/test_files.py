"""Files are there whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from resdsl.files import remove_leftovers, replacing, replacing_all, write_whole


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


@pytest.mark.parametrize("name", ["n" * 255, "ß" * 127, "n" * 236])
def test_a_name_may_be_as_long_as_the_system_lets_it(tmp_path: Path, name: str) -> None:
    (tmp_path / f".{'0' * 64}.000000000000.part").touch()
    write_whole(tmp_path / name, "new")
    write_whole(tmp_path / name, "newer")
    assert (tmp_path / name).read_text() == "newer"
    assert len(list(tmp_path.iterdir())) == 2


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
    with pytest.raises(OSError, match="not a regular file"):
        write_whole(tmp_path, "new")


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "missing" / "a", "new")


def test_what_a_killed_writer_left_goes_with_the_next_writing_of_the_same_file(tmp_path: Path) -> None:
    process = Writer(tmp_path / "a")
    process.kill()
    (leftover,) = tmp_path.iterdir()
    write_whole(tmp_path / "b", "new")
    assert leftover.exists()
    write_whole(tmp_path / "a", "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_folder_of_a_killed_writer_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".a.0123456789ab.part"
    left.mkdir()
    (left / "a.data").write_text("half")
    paths = (tmp_path / "a", tmp_path / "a.data")
    with replacing_all(paths) as outer, replacing_all(paths) as inner:
        assert not left.exists()
        for part in (*outer, *inner):
            part.write_text(part.parent.name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "a.data"]


def test_what_another_process_writes_is_not_touched(tmp_path: Path) -> None:
    process = Writer(tmp_path / "a")
    write_whole(tmp_path / "a", "new")
    remove_leftovers(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    process.finish()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["of another process"]


@pytest.mark.parametrize("name", [".a.part", ".a.backup.part", ".a.0123456789ab.parts", "a.0123456789ab.part"])
def test_hidden_files_of_others_are_no_leftovers(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("of others")
    write_whole(tmp_path / "a", "new")
    remove_leftovers(tmp_path)
    assert (tmp_path / name).read_text() == "of others"


WRITER = """
import sys
from resdsl.files import replacing
with replacing(sys.argv[1]) as new:
    new.write_text("of another process")
    print(flush=True)
    sys.stdin.readline()
"""


class Writer:
    """A process that writes a file and waits before it is whole."""

    def __init__(self, target: Path) -> None:
        command = [sys.executable, "-c", WRITER, str(target)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"\n"

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def finish(self) -> None:
        self._process.communicate(b"\n")
        assert self._process.returncode == 0
