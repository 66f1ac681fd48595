"""What acts in training only: it is in the text where the language has it, and told where not."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

import resdsl
from resdsl.lifting.refusals import UnknownOps
from tests.cli.running import Command


class StochasticDepth(nn.Module):
    """As others write it: nothing is left of it in evaluation mode."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.rate == 0:
            return x
        return x * torch.bernoulli(torch.full((x.shape[0], 1, 1, 1), 1 - self.rate))


class Dropping(nn.Module):
    """Every kind of what drops values in training."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.channels = nn.Dropout2d(rate)
        self.depth = StochasticDepth(rate)
        self.alpha = nn.AlphaDropout(rate)
        self.drop = nn.Dropout(rate, inplace=True)
        self.head = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.channels(self.norm(self.conv(x))).relu()
        x = self.alpha(x + self.depth(x.sigmoid())).mean((2, 3))
        made: Tensor = self.head(functional.dropout(self.drop(x), self.drop.p / 2, self.training))
        return made


def test_dropout_is_written_and_the_rest_is_told() -> None:
    found = resdsl.lift(Dropping(0.5), input="3x8x8")
    assert "dropout 0.5; dropout 0.25" in found.text
    assert found.agreement.difference == 0
    assert found.as_data()["only_in_training"] == [
        {"path": "channels", "what": "Dropout2d 0.5"},
        {"path": "alpha", "what": "AlphaDropout 0.5"},
        {"path": "depth", "what": "StochasticDepth 0.5"},
    ]
    trained = found.net.to_torch().train()
    given = torch.ones(1, 3, 8, 8)
    assert not torch.equal(trained(given), trained(given))


def test_rates_of_zero_do_nothing() -> None:
    found = resdsl.lift(Dropping(0.0), input="3x8x8")
    assert "drop" not in found.text.split("\n", 1)[1]
    assert found.as_data()["only_in_training"] == []


def test_the_command_tells_it(command: Command) -> None:
    command.write("dropping.py", Path(__file__).read_text().partition("\ndef test")[0])
    result = command("lift", "dropping:Dropping(0.25)", "--input", "3x8x8")
    assert result.code == 0, result.err
    assert "only: Dropout2d 0.25 at `channels`, AlphaDropout 0.25 at `alpha`, StochasticDepth 0.25 at" in result.err


def momenta(module: nn.Module) -> list[float | None]:
    return [part.momentum for part in module.modules() if isinstance(part, nn.BatchNorm2d)]


def test_the_momentum_of_norms_is_written(tmp_path: Path) -> None:
    norms = [nn.BatchNorm2d(3, momentum=momentum) for momentum in (0.01, 0.01, 1.0, None, 0.1)]
    module = nn.Sequential(*(part for norm in norms for part in (nn.Conv2d(3, 3, 1), norm)))
    found = resdsl.lift(module, input="3x8x8")
    assert momenta(found.net.to_torch()) == [0.01, 0.01, 1.0, 0.1, 0.1]
    assert found.as_data()["only_in_training"] == [{"path": "7", "what": "BatchNorm2d with the momentum None"}]
    options = {"do_constant_folding": False, "training": torch.onnx.TrainingMode.PRESERVE, "dynamo": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module[:4].eval(), (torch.zeros(1, 3, 8, 8),), tmp_path / "net.onnx", **options)  # type: ignore[arg-type]
    assert "norm = bn(momentum=0.01)" in resdsl.lift(tmp_path / "net.onnx").text


def test_blocks_of_the_library_keep_the_momentum_of_their_norms(tmp_path: Path) -> None:
    body = "stage a: basic(16) x 2; stage b: basic(16, norm=bn(momentum=0.3)) x 2; fc 10"
    net = resdsl.loads(f"network w {{\n  input 3x8x8\n  conv 3, 16; norm\n  {body}\n}}\n")
    found = resdsl.lift(net.to("json", tmp_path / "w.json"))
    assert found.text.count("momentum=0.3") > 0
    assert momenta(found.net.to_torch()) == momenta(net.to_torch())


class ChangedInPlace(nn.Module):
    """What is changed in place is read under another name, so that dropout is lost when that is taken apart."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.drop = nn.Conv2d(3, 3, 1), nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        part = x[:, :2]
        functional.relu_(x)
        made: Tensor = self.drop(x)[:, :2] + part
        return made


def test_dropout_that_is_lost_is_told() -> None:
    found = resdsl.lift(ChangedInPlace(), input="3x8x8")
    assert "dropout" not in found.text
    assert found.as_data()["only_in_training"] == [{"path": "drop", "what": "Dropout 0.5"}]


