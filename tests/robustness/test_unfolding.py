"""Networks of more layers than memory holds: every output that unfolds them is refused, the others are small."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest

from resdsl import loads
from resdsl.api import Net
from resdsl.ir.walk import TooManyLayers
from resdsl.ops.reach import PeriodTooLong
from tests.robustness.test_limits import LONGEST, calling_twice, network

TEXTS = {
    "repeats": network("conv 3x3, 8", "stage s: basic(8) x 1_000_000_000", "fc 10"),
    "blocks called twice": "\n".join(calling_twice(35)) + "\n" + network("b0", "fc 10"),
}
UNFOLDING: dict[str, Callable[[Net, Path], object]] = {
    "onnx": lambda net, path: net.to_onnx(path),
    "onnx, folded": lambda net, path: net.to_onnx(path, fold_bn=True),
    "safetensors": lambda net, path: net.to_safetensors(path),
    "safetensors, folded": lambda net, path: net.to_safetensors(path, fold_bn=True),
    "source": lambda net, _: net.to_torch_source(),
    "module": lambda net, _: net.to_torch(),
    "meta": lambda net, _: net.to_torch("meta"),
    "ops": lambda net, _: net.render("ops"),
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("output", UNFOLDING)
def test_what_unfolds_is_refused_before_it_is_made(name: str, output: str, tmp_path: Path) -> None:
    net = loads(TEXTS[name])
    began = process_time()
    with pytest.raises(TooManyLayers, match="at most 100_000 can be written or drawn one by one"):
        UNFOLDING[output](net, tmp_path / "out")
    assert process_time() - began < LONGEST
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", TEXTS)
def test_json_is_small(name: str) -> None:
    assert len(loads(TEXTS[name]).to_json()) < 100_000


def test_repeats_are_drawn_where_they_are_folded() -> None:
    assert "x 1000000000" in _ops(loads(TEXTS["repeats"]))


def _ops(net: Net) -> str:
    return str(getattr(net.render("ops", fold=True), "source", ""))


@pytest.mark.parametrize("text", ["upsample 1_000_000_000", 'upsample 1_000_000_000, mode="bilinear"'])
def test_receptive_field_of_a_huge_magnification_is_refused(text: str) -> None:
    net = loads(network(text))
    with pytest.raises(PeriodTooLong, match="only after 1_000_000_000 positions"):
        net.report(columns="full")._repr_html_()
