"""What folders of runs hold, and their tables."""

from __future__ import annotations

import errno
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import resdsl
from resdsl.experiments.folder import contents, runs
from resdsl.experiments.measures import UnknownMeasure
from resdsl.experiments.points import UnknownPoint
from resdsl.experiments.results import NothingFinished, ResultsTable
from resdsl.experiments.rows import NoResults, RunValue
from resdsl.experiments.views import UnknownView, UnsuitedView
from tests.experiments.made import left, result_of, run_of, single_of, study, write_manifest


def lines(table: object) -> list[dict[str, object]]:
    """The lines of a table for people, by the titles of columns."""
    assert isinstance(table, ResultsTable)
    titles = [column.title for column in table.table.columns]
    return [dict(zip(titles, line.cells, strict=True)) for line in table.table.lines]


def exact(table: object) -> list[dict[str, object]]:
    """The lines of a table for programs."""
    assert isinstance(table, ResultsTable)
    return [dict(each) for each in table.record()["lines"]]


def test_a_table_has_mean_deviation_and_runs(tmp_path: Path) -> None:
    plain, residual, *_ = lines(resdsl.results(study(tmp_path / "runs")).table())
    assert [plain[title] for title in ("point", "n", "shortcut", "params")] == ["20-plain", "3", "none", 60_000]
    # The test errors are 17.5, 19 and 16 per cent.
    assert (plain["test error, %"], plain["train error, %"], plain["runs"]) == ("17.50 ± 1.50", "8.75 ± 0.75", 3)
    assert plain["change"] is None
    # The differences are -13, -11 and -9; their deviation is 2, so that the interval is 4.303 * 2 / sqrt(3) wide.
    assert residual["change"] == "-11.00 [-15.97, -6.03]"


def test_a_baseline_may_be_named(tmp_path: Path) -> None:
    table = resdsl.results(study(tmp_path / "runs")).table(baseline="20-resnet")
    assert lines(table)[0]["change"] == "+11.00 [6.03, 15.97]"
    assert lines(table)[1]["change"] is None
    assert "Changes are against 20-resnet." in str(table)


def test_points_are_compared_along_a_parameter(tmp_path: Path) -> None:
    table = resdsl.results(study(tmp_path / "runs")).table(by="shortcut", measure="test_error")
    assert [line["test_error_change"] for line in exact(table)] == [
        None,
        pytest.approx(-0.11),
        None,
        pytest.approx(-0.6866667),
    ]
    assert "shortcut = none and the same other parameters" in str(table)


def test_programs_get_every_figure(tmp_path: Path) -> None:
    record = resdsl.results(study(tmp_path / "runs")).table().record()
    line = record["lines"][1]
    assert (line["depth"], line["params"]) == (20, 60_000)
    assert line["test_error_mean"] == pytest.approx(0.065)
    assert line["test_error_std"] == pytest.approx(statistics.stdev([0.045, 0.080, 0.070]))
    assert (line["test_error_best"], line["test_error_n"], line["test_error_change_n"]) == (0.045, 3, 3)
    assert line["train_error_change"] == pytest.approx(-0.055)


HALF = [("20-resnet", 0), ("56-resnet", 1), ("56-resnet", 2)]


@pytest.mark.parametrize("listed", [False, True])
def test_half_a_sweep_says_what_is_missing(tmp_path: Path, listed: bool) -> None:
    root = study(tmp_path / "runs", without=HALF, listed=listed)
    gone = run_of("56-resnet", 1, {"n": 9, "shortcut": "A"})
    failure: dict[str, RunValue] = {"step": 13, "reason": "the loss is nan"}
    left(root / "56-resnet/seed-1", gone, failure_json=json.dumps(failure))
    going = run_of("20-resnet", 0, {"n": 3, "shortcut": "A"})
    left(root / "20-resnet/seed-0", going, history_csv="epoch,step,rate,loss,error\n1,11,0.1,2.1,0.8\n")
    rows: list[dict[str, Any]] = [{"point": row["point"], "seed": row["seed"]} for row in contents(root).rows]
    rows.append({"point": "56-resnet", "seed": 1, "failure": failure})
    write_manifest(root, rows, missing=["20-resnet/seed-0", "56-resnet/seed-2"])
    table = resdsl.results(root).table()
    assert [line["runs"] for line in lines(table)] == [3, 2, 3, 1]
    assert [line["change"] for line in lines(table)][1::2] == ["-10.00", "-7.50"]
    assert table.table.notes[2:] == (
        "56-resnet, seed 1: failed at step 13: the loss is nan",
        "Missing: 20-resnet, seed 0; 56-resnet/seed-2.",
    )
    assert table.record()["failed"] == [{"point": "56-resnet", "seed": 1, **failure}]


