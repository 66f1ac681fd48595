"""Files for training: norms by the batch, dropout, and the outputs that only training has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import resdsl
from resdsl.api import Net
from resdsl.backends.onnx.form import OnnxForm
from resdsl.backends.onnx.opsets import OpsetTooOld
from resdsl.backends.onnx.training import NoTrainingForm
from resdsl.backends.onnx.write import onnx_bytes
from resdsl.target import IdleOption
from resdsl.weights.source import Seeded

TEXT = """network trained(width = 8, shortcut = B) {
  input 3x12x12
  conv 3x3, width; norm; act
  stage layer1: basic(width) x 1; as early
  stage layer2: basic(2 * width) x 1, /2; as late
  from early
  avgpool global; fc 4; tap aux in training
  from late
  avgpool global; fc 5
}"""
TRAINING = OnnxForm(training=True)


def session(net: Net, form: OnnxForm = TRAINING) -> onnxruntime.InferenceSession:
    """As it is written: when it optimises, onnxruntime takes any Dropout out."""
    data = onnx_bytes(net.ir, Seeded(2), form)
    onnx.checker.check_model(onnx.load_from_string(data), full_check=True)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("opset", [None, 21])
def test_outputs_and_statistics_are_those_of_pytorch(opset: int | None) -> None:
    net = resdsl.loads(TEXT)
    image = np.random.default_rng(0).standard_normal((6, 3, 12, 12), np.float32)
    run = session(net, OnnxForm(opset, training=True))
    names = [output.name for output in run.get_outputs()]
    found = dict(zip(names, run.run(names, {"input": image}), strict=True))
    module = net.to_torch(seed=2).train()
    wanted = module(torch.from_numpy(image))
    assert names[:2] == list(wanted) == ["aux", "output"]
    for name, value in wanted.items():
        assert np.abs(found[name] - value.detach().numpy()).max() < 1e-4 * value.abs().max().item()
    state = module.state_dict()
    means = [name for name in state if name.endswith("running_mean")]
    assert len(means) == len(names[2:]) / 2
    for name in means:
        path = name.removesuffix(".running_mean")
        assert np.abs(found[f"{path}/running_mean"] - state[name].numpy()).max() < 1e-4


def test_variances_are_those_of_the_batch() -> None:
    """PyTorch keeps one that is divided by one value fewer; ONNX divides by all."""
    net = resdsl.loads("network one { input 3x4x4; bn momentum=0.25 }")
    image = np.random.default_rng(0).standard_normal((5, 3, 4, 4), np.float32)
    found = session(net).run(["bn1/running_var"], {"input": image})[0]
    assert np.allclose(found, 0.75 + 0.25 * image.var((0, 2, 3)), atol=1e-5)


@pytest.mark.parametrize("opset", [13, 18])
@pytest.mark.parametrize("shape", ["6", "4x8", "2x5x5"])
def test_dropout_and_stochastic_depth(shape: str, opset: int) -> None:
    for op, per_sample in {"dropout 0.5": False, "drop_path 0.5": True}.items():
        net = resdsl.loads(f"network n {{ input {shape}; {op} }}")
        sizes = tuple(map(int, shape.split("x")))
        found = session(net, OnnxForm(opset, training=True)).run(None, {"input": np.ones((512, *sizes), np.float32)})[0]
        assert set(np.unique(found)) == {0.0, 2.0}
        assert 0.8 < found.mean() < 1.2
        rows = found.reshape(512, -1)
        assert (rows == rows[:, :1]).all() == per_sample


def test_batch_norms_need_opset_14() -> None:
    with pytest.raises(OpsetTooOld, match="`bn` cannot be written in opset 13: it needs opset 14"):
        session(resdsl.loads(TEXT), OnnxForm(13, training=True))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("std_conv 3x3, 4", "standardises its weight in each pass"),
        ("shared x: cell(3); shared x: cell(3)", "is applied twice"),
    ],
)
def test_what_a_file_cannot_train(body: str, reason: str) -> None:
    text = f"block cell(width) {{ conv 3x3, width; bn }}\nnetwork n {{ input 3x8x8; {body} }}"
    with pytest.raises(NoTrainingForm, match=reason):
        session(resdsl.loads(text))


def test_folding_is_for_inference(tmp_path: Path) -> None:
    with pytest.raises(IdleOption, match="folded for inference alone, not for training: fold_bn would have no effect"):
        resdsl.loads(TEXT).to_onnx(tmp_path / "trained.onnx", training=True, fold_bn=True)
