"""What a guide leaves behind passes all tests of the folders that it adds to, and of the documentation."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT
from tests.howto.following import Copy

FOLDERS = {
    "op": ("tests/ops", "tests/analysis", "tests/docs", "tests/ir/test_json.py", "tests/random/test_networks.py"),
    "report_column": ("tests/report", "tests/docs", "tests/cli/test_report.py"),
    "figure_view": ("tests/draw", "tests/docs", "tests/cli/test_render.py"),
}


@pytest.mark.howto
@pytest.mark.parametrize("guide", FOLDERS)
def test_all_tests_pass_on_what_a_guide_makes(guide: str, tmp_path: Path) -> None:
    copy = Copy.make(tmp_path)
    copy.follow(ROOT / "docs" / "howto" / f"{guide}.md")
    tests = ("tests/test_layers.py", *FOLDERS[guide])
    printed, code = copy.run("-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, path=os.environ["PATH"])
    assert code == 0, printed
