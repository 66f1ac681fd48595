"""Texts lifted from our own files: the same graph, under the same names, in few lines."""

from __future__ import annotations

from pathlib import Path

import pytest

import resdsl
from resdsl.lifting.check import graph_hash, graph_of, modules
from resdsl.lifting.lifted import Lifted, lifted
from resdsl.lifting.sources.onnx import read_onnx
from tests.lifting.test_sources import names
from tests.lifting.without_names import without_names

LINES = {"resnet50": 14, "resnext50_32x4d": 14, "resnet20": 14, "plain20": 18}
OTHERS = ("preact_cifar", "densenet121", "seresnet50", "unet_resnet18", "edsr", "backbone")


def lift_of(name: str, folder: Path, **form: object) -> Lifted:
    net = resdsl.load(name)
    path = folder / "net.onnx"
    net.to_onnx(path, no_weights=True, **form)  # type: ignore[arg-type]
    return lifted(read_onnx(path), "net")


def agree(found: Lifted, name: str) -> None:
    own, net = graph_of(resdsl.load(name).ir), resdsl.loads(found.text)
    assert graph_hash(graph_of(net.ir)) == graph_hash(own)
    assert not found.named or modules(graph_of(net.ir)) == modules(own)
    assert resdsl.format_text(found.text) == found.text


@pytest.mark.parametrize("name", [*LINES, *OTHERS])
def test_a_network_comes_back(name: str, tmp_path: Path) -> None:
    found = lift_of(name, tmp_path)
    agree(found, name)
    assert found.named
    assert name not in LINES or found.text.count("\n") <= LINES[name]


@pytest.mark.zoo
@pytest.mark.parametrize("name", names())
def test_every_shipped_network_comes_back(name: str, tmp_path: Path) -> None:
    found = lift_of(name, tmp_path, opset=21)
    agree(found, name)
    assert found.named or name == "nonlocal_resnet50"


def test_stages_have_the_titles_of_the_file(tmp_path: Path) -> None:
    assert 'stage layer2 "conv3_x": basic(128) x 4, /2' in lift_of("resnet34", tmp_path).text


def test_another_network_does_not_agree(tmp_path: Path) -> None:
    for one, other in (("resnet18", "resnet34"), ("resnet50", "resnet50d"), ("resnet20", "plain20")):
        with pytest.raises(AssertionError):
            agree(lift_of(one, tmp_path), other)


@pytest.mark.zoo
def test_a_file_without_names_whose_values_are_outputs_too(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    net = resdsl.load("resnet50_fpn")
    net.to_onnx(path)
    without_names(path)
    assert graph_hash(graph_of(lifted(read_onnx(path), "net").network)) == graph_hash(graph_of(net.ir))
