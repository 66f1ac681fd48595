"""Every form of file of a network lifts to a text of the same hash: one line that anybody can check."""

from __future__ import annotations

from pathlib import Path

import pytest

import resdsl
from resdsl.equality.networks import inference_hash
from resdsl.ir.folding import fold_batch_norm
from tests.lifting.test_sources import names
from tests.lifting.without_names import without_metadata, without_names

FEW = ("resnet20",)


def lifted_hash(path: Path) -> str:
    return resdsl.lift(path, run=False, norms="keep").net.inference_hash


def same_hash(name: str, path: Path) -> None:
    net = resdsl.load(name)
    for opset in (None, 21):
        for functions in (False, True):
            net.to_onnx(path, no_weights=True, opset=opset, functions=functions)
            assert lifted_hash(path) == net.inference_hash
    for less in (without_metadata, without_names):
        net.to_onnx(path, no_weights=True)
        less(path)
        assert lifted_hash(path) == net.inference_hash
    net.to_onnx(path, no_weights=True, fold_bn=True)
    folded = inference_hash(fold_batch_norm(net.ir).network)
    assert lifted_hash(path) == folded


@pytest.mark.parametrize("name", FEW)
def test_every_form_of_a_file_has_the_hash_of_its_network(name: str, tmp_path: Path) -> None:
    same_hash(name, tmp_path / "net.onnx")


@pytest.mark.zoo
@pytest.mark.parametrize("name", [name for name in names() if name not in FEW])
def test_every_form_of_every_file_has_the_hash_of_its_network(name: str, tmp_path: Path) -> None:
    same_hash(name, tmp_path / "net.onnx")
