"""Distributions of what runs have measured: one sweep, several, and what of them failed or is missing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import mean

import numpy as np
import pytest

import resdsl
from resdsl.draw.figure import Figure
from resdsl.draw.scene import Group, Line, Text
from resdsl.experiments.measures import UnknownMeasure
from resdsl.experiments.points import UnknownPoint
from resdsl.experiments.views import UnknownView, UnsuitedView
from tests.experiments.made import left, result_of, run_of, study, write_manifest


def space(root: Path, errors: Mapping[str, float], *, failed: int = 0) -> Path:
    """The folder of a sweep in which each network was trained once, and some more diverged."""
    for at, (name, error) in enumerate(errors.items()):
        left(root / name / "seed-0", run_of(name, 0, {"n": at}), result_of(8, error))
    for at in range(failed):
        diverged = '{"step": 7, "reason": "the loss is no number"}'
        left(root / f"lost{at}" / "seed-0", run_of(f"lost{at}", 0, {"n": at}), failure_json=diverged)
    return root


def chart(figure: object) -> Figure:
    assert isinstance(figure, Figure)
    return figure


def words(figure: Figure) -> list[str]:
    return [item.text for item in figure.scene.flat() if isinstance(item, Text)]


def rows(figure: Figure) -> list[str]:
    return [item.label for item in figure.scene.items if isinstance(item, Group)]


def note(figure: Figure) -> str:
    return " ".join(words(figure))


def test_a_network_has_the_mean_of_its_seeds(tmp_path: Path) -> None:
    figure = chart(resdsl.results(study(tmp_path / "runs")).view("edf", below=10))
    means = [
        100 * mean(each) for each in ((0.175, 0.19, 0.16), (0.045, 0.08, 0.07), (0.82, 0.815, 0.8), (0.1, 0.125, 0.15))
    ]
    (row,) = rows(figure)
    assert row.startswith(f"study: 4, {min(means):.2f}, {sorted(means)[1]:.2f} [")
    assert row.endswith("25.0% [0%, 75.0%]")
    assert {"test error, %", "study: test error", "below 10.00"} <= set(words(figure))
    assert "study: the value of a network is the mean over its seeds." in words(figure)


def test_two_spaces_are_two_curves_with_the_intervals_of_numpy(tmp_path: Path) -> None:
    """AnyNetX_A and X_B in miniature: 200 networks each, whose intervals a bootstrap by numpy also finds."""
    draw = np.random.default_rng(3)
    errors = {name: draw.normal(centre, 0.04, 200).round(4) for name, centre in (("A", 0.45), ("B", 0.41))}
    spaces = [
        space(tmp_path / name, {f"n{at}": float(e) for at, e in enumerate(each)}) for name, each in errors.items()
    ]
    first, second = map(resdsl.results, spaces)
    figure = chart(first.view("edf", beside=[second], below=40))
    lines = rows(figure)
    assert len(lines) == 2
    for folder, each, line in zip(spaces, errors.values(), lines, strict=True):
        resamples = each[draw.integers(0, 200, (20_000, 200))]
        low, high = np.quantile((resamples < 0.4).mean(axis=1), [0.025, 0.975], method="inverted_cdf")
        head, _, share = line.rpartition("], ")
        assert head.startswith(f"{folder}: 200, {100 * each.min():.2f}, {100 * np.sort(each)[99]:.2f} [")
        found = [float(part.strip(" %[]")) / 100 for part in share.replace("[", ",").split(",")]
        assert found == pytest.approx([(each < 0.4).mean(), low, high], abs=0.0051)
    styles = {item.style for item in figure.scene.flat() if isinstance(item, Line)}
    assert {"curve1", "curve1-dashed", "curve2", "curve2-dashed"} <= styles


def test_networks_that_failed_count_and_are_named(tmp_path: Path) -> None:
    figure = chart(resdsl.results(space(tmp_path / "a", {"x": 0.2, "y": 0.3}, failed=2)).view("edf"))
    assert rows(figure)[0].startswith("study: 4, 2, 20.00, 30.00")
    assert "Networks that failed to train count as above every value." in words(figure)


def test_missing_and_unmeasured_runs_are_named(tmp_path: Path) -> None:
    root = space(tmp_path / "a", {"x": 0.2, "y": 0.3})
    left(root / "z" / "seed-0", run_of("z", 0, {"n": 5}), {**result_of(8, 0.1), "test_error": float("nan")})
    left(root / "going" / "seed-0", run_of("going", 0, {"n": 9}))
    left(root / "x" / "seed-1", run_of("x", 1, {"n": 0}), failure_json='{"step": 1, "reason": "nan"}')
    write_manifest(root, [], missing=["w/seed-0", "going/seed-0"])
    figure = chart(resdsl.results(root).view("edf"))
    assert rows(figure)[0].startswith("study: 2, 20.00, ")
    assert "study: 1 network without test error left out." in note(figure)
    assert "study: 1 run failed of networks whose other seeds make up their means." in note(figure)
    assert "study: 2 runs missing or not finished." in note(figure)


def test_values_of_a_parameter_are_curves(tmp_path: Path) -> None:
    results = resdsl.results(study(tmp_path / "runs"))
    assert [row.partition(":")[0] for row in rows(chart(results.view("edf", by="shortcut")))] == [
        "shortcut = none",
        "shortcut = A",
    ]
    with pytest.raises(UnknownPoint, match="there is no parameter or cost `width`"):
        results.view("edf", by="width")
    with pytest.raises(UnsuitedView, match="give one of them"):
        results.view("edf", by="shortcut", beside=[results])
    lost = resdsl.results(space(tmp_path / "a", {"x": 0.2, "y": 0.3}, failed=2))
    with pytest.raises(UnsuitedView, match="which value of `n` the 2 networks that failed have"):
        lost.view("edf", by="n")


def test_what_does_not_suit_is_refused(tmp_path: Path) -> None:
    results = resdsl.results(space(tmp_path / "a", {"x": 0.2}))
    with pytest.raises(UnknownMeasure, match="no run measured `psnr`"):
        results.view("edf", measure="psnr")
    with pytest.raises(UnsuitedView, match="one is given twice"):
        results.view("edf", beside=[results])
    with pytest.raises(UnknownView, match="`below` would have no effect on the view scatter"):
        results.view("scatter", below=3)
    with pytest.raises(UnknownView, match="`beside` would have no effect on the view table"):
        results.view("table", beside=[results])


def test_higher_may_be_better(tmp_path: Path) -> None:
    root = space(tmp_path / "a", {}, failed=1)
    for at, psnr in enumerate((30.0, 31.5, 28.0)):
        left(root / f"p{at}" / "seed-0", run_of(f"p{at}", 0, {"n": at}), result_of(8, 0.1, psnr=psnr))
    figure = chart(resdsl.results(root).view("edf", measure="psnr"))
    assert rows(figure)[0].startswith("study: 4, 1, 31.50, 28.00")
    assert {"highest", "PSNR, dB", "Networks that failed to train count as below every value."} <= set(words(figure))
