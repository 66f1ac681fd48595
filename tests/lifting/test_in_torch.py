"""Networks written by hand in PyTorch, exported, and lifted: the same outputs, names and few lines."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import resdsl
from resdsl.lifting.weights import write_weights
from tests.lifting.in_torch import NETWORKS

SMALL = ("cifar20", "unet")


def exported(name: str, path: Path, *, folded: bool) -> torch.nn.Module:
    make, shape, _ = NETWORKS[name]
    torch.manual_seed(0)
    module = make().eval()
    with torch.no_grad():
        for buffer in (b for key, b in module.named_buffers() if b.dtype == torch.float32 and "running" in key):
            buffer.uniform_(0.5, 1.5)
    kept = {} if folded else {"do_constant_folding": False, "training": torch.onnx.TrainingMode.PRESERVE}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, (torch.zeros(1, *shape),), path, dynamo=False, **kept)  # type: ignore[arg-type]
    return module


def lifts(name: str, folder: Path) -> None:
    path, shape, most = folder / "theirs.onnx", *NETWORKS[name][1:]
    given = np.random.default_rng(0).standard_normal((1, *shape)).astype("f4")
    for folded in (False, True):
        module = exported(name, path, folded=folded)
        found = resdsl.lift(path)
        with torch.no_grad():
            wanted = module(torch.from_numpy(given)).numpy()
        # Names too: the checkpoint of the module is read as it is.
        if not folded:
            assert found.named
            assert found.lines <= most
            torch.save(module.state_dict(), folder / "w.pth")
            weights = folder / "w.pth"
        else:
            weights = folder / "w.safetensors"
            write_weights(found.lifted, weights)
        ours = found.net.to_onnx(folder / "ours.onnx", weights=weights)
        made = onnxruntime.InferenceSession(ours).run(None, {"input": given})[0]
        assert np.abs(made - wanted).max() <= 2e-6 * np.abs(wanted).max() + 1e-12


@pytest.mark.parametrize("name", SMALL)
def test_a_network_of_pytorch_comes_back(name: str, tmp_path: Path) -> None:
    lifts(name, tmp_path)


@pytest.mark.zoo
@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in SMALL])
def test_every_network_of_pytorch_comes_back(name: str, tmp_path: Path) -> None:
    lifts(name, tmp_path)
