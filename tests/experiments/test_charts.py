"""Charts of results: what they show, and what they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import resdsl
from resdsl.draw.figure import Figure
from resdsl.draw.scene import ChartMark, Circle, Line, Text
from resdsl.experiments.measures import UnknownMeasure
from resdsl.experiments.points import UnknownPoint
from resdsl.experiments.rows import NoResults
from resdsl.experiments.views import UnsuitedView
from tests.experiments.made import left, result_of, run_of, single_of, study


def chart(root: Path, view: str, **options: Any) -> Figure:
    drawn = resdsl.results(root).view(view, **options)
    assert isinstance(drawn, Figure)
    return drawn


def words(figure: Figure) -> list[str]:
    return [item.text for item in figure.scene.flat() if isinstance(item, Text)]


def curves_in(figure: Figure) -> dict[str, Line]:
    """The curves by their styles; samples in legends are horizontal and short."""
    lines = (item for item in figure.scene.flat() if isinstance(item, Line) and item.style.startswith("curve"))
    return {line.style: line for line in lines if len(line.points) > 2}


def test_curves_are_means_of_test_and_training_error(tmp_path: Path) -> None:
    figure = chart(study(tmp_path / "runs"), "curves")
    assert {"study: error along training", "error, %", "steps", "20-plain", "56-resnet"} <= set(words(figure))
    assert {"test error", "training error, as trained on"} <= set(words(figure))
    found = curves_in(figure)
    assert set(found) == {f"curve{number}{kind}" for number in (1, 2, 3, 4) for kind in ("", "-dashed")}
    # Steps 11, 22 and 44: the second lies at a third of the way. In each point, the test error is twice the other.
    (first, _), (second, middle), (third, last) = found["curve1"].points
    assert second - first == pytest.approx((third - first) / 3)
    dashed = found["curve1-dashed"].points
    bottom = dashed[1][1] + (dashed[1][1] - middle)
    assert bottom - last == pytest.approx((bottom - middle) / 2)
    assert "20-plain 17.50" in figure.description


def test_another_column_may_be_drawn(tmp_path: Path) -> None:
    root = study(tmp_path / "runs")
    assert "loss" in words(chart(root, "curves", measure="loss"))
    assert "error, %" in words(chart(root, "curves", measure="test_error"))
    with pytest.raises(UnknownMeasure, match="no run measured `psnr`; available: `error`, `loss`"):
        chart(root, "curves", measure="psnr")


def test_one_seed_has_no_band(tmp_path: Path) -> None:
    root = study(tmp_path / "runs")
    assert "from the lowest to the highest seed" in words(chart(root, "curves"))
    assert "from the lowest to the highest seed" not in words(chart(root / "20-plain/seed-0", "curves"))


def test_curves_need_histories_and_few_points(tmp_path: Path) -> None:
    left(tmp_path / "run", single_of("small", 0), result_of(8, 0.1))
    with pytest.raises(UnsuitedView, match="no finished run has one"):
        chart(tmp_path / "run", "curves")
    for n in range(13):
        left(tmp_path / f"runs/{n}", run_of(f"n={n}", 0, {"n": n}), result_of(8, 0.1))
    with pytest.raises(UnsuitedView, match="at most 12 points, and there are 13"):
        chart(tmp_path / "runs", "curves")


@pytest.mark.parametrize("text", ["", "epoch,step\n1,2,3\n", "epoch,step\n1,two\n"])
def test_a_spoilt_history_is_named(tmp_path: Path, text: str) -> None:
    left(tmp_path / "run", single_of("small", 0), result_of(8, 0.1), history_csv=text)
    with pytest.raises(NoResults, match=r"history\.csv is not a file that a run has left"):
        chart(tmp_path / "run", "curves")


def test_errors_stand_against_costs_with_their_front(tmp_path: Path) -> None:
    figure = chart(study(tmp_path / "runs"), "scatter")
    assert {"study: test error against parameters", "test error, %", "parameters"} <= set(words(figure))
    assert "mean ± standard deviation" in words(figure)
    marks = [item for item in figure.scene.flat() if isinstance(item, Circle) and item.about]
    # ResNet-20 has fewer parameters than ResNet-56 and a lower error than all others.
    assert [mark.about for mark in marks if mark.style == "point-front"] == [
        "20-resnet: 60.00k parameters, 6.5 test error, %"
    ]


def test_errors_stand_against_a_parameter(tmp_path: Path) -> None:
    root = study(tmp_path / "runs")
    assert "n" in words(chart(root, "scatter", by="n", measure="train_error"))
    assert "layers" in words(chart(root, "scatter", by="depth"))
    with pytest.raises(UnsuitedView, match="scatter needs numbers, but `shortcut` of 20-plain is `None`"):
        chart(root, "scatter", by="shortcut")
    with pytest.raises(UnknownPoint, match="there is no parameter or cost `width`"):
        chart(root, "scatter", by="width")


def test_responses_before_stand_beside_those_after(tmp_path: Path) -> None:
    figure = chart(study(tmp_path / "runs"), "responses")
    assert {"after training", "before training", "layers in order", "residuals in order"} <= set(words(figure))
    lines = [item for item in figure.scene.flat() if isinstance(item, Line) and item.style.startswith("curve3")]
    counts = sorted(len(line.points) for line in lines if len(line.points) > 2)
    assert counts == [18, 18, 36, 36]  # 18 residuals and 36 layers, before and after


def test_responses_of_a_single_run(tmp_path: Path) -> None:
    figure = chart(study(tmp_path / "runs") / "20-resnet/seed-1", "responses")
    assert "20-resnet" in words(figure)


def test_responses_must_have_been_recorded(tmp_path: Path) -> None:
    left(tmp_path / "run", single_of("small", 0), result_of(8, 0.1))
    with pytest.raises(UnsuitedView, match="none has: set `responses` in the recipe"):
        chart(tmp_path / "run", "responses")


@pytest.mark.parametrize(
    "text", ["layer,kind\na,b\n", "layer,kind,before,after\na,other,1,2\n", "layer,kind,before,after\na,layer,1,x\n"]
)
def test_spoilt_responses_are_named(tmp_path: Path, text: str) -> None:
    left(tmp_path / "run", single_of("small", 0), result_of(8, 0.1), responses_csv=text)
    with pytest.raises(NoResults, match=r"responses\.csv is not a file that a run has left"):
        chart(tmp_path / "run", "responses")


def test_what_is_not_finite_is_left_out(tmp_path: Path) -> None:
    history = "epoch,step,rate,loss,error,test_error\n1,11,0.1,2,0.5,0.5\n2,22,0.1,inf,0.4,nan\n"
    history += "3,33,0.1,1,0.4,0.4\n4,44,0.1,1,0.4,0.4\n"
    responses = "layer,kind,before,after\na,layer,1.0,nan\nb,layer,1.0,0.5\nc,layer,nan,0.5\na,residual,nan,nan\n"
    run, result = single_of("small", 0), result_of(8, 0.1)
    left(tmp_path / "a", run, result, history_csv=history, responses_csv=responses)
    drawn = curves_in(chart(tmp_path, "curves"))
    assert {style: len(line.points) for style, line in drawn.items()} == {"curve1": 3, "curve1-dashed": 4}
    assert "standard deviation of layer outputs, after norm" in words(chart(tmp_path, "responses"))
    (tmp_path / "a/responses.csv").write_text("layer,kind,before,after\na,layer,nan,nan\n", encoding="utf-8")
    with pytest.raises(UnsuitedView, match="no value in that is finite"):
        chart(tmp_path, "responses")


def test_many_points_are_marked_by_their_parameters(tmp_path: Path) -> None:
    for n in range(1, 10):
        for shortcut in ("A", "B", "C"):
            result = {**result_of(6 * n + 2, 0.1 + 0.01 * n), "params": 1000 * n + ord(shortcut)}
            left(tmp_path / f"{n}{shortcut}", run_of(f"a long name {n} {shortcut}", 0, {"n": n, "s": shortcut}), result)
    figure = chart(tmp_path, "scatter")
    assert "Colours of marks show `n`, shapes `s`." in figure.description
    marks = [item for item in figure.scene.flat() if isinstance(item, ChartMark) and item.about]
    assert len(marks) == 27
    assert {mark.shape for mark in marks} == {"circle", "square", "triangle"}
