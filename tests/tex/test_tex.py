"""What is written for TeX compiles: tables and figures, whatever names a spec holds. `make test-docs` runs this."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

import resdsl
from resdsl.api import Net
from resdsl.draw.themes import THEMES
from resdsl.draw.views import VIEWS
from resdsl.report.formats import write
from resdsl.report.layers import layers_table
from resdsl.report.reconcile import reconcile_table
from resdsl.report.report import models_table, report_table
from resdsl.report.table import Table
from resdsl.report.table1 import table1

HOSTILE = r"""
block b(width) { residual identity { "a_b": conv 3x3, width; norm; act } }
network hostile {
  input 3x8x8
  conv 3x3, 8
  stage "s_1" "\\input{{x}} $ % # & ~ ^ _ {{ }} < > \" ' ` — ü 卷": b(8) x 3
  fc 10
}
"""
LATTICES = Path(__file__).parent.parent / "draw" / "lattices"
SPECS = (
    "resnet34",
    "resnet50",
    "seresnext50_32x4d",
    "res2net50_14w_8s",
    "preresnet110",
    "densenet121",
    "edsr",
    "resnet1d18",
)


def compiled(text: str, folder: Path) -> Path:
    """The PDF of a document."""
    (folder / "document.tex").write_text(text, encoding="utf-8")
    line = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "-no-shell-escape", "document.tex"]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, errors="replace", timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    return folder / "document.pdf"


def hostile() -> Net:
    return resdsl.loads(HOSTILE)


def nets() -> list[Net]:
    return [resdsl.load(name) for name in SPECS]


TABLES = {
    "costs": lambda: [report_table(net.ir, by="block") for net in (*nets(), hostile())],
    "columns": lambda: [report_table(hostile().ir, by="layer", columns="name,path,params,macs,flops")],
    "models": lambda: [models_table([net.ir for net in (*nets(), hostile())])],
    "table1": lambda: [table1([resdsl.load(f"resnet{depth}").ir for depth in (18, 34, 50, 101, 152)])],
    "table1 of a hostile name": lambda: [table1([hostile().ir])],
    "layers": lambda: [layers_table(hostile().ir)],
    "reconcile": lambda: [reconcile_table(resdsl.load("resnet50").ir)],
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_compile(name: str, tmp_path: Path) -> None:
    tables: list[Table] = TABLES[name]()
    assert compiled(write(tables, "latex", standalone=True), tmp_path).stat().st_size > 1000


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("spec", [*SPECS, "hostile"])
def test_figures_compile(spec: str, view: str, tmp_path: Path) -> None:
    net = hostile() if spec == "hostile" else resdsl.load(spec)
    text = net.render(view).write("tex", standalone=True).content
    assert isinstance(text, str)
    assert compiled(text, tmp_path).stat().st_size > 1000


@pytest.mark.parametrize("wrap", [1, 2])
@pytest.mark.parametrize("path", sorted(LATTICES.glob("*.res")), ids=lambda path: path.stem)
def test_lattices_compile(path: Path, wrap: int, tmp_path: Path) -> None:
    text = resdsl.load(path).render("lattice", wrap=wrap).write("tex", standalone=True).content
    assert isinstance(text, str)
    assert compiled(text, tmp_path).stat().st_size > 1000


@pytest.mark.parametrize("view", VIEWS)
def test_differences_and_overlays_compile(view: str, tmp_path: Path) -> None:
    one, two = resdsl.load("resnet18"), resdsl.load("seresnet50")
    annotate = ("shape", "params", "macs")
    for number, figure in enumerate(
        (
            one.render(view, beside=[two], diff=view != "lattice", annotate=annotate, title="100 % of $x_1$ \\"),
            hostile().render(view, beside=[two], color_by="macs", annotate=annotate, style="dark"),
        )
    ):
        text = figure.write("tex", standalone=True).content
        assert isinstance(text, str)
        folder = tmp_path / str(number)
        folder.mkdir()
        assert compiled(text, folder).stat().st_size > 1000


def test_cost_chart_compiles(tmp_path: Path) -> None:
    text = resdsl.load("resnet50").plot().write("tex", standalone=True).content
    assert isinstance(text, str)
    assert compiled(text, tmp_path).stat().st_size > 1000


@pytest.mark.parametrize("style", ["paper", "mono", "dark"])
def test_charts_of_sweeps_compile(style: str, tmp_path: Path) -> None:
    family = resdsl.sweep("cifar", over={"n": range(1, 10), "shortcut": ["A", "B", "C"], "k": [1, 2]})
    for number, figure in enumerate((family.plot(), family.edf("params", 1e6))):
        text = replace(figure, theme=THEMES[style]).write("tex", standalone=True).content
        assert isinstance(text, str)
        folder = tmp_path / str(number)
        folder.mkdir()
        assert compiled(text, folder).stat().st_size > 1000


def test_a_fault_would_be_seen(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        compiled(r"\documentclass{article}\begin{document}\nosuchcommand\end{document}", tmp_path)
