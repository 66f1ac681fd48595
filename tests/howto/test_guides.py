"""Every guide of `docs/howto`, followed word for word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT, Block, blocks_of, short
from tests.howto.following import CARRIED, Copy, NotAsShown, changed

FOLDER = ROOT / "docs" / "howto"
INDEX = FOLDER / "README.md"
GUIDES = [path for path in sorted(FOLDER.glob("*.md")) if path != INDEX]
LANGUAGES = {"console", "diff", "python", "res", "text", "toml"}
BACKEND = {"resdsl/backends/table/__init__.py", "resdsl/backends/table/rows.py", "resdsl/targets.py"}
"""What of resdsl a new target touches: a folder of its own, and the file with its entry."""
BLOCKS = [block for guide in GUIDES for block in blocks_of(guide)]


@pytest.mark.guides
@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_guide_can_be_followed_and_leaves_the_code_in_order(guide: Path, tmp_path: Path) -> None:
    copy = Copy.make(tmp_path)
    copy.follow(guide)
    ours = [name for name in copy.touched if name.startswith(("resdsl/", "tests/")) and name.endswith(".py")]
    for check in (["check"], ["format", "--check"]) if ours else ():
        printed, code = copy.run("-m", "ruff", *check, "--no-cache", *ours)
        assert code == 0, printed


@pytest.mark.parametrize(
    ("guide", "files"),
    [
        ("op", ["resdsl/ops/registry.py", "resdsl/ops/threshold.py"]),
        ("report_column", ["resdsl/report/columns.py"]),
        ("figure_view", ["resdsl/draw/views/__init__.py", "resdsl/draw/views/shares.py"]),
    ],
)
def test_an_addition_is_written_in_one_place_and_named_in_one(guide: str, files: list[str]) -> None:
    """Tests and generated pages aside, nothing that is there is changed but the table that names it."""
    written = {block.file for block in blocks_of(FOLDER / f"{guide}.md") if block.file}
    # What stands in no folder of the project is a package or a specification of one's own.
    assert sorted(name for name in written if name.partition("/")[0] in {*CARRIED} - {"tests"}) == files


def test_new_target_is_one_folder_and_one_entry() -> None:
    files = {block.file for block in blocks_of(FOLDER / "backend.md") if block.file}
    assert {file for file in files if file.startswith("resdsl/")} == BACKEND
    assert {file.split("/")[0] for file in files} == {"resdsl", "tests", "resdsl-nnef"}


def test_index_names_every_guide() -> None:
    assert set(re.findall(r"\((\w+\.md)\)", INDEX.read_text(encoding="utf-8"))) == {path.name for path in GUIDES}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_guide_adds_something_and_runs_it(guide: Path) -> None:
    blocks = list(blocks_of(guide))
    assert any(block.file for block in blocks)
    assert blocks[-1].language == "console"


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_block_says_what_it_is_and_its_file_is_named_before_it(block: Block) -> None:
    assert block.language in LANGUAGES
    assert (block.file is None) == (block.language == "console")
    if block.file:
        lines = (ROOT / block.page).read_text(encoding="utf-8").splitlines()[: block.line - 1]
        assert f"`{block.file}`" in "\n".join(lines), "a reader does not see what stands after a fence"


# ------------------------------------------------------------------- a guide that is wrong is noticed


def block_of(language: str, text: str, *tags: str) -> Block:
    return Block("guide.md", 1, (language, *tags), text)


@pytest.fixture
def place(tmp_path: Path) -> Copy:
    (tmp_path / "a.txt").write_text("one\ntwo\none\n", encoding="utf-8")
    return Copy(tmp_path, tmp_path / "site")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [(" two\n+more\n", "one\ntwo\nmore\none\n"), ("-two\n", "one\none\n"), (" one\n-two\n+2\n", "one\n2\none\n")],
)
def test_a_change_is_made_at_its_place(place: Copy, lines: str, expected: str) -> None:
    place.do(block_of("diff", lines, "file=a.txt"))
    assert (place.folder / "a.txt").read_text(encoding="utf-8") == expected


@pytest.mark.parametrize("lines", ["-three\n+3\n", " one\n+more\n", "-wo\n", "two\n"])
def test_a_change_without_one_place_is_refused(lines: str) -> None:
    with pytest.raises(NotAsShown):
        changed("one\ntwo\none\n", block_of("diff", lines, "file=a.txt"))


@pytest.mark.parametrize(
    "block",
    [
        block_of("console", "$ python -c 'print(1)'\n2\n"),
        block_of("console", "$ python -c 'raise SystemExit(1)'\n"),
        block_of("console", "$ python -c 'print(1)'\n1\n", "fails"),
        block_of("python", "print(1)\n"),
        block_of("diff", " one\n", "file=b.txt"),
    ],
    ids=["another output", "a failure", "no failure", "no file named", "no file to change"],
)
def test_what_is_not_as_shown_is_refused(place: Copy, block: Block) -> None:
    with pytest.raises(NotAsShown):
        place.do(block)


def test_index_links_lead_from_the_documentation() -> None:
    text = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert [short(guide) for guide in (INDEX, *GUIDES) if f"(howto/{guide.name})" not in text] == []