class Skipping(nn.Module):
    """Blocks that are left out in training, and dropout, both of which ask for the mode."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.last = nn.Conv2d(3, 8, 1), nn.Linear(8, 2)
        self.blocks = nn.ModuleList([nn.Conv2d(8, 8, 1) for _ in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block in self.blocks:
            if not self.training or torch.rand(()) > 0.1:
                x = x + block(x)
        made: Tensor = self.last(functional.dropout(x.mean((2, 3)), 0.5, training=self.training))
        return made


class Twice(nn.Module):
    """Dropout in two places of the code, one of which is reached three times."""

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(3):
            x = functional.dropout(x, 0.1, self.training).relu()
        return functional.dropout(x, 0.2, self.training)


def test_what_asks_for_the_mode_beside_dropout_is_told() -> None:
    found = resdsl.lift(Skipping(), input="3x8x8")
    assert found.as_data()["only_in_training"] == [{"path": "", "what": "Skipping"}]
    assert "dropout 0.5" in found.text
    assert resdsl.lift(Twice(), input="3x8x8").as_data()["only_in_training"] == []


class Always(nn.Module):
    """Dropout in evaluation mode, too."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.dropout(x, 0.5, True).relu()


def test_dropout_in_evaluation_is_refused() -> None:
    with pytest.raises(UnknownOps, match=r"dropout: the node .*: it drops values in evaluation too"):
        resdsl.lift(Always(), input="3x8x8")


@pytest.mark.parametrize("opset", [10, 17])
def test_dropout_of_a_file_is_written(opset: int, tmp_path: Path) -> None:
    given: dict[str, Any] = {} if opset > 11 else {"ratio": 0.3}
    names = ["a", "rate"] if opset > 11 else ["a"]
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"]),
        helper.make_node("Dropout", names, ["b"], **given),
        helper.make_node("Relu", ["b"], ["y"]),
    ]
    tensors = [
        numpy_helper.from_array(np.ones((2, 3, 1, 1), "f4"), "w"),
        numpy_helper.from_array(np.array(0.3, "f4"), "rate"),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("x", [1, 3, 4, 4]),)]
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "g", ends, [out], tensors[: len(names)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.save(model, tmp_path / "net.onnx")
    found = resdsl.lift(tmp_path / "net.onnx")
    assert "dropout 0.3" in found.text
    assert found.agreement.difference == 0


def test_dropout_within_blocks_of_the_library_comes_back(tmp_path: Path) -> None:
    body = "stage a: preact_basic(16, drop=0.3) x 2; stage b: preact_basic(32, drop=0.3) x 2, /2; norm; act; fc 10"
    net = resdsl.loads(f"network w(shortcut = B) {{\n  input 3x16x16\n  conv 3, 16\n  {body}\n}}\n")
    found = resdsl.lift(net.to("json", tmp_path / "w.json"))
    assert "network w(shortcut = B, drop = 0.3, classes = 10) {" in found.text
    assert "preact_basic(32, drop=drop) x 2, /2" in found.text


def test_rates_that_differ_are_a_parameter(tmp_path: Path) -> None:
    found = resdsl.lift(resdsl.load("efficientnet_b0").to("json", tmp_path / "net.json"))
    assert "drop_path rate }" in " ".join(found.text.split())
    assert "rate=0.1625)" in found.text


def test_outputs_in_training_are_told(tmp_path: Path) -> None:
    found = resdsl.lift(resdsl.load("googlenet").to("json", tmp_path / "net.json"))
    assert [each.what for each in found.lifted.graph.only_in_training] == [
        "the output `aux_logits1`",
        "the output `aux_logits2`",
    ]


class Stopping(nn.Module):
    """Gradients that go no further, a constant, and a norm that is never in training."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.last = nn.Conv2d(3, 8, 1), nn.BatchNorm2d(8), nn.Conv2d(8, 8, 1)

    def train(self, mode: bool = True) -> Stopping:
        super().train(mode)
        self.norm.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.last(self.norm(self.conv(x)).detach()) * torch.tensor(2.0)
        return made


def test_stopped_gradients_and_modes_of_their_own_are_told() -> None:
    found = resdsl.lift(Stopping(), input="3x8x8")
    assert found.as_data()["only_in_training"] == [
        {"path": "", "what": "detach"},
        {"path": "", "what": "Stopping with a method `train` of its own"},
    ]
