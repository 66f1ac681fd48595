"""One network built twice, by the compiler and by hand, and everything that must then be equal."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime
import torch
from safetensors.torch import save_file

from resdsl.api import Net
from resdsl.ir.walk import state
from tests.differential.config import Config
from tests.differential.reference import ResNet, depth, parameters, reference, run

TOLERANCE = 1e-4
BATCH = 2


def compare(net: Net, config: Config) -> None:
    """Counts, state, shapes and outputs of the two agree.

    Raises:
        AssertionError: something differs.
    """
    by_hand = reference(config)
    wanted = [(key, tuple(tensor.shape)) for key, tensor in by_hand.state_dict().items()]
    assert [(key, tensor.shape) for key, tensor in state(net.ir)] == wanted
    x = torch.rand((BATCH, config.channels, *config.size), generator=torch.Generator().manual_seed(1)) * 2 - 1
    logits, macs = run(by_hand, x)
    assert net.params == parameters(by_hand)
    assert net.macs == macs
    assert net.depth == depth(by_hand)
    assert {stage.path: stage.shapes[0] for stage in net.ir.stages} == by_hand.shapes
    assert relative_difference(outputs(net, by_hand, x), logits.numpy()) <= TOLERANCE


def outputs(net: Net, weights: ResNet, x: torch.Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """What the compiler's ONNX file with these weights yields."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "weights.safetensors"
        save_file(weights.state_dict(), file)
        model = net.to_onnx(Path(folder) / "net.onnx", weights=file).read_bytes()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    (logits,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    return np.asarray(logits)


def relative_difference(
    found: np.ndarray[tuple[int, ...], np.dtype[np.float32]], wanted: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
) -> float:
    """The largest difference, by the largest size of what is wanted."""
    assert found.shape == wanted.shape
    largest = float(np.abs(wanted).max())
    assert largest > 0
    return float(np.abs(found - wanted).max()) / largest
