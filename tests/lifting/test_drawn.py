"""Networks of every construct, drawn from seeds, written as files and lifted: the same digests."""

from __future__ import annotations

from pathlib import Path

import pytest

from resdsl.lifting.check import graph_hash, graph_of, modules
from resdsl.lifting.lifted import lifted
from resdsl.lifting.sources.onnx import read_onnx
from tests.random.census import uses, wanted
from tests.random.trying import loaded, of_seed

FEW, SHARE, SHARES = 10, 100, 5
KEPT = 0.95
"""So many of them keep their paths; the others have outputs within what would be a block."""


def comes_back(seed: int, path: Path, opset: int | None) -> bool:
    """Whether the network of a seed comes back under the paths of its file; that it comes back is asserted."""
    net = loaded(of_seed(seed))
    net.to_onnx(path, opset=opset, no_weights=True)
    read, own = read_onnx(path), graph_of(net.ir)
    assert graph_hash(read) == graph_hash(own), seed
    assert modules(read) == modules(own), seed
    found = lifted(read, "net")
    again = graph_of(found.network)
    assert graph_hash(again) == graph_hash(own), seed
    assert not found.named or modules(again) == modules(own), seed
    return found.named


@pytest.mark.parametrize("seed", range(FEW))
def test_a_drawn_network_comes_back(seed: int, tmp_path: Path) -> None:
    assert comes_back(seed, tmp_path / "net.onnx", None if seed % 2 else 21)


@pytest.mark.lifts
@pytest.mark.parametrize("share", range(SHARES))
def test_hundreds_of_drawn_networks_come_back(share: int, tmp_path: Path) -> None:
    seeds = range(share * SHARE, (share + 1) * SHARE)
    kept = [comes_back(seed, tmp_path / "net.onnx", opset) for seed in seeds for opset in (None, 21)]
    assert sum(kept) >= KEPT * len(kept)


@pytest.mark.lifts
def test_they_use_every_construct() -> None:
    used = {construct for seed in range(SHARE * SHARES) for construct in uses(of_seed(seed), loaded(of_seed(seed)))}
    assert used >= set(wanted())
