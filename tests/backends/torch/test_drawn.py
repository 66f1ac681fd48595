"""Networks drawn at random: their modules against their ONNX files, and with nothing written in place."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import nn

import resdsl
from resdsl.backends.onnx.write import onnx_bytes
from resdsl.backends.torch.live import Form, live_module
from resdsl.backends.torch.source import TorchSource, torch_source
from resdsl.ir.network import Network
from resdsl.ir.walk import state
from resdsl.weights.source import Seeded
from tests.ir.strategies import networks

ROOT = Path(__file__).parents[3]
TEXTS = sorted((Path(__file__).parent / "texts").glob("*.res"))


def results(module: nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    """What a module yields, in the order of the network's outputs."""
    found = module(x)
    return list(found.values()) if isinstance(found, dict) else [found]


def in_onnx(network: Network, x: torch.Tensor) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    """What the network's ONNX model yields."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model = onnx_bytes(network, Seeded(0))
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return list(session.run(None, {network.inputs[0].name: x.numpy()}))


def agree(network: Network) -> None:
    """State and outputs of the module are those of the IR and of the ONNX model."""
    module = live_module(network, Seeded(0), Form()).eval()
    assert list(module.state_dict()) == [name for name, _ in state(network)]
    x = torch.randn((2, *network.inputs[0].shape), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        found = results(module, x)
    for ours, theirs in zip(found, in_onnx(network, x), strict=True):
        assert np.abs(ours.numpy() - theirs).max() <= 1e-5 * max(1.0, float(np.abs(theirs).max()))


def plain(source: TorchSource) -> type[nn.Module]:
    """The network's class with nothing written in place."""
    text = re.sub(r"^( +)(\w+) \+= (.*)$", r"\1\2 = \2 + \3", source.text, flags=re.MULTILINE)
    names: dict[str, type[nn.Module]] = {}
    exec(compile(text.replace("inplace=True", "inplace=False"), "<plain>", "exec", dont_inherit=True), names)
    return names[source.network]


def gradients(module: nn.Module, network: Network) -> list[torch.Tensor | None]:
    """Gradients of the input and of all parameters in training mode."""
    torch.manual_seed(0)
    x = torch.randn(2, *network.inputs[0].shape, requires_grad=True)
    torch.autograd.backward([value.square().sum() for value in results(module.train(), x)])
    return [x.grad, *(parameter.grad for parameter in module.parameters())]


def writing_over_changes_nothing(network: Network) -> None:
    """Gradients are those of a module that writes nothing in place, to the last bit."""
    module = live_module(network, Seeded(0), Form())
    other = plain(torch_source(network))()
    other.load_state_dict(module.state_dict())
    for one, two in zip(gradients(module, network), gradients(other, network), strict=True):
        assert (one is None and two is None) or (one is not None and two is not None and torch.equal(one, two))


@settings(max_examples=60)
@given(networks())
def test_module_and_model_agree(network: Network) -> None:
    agree(network)


@settings(max_examples=60)
@given(networks())
def test_nothing_is_written_over_that_is_needed(network: Network) -> None:
    writing_over_changes_nothing(network)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_texts_agree(path: Path) -> None:
    network = resdsl.loads(path.read_text(encoding="utf-8")).ir
    agree(network)
    writing_over_changes_nothing(network)


@pytest.mark.parametrize("name", ["resnet18", "resnet20", "vgg19"])
def test_shipped_networks_write_over_nothing_that_is_needed(name: str) -> None:
    writing_over_changes_nothing(resdsl.load(name, input="3x32x32").ir)


def test_source_of_drawn_networks_is_in_form(tmp_path: Path) -> None:
    drawn: list[str] = []

    @settings(max_examples=80, suppress_health_check=list(HealthCheck))
    @given(networks())
    def draw(network: Network) -> None:
        drawn.append(torch_source(network).text)

    draw()
    for number, text in enumerate(drawn):
        (tmp_path / f"drawn{number}.py").write_text(text, encoding="utf-8")
    # By the settings of the project, which are strict, mypy knows PyTorch from the project's own check.
    typed = ("mypy", "--config-file", ROOT / "pyproject.toml")
    for words in (("ruff", "format", "--isolated", "--check"), ("ruff", "check", "--isolated"), typed):
        done = subprocess.run(
            [sys.executable, "-m", *words, tmp_path], cwd=ROOT, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout
