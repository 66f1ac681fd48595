"""`resdsl results --view edf`: several folders, and tables of results."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.cli.running import Command
from tests.experiments.made import study
from tests.experiments.test_edf import space


def test_a_table_of_results_is_read_alone_or_with_its_folder(tmp_path: Path, resdsl: Command) -> None:
    root = study(tmp_path / "runs", listed=True)
    shutil.copy(root / "results.csv", resdsl.folder / "mine.csv")
    alone = resdsl("results", "mine.csv")
    assert alone.out.startswith("mine: 4 points, 12 runs")
    assert "mine: a table of results does not list runs that failed." in alone.out
    whole = resdsl("results", str(root / "results.csv"))
    assert whole.out.startswith("study: 4 points, 12 runs")
    assert "does not list" not in whole.out
    refused = resdsl("results", "mine.csv", "-o", "mine.csv")
    assert (refused.code, "mine.csv is an input and would be overwritten" in refused.err) == (2, True)


def test_folders_are_compared_on_the_command_line(tmp_path: Path, resdsl: Command) -> None:
    for name, errors in (("a", {"x": 0.2, "y": 0.3}), ("b", {"x": 0.1, "y": 0.4})):
        space(tmp_path / name, errors)
    folders = [str(tmp_path / name) for name in ("a", "b")]
    done = resdsl("results", *folders, "--view", "edf", "--below", "25", "-o", "edf.svg")
    assert (done.code, done.err) == (0, "wrote edf.svg\n")
    content = (resdsl.folder / "edf.svg").read_text(encoding="utf-8")
    assert all(folder in content for folder in folders)  # both sweeps have the same name
    for words, message in (
        ([*folders], "--view table shows one folder, not 2; --view edf compares several"),
        ([folders[0], "--below", "5"], "`below` would have no effect on the view table"),
        ([folders[0], "--view", "edf", "--below", "x"], "--below takes a number"),
        ([folders[0], str(tmp_path / "gone"), "--view", "edf"], "gone is not a folder"),
    ):
        ended = resdsl("results", *words)
        assert ended.code != 0
        assert message in ended.err
