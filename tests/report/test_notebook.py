"""Networks, reports and figures show themselves in a notebook, which is executed here."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = [
    "import resdsl\nnet = resdsl.load('resnet34')\nnet",
    "net.report('block', columns='short,flops')",
    "net.render('stages')",
    "net.plot()",
    "resdsl.sweep('cifar', over={'n': [3, 5]})",
]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each cell shows, by MIME type."""
    made: Any = nbformat.v4
    notebook = made.new_notebook(cells=[made.new_code_cell(cell) for cell in CELLS])
    kernel = {"metadata": {"path": str(ROOT)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=kernel).execute()
    return [cell.outputs[-1].data for cell in notebook.cells]


def test_a_network_is_shown_as_a_figure(shown: list[dict[str, Any]]) -> None:
    drawing = ElementTree.fromstring(shown[0]["image/svg+xml"])
    assert drawing.tag.endswith("svg")
    assert "resnet34" in "".join(drawing.itertext())


def test_a_report_is_shown_as_a_table(shown: list[dict[str, Any]]) -> None:
    assert "<table" in shown[1]["text/html"]
    assert "basic(512, /2)" in shown[1]["text/html"]


@pytest.mark.parametrize("cell", [2, 3])
def test_figures_are_shown_as_drawings(shown: list[dict[str, Any]], cell: int) -> None:
    drawing = ElementTree.fromstring(shown[cell]["image/svg+xml"])
    assert len(list(drawing.iter())) > 30


def test_everything_has_a_text_where_nothing_can_be_drawn(shown: list[dict[str, Any]]) -> None:
    assert all("text/plain" in each for each in shown)
    assert shown[1]["text/plain"].startswith("resnet34: depth 34")


@pytest.mark.parametrize("cell", [0, 2, 3, 4])
def test_that_text_is_one_line_and_not_the_insides(shown: list[dict[str, Any]], cell: int) -> None:
    assert shown[cell]["text/plain"].startswith("<")
    assert len(shown[cell]["text/plain"]) < 100


def test_a_sweep_is_shown_as_a_table(shown: list[dict[str, Any]]) -> None:
    assert "cifar-n=5" in shown[4]["text/html"]
