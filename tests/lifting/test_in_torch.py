"""Networks written by hand in PyTorch, as modules and as files of both exporters: all lift to one network.

Its outputs are those of the module, its names those of the module's state dict, and its lines are few.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

import resdsl
from resdsl.lifting.check import graph_hash, graph_of
from resdsl.lifting.lift import LiftedModel
from resdsl.lifting.weights import write_weights
from tests.lifting.in_torch import NETWORKS

SMALL = ("cifar20", "unet")
HEAVY = [name for name in NETWORKS if name not in SMALL]


def made(name: str) -> nn.Module:
    """A module whose norms have something to do."""
    torch.manual_seed(0)
    module = NETWORKS[name][0]().eval()
    with torch.no_grad():
        for buffer in (b for key, b in module.named_buffers() if b.dtype == torch.float32 and "running" in key):
            buffer.uniform_(0.5, 1.5)
    return module


def given_to(name: str) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((1, *NETWORKS[name][1])).astype("f4")


def traced(module: nn.Module, given: np.ndarray, path: Path, *, folded: bool) -> None:
    """A file of the older exporter."""
    kept = {} if folded else {"do_constant_folding": False, "training": torch.onnx.TrainingMode.PRESERVE}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, (torch.from_numpy(given),), path, dynamo=False, **kept)  # type: ignore[arg-type]


def translated(module: nn.Module, given: np.ndarray, path: Path, *, folded: bool) -> None:
    """A file of the newer exporter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, (torch.from_numpy(given),), path, dynamo=True, optimize=folded, verbose=False)


def computes_the_same(found: LiftedModel, module: nn.Module, given: np.ndarray, weights: Path) -> None:
    with torch.no_grad():
        wanted = module(torch.from_numpy(given)).numpy()
    ours = found.net.to_onnx(weights.parent / "ours.onnx", weights=weights)
    outputs = onnxruntime.InferenceSession(ours).run(None, {"input": given})[0]
    assert np.abs(outputs - wanted).max() <= 2e-6 * np.abs(wanted).max() + 1e-12


def digest(found: LiftedModel) -> str:
    return graph_hash(graph_of(found.net.ir))


def lifts(name: str, folder: Path, export: Callable[..., None], *, folded: bool) -> None:
    module, given, path = made(name), given_to(name), folder / "theirs.onnx"
    export(module, given, path, folded=folded)
    found = resdsl.lift(path)
    assert found.named
    assert found.lines <= NETWORKS[name][2]
    if found.norms:
        weights = folder / "w.safetensors"
        write_weights(found.lifted, weights)
    else:
        weights = folder / "w.pth"
        torch.save(module.state_dict(), weights)
    computes_the_same(found, module, given, weights)
    assert digest(found) == digest(resdsl.lift(module, input=NETWORKS[name][1], run=False))


def lifts_as_module(name: str, folder: Path) -> None:
    module = made(name)
    found = resdsl.lift(module, input=NETWORKS[name][1])
    assert found.named
    assert found.lines <= NETWORKS[name][2]
    assert found.agreement.difference is not None
    assert found.agreement.difference <= 2e-6
    assert set(found.net.to_torch("meta").state_dict()) == set(module.state_dict())
    torch.save(module.state_dict(), folder / "w.pth")
    computes_the_same(found, module, given_to(name), folder / "w.pth")


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("folded", [False, True])
def test_a_network_of_pytorch_comes_back(name: str, folded: bool, tmp_path: Path) -> None:
    lifts(name, tmp_path, traced, folded=folded)


@pytest.mark.zoo
@pytest.mark.parametrize("folded", [False, True])
@pytest.mark.parametrize("name", HEAVY)
def test_every_network_of_pytorch_comes_back(name: str, folded: bool, tmp_path: Path) -> None:
    lifts(name, tmp_path, traced, folded=folded)


@pytest.mark.zoo
@pytest.mark.parametrize("folded", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_comes_back_from_the_newer_exporter(name: str, folded: bool, tmp_path: Path) -> None:
    lifts(name, tmp_path, translated, folded=folded)


@pytest.mark.parametrize("name", SMALL)
def test_a_module_comes_back(name: str, tmp_path: Path) -> None:
    lifts_as_module(name, tmp_path)


@pytest.mark.zoo
@pytest.mark.parametrize("name", HEAVY)
def test_every_module_comes_back(name: str, tmp_path: Path) -> None:
    lifts_as_module(name, tmp_path)
