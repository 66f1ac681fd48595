"""All texts that a graph may be written as compile: one that does not would be passed over for a worse one."""

from __future__ import annotations

from pathlib import Path

import pytest

import resdsl
from resdsl.lifting.graph import PlainGraph
from resdsl.lifting.lifted import lifted, texts_of
from resdsl.lifting.sources.exported import read_module
from resdsl.lifting.sources.onnx import read_onnx
from tests.lifting.in_torch import NETWORKS
from tests.random.trying import loaded, of_seed

FEW, SHARE, SHARES = 8, 100, 5
AGAIN = (223, 281)
"""Seeds of networks with a residual that is called again, and in it a block of the library, or after it a gate."""
SPREAD = (7, 31)
"""Seeds of networks with sums over which one of the values is spread."""


def compile_all(graph: PlainGraph) -> None:
    """Compile all texts of a graph, of which there are several."""
    texts = list(texts_of(graph, "net"))
    assert len(texts) > 1
    for text in texts:
        assert resdsl.loads(text).name == "net", text


def drawn(seed: int, path: Path) -> PlainGraph:
    loaded(of_seed(seed)).to_onnx(path, no_weights=True)
    return read_onnx(path)


@pytest.mark.parametrize("seed", [*range(FEW), *AGAIN, *SPREAD])
def test_every_text_of_a_drawn_network_compiles(seed: int, tmp_path: Path) -> None:
    compile_all(drawn(seed, tmp_path / "net.onnx"))


@pytest.mark.lifts
@pytest.mark.parametrize("share", range(SHARES))
def test_every_text_of_hundreds_of_drawn_networks_compiles(share: int, tmp_path: Path) -> None:
    for seed in range(share * SHARE, (share + 1) * SHARE):
        compile_all(drawn(seed, tmp_path / "net.onnx"))


@pytest.mark.parametrize("name", ["cifar20", "unet"])
def test_every_text_of_a_module_compiles(name: str) -> None:
    compile_all(read_module(NETWORKS[name][0](), {"": NETWORKS[name][1]}))


@pytest.mark.zoo
@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in ("cifar20", "unet")])
def test_every_text_of_every_module_compiles(name: str) -> None:
    compile_all(read_module(NETWORKS[name][0](), {"": NETWORKS[name][1]}))


@pytest.mark.parametrize("seed", SPREAD)
def test_sums_with_values_that_are_spread_keep_their_blocks(seed: int, tmp_path: Path) -> None:
    found = lifted(drawn(seed, tmp_path / "net.onnx"), "net")
    assert "parallel add {" in found.text
    assert (found.flat, found.given_up) == (False, ())