def test_a_change_says_how_many_seeds_it_is_of(tmp_path: Path) -> None:
    root = study(tmp_path / "runs", without=[("20-plain", 0)])
    assert lines(resdsl.results(root).table())[1]["change"] == "-10.00 (n = 2)"


def test_without_a_result_there_is_nothing_to_show(tmp_path: Path) -> None:
    left(tmp_path / "runs", single_of("small", 0), failure_json='{"step": 2, "reason": "the loss is nan"}')
    with pytest.raises(NothingFinished, match="small, seed 0: failed at step 2: the loss is nan"):
        resdsl.results(tmp_path / "runs").table()


def test_findings_stand_under_the_table(tmp_path: Path) -> None:
    root = study(tmp_path / "runs")
    write_manifest(root, [], findings=["C also has 5.1% more params"])
    assert resdsl.results(root).table().table.notes[-1] == "C also has 5.1% more params"


def test_the_table_of_a_sweep_is_enough(tmp_path: Path) -> None:
    root = study(tmp_path / "runs", listed=True)
    whole = contents(root).rows
    for path in root.glob("*/*/*.json"):
        path.unlink()
    assert contents(root).rows == whole
    (root / "manifest.json").unlink()
    assert contents(root).rows == whole


def test_a_table_of_other_runs_than_the_manifest_lists_is_not_trusted(tmp_path: Path) -> None:
    root = study(tmp_path / "runs", listed=True)
    whole = contents(root)
    header, *rows = (root / "results.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (root / "results.csv").write_text(header + "".join(rows[:5]), encoding="utf-8")
    assert contents(root) == whole


def test_runs_are_in_the_order_of_the_manifest(tmp_path: Path) -> None:
    root = study(tmp_path / "runs", listed=True)
    order = [{"point": row["point"], "seed": row["seed"]} for row in reversed(contents(root).rows)]
    write_manifest(root, order)
    assert [{"point": row["point"], "seed": row["seed"]} for row in contents(root).rows] == order


@pytest.mark.parametrize("manifest", [{"points": [1]}, {"points": [{"failure": {"step": 1}}]}, {"missing": 1}])
def test_a_spoilt_manifest_is_named(tmp_path: Path, manifest: dict[str, object]) -> None:
    root = study(tmp_path / "runs")
    (root / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(NoResults, match=r"manifest\.json is not a file that a run has left"):
        contents(root)


def test_runs_of_no_sweep_that_differ_in_seed_are_one_point(tmp_path: Path) -> None:
    for seed in (0, 1):
        left(tmp_path / f"runs/r{seed}", single_of("small", seed), result_of(8, 0.1 + seed / 10))
    left(tmp_path / "runs/more", single_of("small", 0, data="11"), result_of(8, 0.3))
    left(tmp_path / "runs/other", single_of("large", 0), result_of(14, 0.2))
    found = lines(resdsl.results(tmp_path / "runs").table())
    assert [(line["point"], line["runs"]) for line in found] == [
        ("small (more)", 1),
        ("large", 1),
        ("small (r0)", 2),
    ]


def test_points_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for n in (9, 18, 3):
        left(tmp_path / f"runs/n={n}", run_of(f"n={n}", 0, {"n": n}), result_of(n, 0.1))
    assert [row["n"] for row in resdsl.results(tmp_path / "runs").rows] == [3, 9, 18]


def test_a_single_run_is_a_point(tmp_path: Path) -> None:
    left(tmp_path / "run", single_of("small", 0), result_of(8, 0.125))
    assert lines(resdsl.results(tmp_path / "run").table())[0]["test error, %"] == "12.50"


def test_other_measures_have_their_units(tmp_path: Path) -> None:
    result = {name: value for name, value in result_of(8, 0).items() if "error" not in name}
    left(tmp_path / "run", single_of("small", 0), {**result, "psnr": 26.304, "loss": 0.0012345})
    assert lines(resdsl.results(tmp_path / "run").table())[0]["PSNR, dB"] == "26.30"
    assert lines(resdsl.results(tmp_path / "run").table(measure="loss"))[0]["loss"] == "0.0012"
    with pytest.raises(UnknownMeasure, match=r"no run measured `test_error`; available: `loss`, `psnr`"):
        resdsl.results(tmp_path / "run").table(measure="test_error")


def test_images_are_reported_by_their_own_measure(tmp_path: Path) -> None:
    result = {name: value for name, value in result_of(8, 0).items() if "error" not in name}
    measures = {"train_psnr": 27.0, "test_psnr": 26.5, "input_psnr": 26.3}
    left(tmp_path / "run", single_of("restore", 0), {**result, **measures})
    found = resdsl.results(tmp_path / "run")
    assert list(lines(found.table())[0])[-2:] == ["train PSNR, dB", "test PSNR, dB"]
    assert lines(found.view("table6"))[0]["test PSNR, dB"] == "26.50"


def test_of_psnr_the_highest_is_the_best(tmp_path: Path) -> None:
    for seed, psnr in enumerate((26.0, 27.5)):
        left(tmp_path / f"runs/{seed}", single_of("small", seed), result_of(8, 0.1, psnr=psnr))
    table = resdsl.results(tmp_path / "runs").view("table6", measure="psnr")
    assert lines(table)[0]["PSNR, dB"] == "27.50 (26.75 ± 1.06)"


def test_plain_networks_stand_beside_residual_ones(tmp_path: Path) -> None:
    table = resdsl.results(study(tmp_path / "runs", without=[("56-resnet", 2)])).view("table2")
    assert lines(table) == [
        {"network": "20 layers", "no shortcut": "17.50 ± 1.50", "shortcut A": "6.50 ± 1.80", "runs": "3"},
        {"network": "56 layers", "no shortcut": "81.17 ± 1.04", "shortcut A": "11.25 ± 1.77", "runs": "3, 2"},
    ]
    assert exact(table)[1]["A_n"] == 2


def test_columns_may_be_another_parameter(tmp_path: Path) -> None:
    table = resdsl.results(study(tmp_path / "runs")).view("table2", by="n", measure="train_error")
    assert list(lines(table)[0]) == ["network", "n = 3", "n = 9", "runs"]
    assert [line["network"] for line in lines(table)] == ["shortcut = none", "shortcut = A"]


def test_depth_and_size_stand_beside_the_best_run(tmp_path: Path) -> None:
    table = resdsl.results(study(tmp_path / "runs")).view("table6")
    assert lines(table)[1] == {
        "network": "20-resnet",
        "layers": 20,
        "params": 60_000,
        "runs": 3,
        "test error, %": "4.50 (6.50 ± 1.80)",
    }


@pytest.mark.parametrize(
    ("points", "by", "message"),
    [
        ([{"n": 1}, {"n": 2}], None, "the runs have no such parameter; name another parameter with `by`"),
        ([{"n": 1}, {"n": 2}], "w", "a column for each `w`, but the runs have no such parameter"),
        ([{"shortcut": "A"}, {"shortcut": "B"}], None, "no run has `shortcut = none`"),
        ([{"n": 1, "shortcut": None}, {"n": 2, "shortcut": None}], None, "all runs have `shortcut = none`"),
    ],
)
def test_a_view_that_does_not_suit_is_refused(
    tmp_path: Path, points: list[dict[str, RunValue]], by: str | None, message: str
) -> None:
    for number, parameters in enumerate(points):
        left(tmp_path / f"runs/p{number}", run_of(f"p{number}", 0, parameters), result_of(8, 0.1))
    with pytest.raises(UnsuitedView, match=message):
        resdsl.results(tmp_path / "runs").view("table2", by=by)


def test_options_without_effect_are_refused(tmp_path: Path) -> None:
    found = resdsl.results(study(tmp_path / "runs"))
    with pytest.raises(UnknownView, match="`baseline` would have no effect on the view table6"):
        found.view("table6", baseline="20-plain")
    with pytest.raises(UnknownView, match="unknown view 'table7'; did you mean"):
        found.view("table7")
    with pytest.raises(UnknownPoint, match="there is no point `20plain`; did you mean `20-plain`"):
        found.table(baseline="20plain")
    with pytest.raises(UnknownPoint, match="there is no parameter `w`"):
        found.table(by="w")


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"network": "small"}', '{"seed": 0}'])
def test_a_spoilt_file_is_named(tmp_path: Path, text: str) -> None:
    left(tmp_path / "runs/a", single_of("small", 0), result_of(8, 0.1))
    (tmp_path / "runs/a/run.json").write_text(text, encoding="utf-8")
    with pytest.raises(NoResults, match=r"is not a file that a run has left"):
        resdsl.results(tmp_path / "runs")


def test_a_result_without_costs_is_named(tmp_path: Path) -> None:
    left(tmp_path / "runs/a", single_of("small", 0), {**result_of(8, 0.1), "depth": "eight"})
    with pytest.raises(NoResults, match=r"result\.json is not a file that a run has left"):
        resdsl.results(tmp_path / "runs")


def test_a_folder_without_runs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoResults, match=r"has no runs: no run\.json is in it or below it"):
        resdsl.results(tmp_path)
    with pytest.raises(NoResults, match="is not a folder"):
        resdsl.results(tmp_path / "none")


