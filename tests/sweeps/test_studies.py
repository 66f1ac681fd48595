"""The shipped studies, each count exact: against plain arithmetic, the shipped networks, and the paper's tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from resdsl.api import load
from resdsl.compiler import read_spec
from resdsl.resources import shipped_studies
from resdsl.source import read_source
from tests.sweeps import arithmetic
from tests.sweeps.reading import figures, names, shortened, study


@pytest.mark.parametrize("path", shipped_studies(), ids=lambda path: path.stem)
def test_every_sweep_of_a_study_runs_without_a_warning(path: Path) -> None:
    spec = read_spec(read_source(path))
    assert spec.sweeps[0] == path.stem
    for name in spec.sweeps:
        sweep = shortened(spec, name)
        assert len(list(sweep.points())) >= 2
        assert sweep.warnings == []


def test_plain_against_residual_at_18_and_34() -> None:
    found = study("plain_residual")
    assert names(found) == ["imagenet18-none", "imagenet18-A", "imagenet34-none", "imagenet34-A"]
    for point, depths in zip(found, [[2, 2, 2, 2]] * 2 + [[3, 4, 6, 3]] * 2, strict=True):
        assert figures(point) == arithmetic.figures(arithmetic.imagenet(depths))
    shipped = [load("plain18"), load("resnet18", shortcut="A"), load("plain34"), load("resnet34", shortcut="A")]
    assert [(point.costs.params, point.costs.macs) for point in found] == [(net.params, net.macs) for net in shipped]


def test_shortcut_options() -> None:
    found = study("shortcut_options")
    expected = [arithmetic.imagenet([3, 4, 6, 3], shortcut=option) for option in "ABC"]
    assert [figures(point) for point in found] == [arithmetic.figures(count) for count in expected]
    assert found[1].costs.params == 21_797_672


def test_shortcut_options_at_equal_params() -> None:
    for point, option in zip(study("shortcut_options", "equal_params"), "ABC", strict=True):
        widths = range(48, 97)
        counts = {width: arithmetic.imagenet([3, 4, 6, 3], width, option).params for width in widths}
        best = min(widths, key=lambda width: abs(counts[width] - 22_700_000))
        assert (point.value("width"), point.costs.params) == (best, counts[best])


def test_6n_plus_2_layers_from_20_to_1202() -> None:
    found = study("cifar_depth")
    assert names(found) == ["resnet20", "resnet32", "resnet44", "resnet56", "resnet110", "resnet1202"]
    for point, n in zip(found, [3, 5, 7, 9, 18, 200], strict=True):
        assert figures(point) == arithmetic.figures(arithmetic.cifar(n))
    assert [round(point.costs.params / 1e6, 2) for point in found[:4]] == [0.27, 0.46, 0.66, 0.85]
    assert [round(point.costs.params / 1e6, 1) for point in found[4:]] == [1.7, 19.4]


def test_the_deepest_plain_networks_are_left_out() -> None:
    found = study("cifar_depth", "plain_and_residual")
    assert len(found) == 10
    assert [point.name for point in found if "none" in point.name][-1] == "cifar56-none"


def test_bottlenecks_in_the_place_of_pairs() -> None:
    found = study("bottlenecks")
    for point, kind in zip(found, ["basic", "bottleneck"], strict=True):
        assert figures(point) == arithmetic.figures(arithmetic.imagenet([3, 4, 6, 3], shortcut="B", kind=kind))
    assert [point.costs.params for point in found] == [21_797_672, 25_557_032]


def test_bottlenecks_at_equal_cost() -> None:
    for point, kind in zip(study("bottlenecks", "equal_cost"), ["basic", "bottleneck"], strict=True):
        widths = range(32, 97)
        counts = {width: arithmetic.imagenet([3, 4, 6, 3], width, "B", kind) for width in widths}
        best = min(widths, key=lambda width: abs(counts[width].macs - 3_664_000_000))
        assert (point.value("width"), *figures(point)) == (best, *arithmetic.figures(counts[best]))


def test_width_against_depth_at_equal_multiply_adds() -> None:
    found = study("width_depth")
    assert [point.value("n") for point in found] == [1, 2, 3, 5, 9, 18]
    for point in found:
        n = point.value("n")
        assert isinstance(n, int)
        counts = {w: arithmetic.cifar(n, w, "B") for w in range(4, 65)}
        best = min(counts, key=lambda w: abs(counts[w].macs - 125_000_000))
        assert (point.value("w"), *figures(point)) == (best, *arithmetic.figures(counts[best]))
        assert abs(point.costs.macs - 125e6) <= 0.05 * 125e6


def test_the_difference_to_the_input_or_the_whole_image() -> None:
    """Ten convolutions with biases, at 24 x 24; the sum with the input costs neither parameters nor multiply-adds."""
    found = study("deblurring")
    assert names(found) == ["restore10-none", "restore10-A"]
    weights = [9 * inputs * outputs for inputs, outputs in [(1, 16), *[(16, 16)] * 8, (16, 1)]]
    for point in found:
        assert (point.costs.depth, point.costs.params) == (10, sum(weights) + 9 * 16 + 1)
        assert point.costs.macs == sum(weights) * 24 * 24
