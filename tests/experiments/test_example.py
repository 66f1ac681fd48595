"""The example in `examples/degradation`: what it says, and the pictures of docs/results.md."""

from __future__ import annotations

from pathlib import Path

import pytest

import resdsl
from resdsl.draw.figure import Figure
from resdsl.experiments.rows import as_csv
from resdsl.sweeps.canonical import network_hash

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "degradation"
SPACES = ROOT / "examples" / "spaces"


def test_the_networks_are_those_of_the_study() -> None:
    swept = {net.name: net for net in resdsl.sweep("degradation")}
    for row in resdsl.results(EXAMPLE).rows:
        net = swept[str(row["point"])]
        assert (row["depth"], row["params"], row["macs"]) == (net.depth, net.params, net.macs)
        assert network_hash(net.ir) in (EXAMPLE / f"{net.name}/seed-{row['seed']}/run.json").read_text(encoding="utf-8")


def test_the_table_is_that_of_the_runs(tmp_path: Path) -> None:
    table = (EXAMPLE / "results.csv").read_text(encoding="utf-8")
    copied = tmp_path / "copied"
    for path in EXAMPLE.rglob("*.*"):
        if path.parent != EXAMPLE or path.name == "manifest.json":
            (copied / path.relative_to(EXAMPLE)).parent.mkdir(parents=True, exist_ok=True)
            (copied / path.relative_to(EXAMPLE)).write_bytes(path.read_bytes())
    assert as_csv(resdsl.results(copied).held.rows) == table


@pytest.mark.parametrize("view", ["curves", "scatter", "responses"])
def test_the_pictures_of_the_page_are_those_of_the_example(view: str, update_golden: bool) -> None:
    figure = resdsl.results(EXAMPLE).view(view, by="macs" if view == "scatter" else None)
    assert isinstance(figure, Figure)
    picture = ROOT / "docs" / "pictures" / f"results_{view}.svg"
    if update_golden:
        picture.write_text(figure.to_svg(), encoding="utf-8")
    assert picture.read_text(encoding="utf-8") == figure.to_svg()


@pytest.mark.parametrize(("space", "count"), [("any_widths", 64), ("rising_widths", 20)])
def test_the_networks_of_a_space_are_those_of_its_sweep(space: str, count: int) -> None:
    swept = {point.name: point for point in resdsl.sweep(str(SPACES / "spaces.res"), space).points()}
    rows = resdsl.results(SPACES / f"{space}.csv").rows
    assert len(swept) == count
    assert [(row["point"], row["seed"]) for row in rows] == [(name, seed) for name in swept for seed in (0, 1)]
    for row in rows:
        costs = swept[str(row["point"])].costs
        assert (row["depth"], row["params"], row["macs"]) == (costs.depth, costs.params, costs.macs)


def test_the_picture_of_two_spaces(update_golden: bool) -> None:
    first, second = (resdsl.results(SPACES / f"{space}.csv") for space in ("any_widths", "rising_widths"))
    figure = first.view("edf", below=20, beside=[second])
    assert isinstance(figure, Figure)
    picture = ROOT / "docs" / "pictures" / "results_edf.svg"
    if update_golden:
        picture.write_bytes(figure.to_svg().encode())
    assert picture.read_bytes() == figure.to_svg().encode()