def test_a_data_frame_has_a_row_for_each_run(tmp_path: Path) -> None:
    frame = resdsl.results(study(tmp_path / "runs")).to_frame()
    assert list(frame.columns)[:5] == ["point", "network", "n", "shortcut", "seed"]
    assert frame.groupby("point")["test_error"].mean()["20-plain"] == pytest.approx(0.175)


def test_neither_data_nor_torch_are_loaded(tmp_path: Path) -> None:
    root = study(tmp_path / "runs")
    program = (
        "import sys, resdsl\n"
        "from resdsl.experiments.views import VIEWS\n"
        f"for view in VIEWS: print(resdsl.results({str(root)!r}).view(view))\n"
        "print({'torch', 'numpy', 'sklearn', 'pandas', 'pydantic', 'lark'} & set(sys.modules))"
    )
    made = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert made.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize("step", ["1e400", "null", '"ten"'])
def test_a_failure_without_a_step_is_named(tmp_path: Path, step: str) -> None:
    left(tmp_path / "runs/a", single_of("small", 0), failure_json=f'{{"step": {step}, "reason": "diverged"}}')
    with pytest.raises(NoResults, match=r"failure\.json is not a file that a run has left"):
        resdsl.results(tmp_path / "runs")


def test_odd_names_in_spoilt_files_are_no_accident(tmp_path: Path) -> None:
    """Lists in the place of names, and lists within lists."""
    root = study(tmp_path / "runs", listed=True)
    write_manifest(root, [{"point": ["20-plain"], "seed": 0}])
    with pytest.raises(NoResults, match=r"manifest\.json is not a file that a run has left"):
        resdsl.results(root)
    left(tmp_path / "single/a", {**single_of("small", 0), "sweep": []}, result_of(8, 0.1))
    assert resdsl.results(tmp_path / "single").held.name == "single"
    (root / "manifest.json").unlink()
    deep = (root / "results.csv").read_text(encoding="utf-8").replace("20-plain,family,3", f"x,family,{'[' * 100_000}")
    (root / "results.csv").write_text(deep, encoding="utf-8")
    assert len(resdsl.results(root).rows) == 12


def test_a_folder_that_cannot_be_read_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hidden").mkdir()
    inside = os.scandir

    def refused(path: str) -> object:
        if Path(path).name == "hidden":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return inside(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(NoResults, match="hidden: permission denied"):
        runs(tmp_path)
