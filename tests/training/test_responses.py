"""Responses of layers against hooks set by hand, and in runs."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

import resdsl
from resdsl.data.images import Images
from resdsl.data.prepared import prepare
from resdsl.data.sets import read_set
from resdsl.training.engine import PlainEngine
from resdsl.training.responses import measured_responses, responses_of
from resdsl.training.run import Standing
from resdsl.training.training import NotTrained

CIFAR = """network cifar(n = 1, w = 8, shortcut = A) {
  input 1x8x8
  conv 3x3, w; norm; act
  stage layer1: basic(w) x n
  stage layer2: basic(2 * w) x n, /2
  avgpool global
  fc 10
}
"""
RECIPE = resdsl.recipe("digits", steps=4, responses=True)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def images() -> Tensor:
    """The 256 images of the training split that are measured: one in every 1437 / 256."""
    split = prepare(read_set("digits", None), RECIPE.data).train
    assert isinstance(split, Images)
    return torch.from_numpy(split.inputs[[1437 * index // 256 for index in range(256)]])


def by_hand(module: nn.Module) -> dict[str, float]:
    """The responses of the network above, by hooks on modules named here."""
    spreads: dict[str, float] = {}

    def spread(name: str, value: Tensor) -> None:
        spreads[name] = float(value.detach().std())

    for name in ("bn1", "layer1.0.bn1", "layer1.0.bn2", "layer2.0.bn1", "layer2.0.bn2"):
        module.get_submodule(name).register_forward_hook(lambda _, __, out, name=name: spread(name, out))
    for name in ("layer1.0", "layer2.0"):
        module.get_submodule(name).register_forward_pre_hook(lambda _, given, name=name: spread(name, given[0]))
    module.train()(images())
    return {
        "conv1": spreads["bn1"],
        "layer1.0.conv1": spreads["layer1.0.bn1"],
        "layer1.0.conv2": spreads["layer1.0.bn2"],
        "layer1.0.add": spreads["layer1.0.bn2"] / spreads["layer1.0"],
        "layer2.0.conv1": spreads["layer2.0.bn1"],
        "layer2.0.conv2": spreads["layer2.0.bn2"],
        "layer2.0.add": spreads["layer2.0.bn2"] / spreads["layer2.0"],
    }


def test_a_run_records_what_hooks_by_hand_see(tmp_path: Path) -> None:
    net = resdsl.loads(CIFAR)
    resdsl.train(net, RECIPE, out=tmp_path / "run", seed=3)
    rows = list(csv.DictReader((tmp_path / "run/responses.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["kind"] for row in rows] == ["layer", "layer", "layer", "residual", "layer", "layer", "residual"]
    module = net.to_torch(seed=3)
    before = by_hand(module)
    module = net.to_torch(seed=3)
    module.load_state_dict(load_file(tmp_path / "run/weights.safetensors"))
    after = by_hand(module)
    for moment, values in (("before", before), ("after", after)):
        assert {row["layer"]: float(row[moment]) for row in rows} == pytest.approx(values, rel=1e-5)
    assert before["layer2.0.add"] != pytest.approx(after["layer2.0.add"], rel=1e-3)


def test_a_run_that_goes_on_records_the_same(tmp_path: Path) -> None:
    net = resdsl.loads(CIFAR)
    recipe = resdsl.recipe("digits", steps=13, responses=True)
    resdsl.train(net, recipe, out=tmp_path / "whole")

    def stop(now: Standing, _: int) -> None:
        if now.step == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resdsl.train(net, recipe, out=tmp_path / "ended", after_step=stop)
    assert not (tmp_path / "ended/responses.csv").exists()
    resdsl.train(net, recipe, out=tmp_path / "ended")
    for name in ("responses.csv", "weights.safetensors"):
        assert (tmp_path / "ended" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_recording_changes_nothing_of_the_run(tmp_path: Path) -> None:
    net = resdsl.loads(CIFAR)
    resdsl.train(net, RECIPE, out=tmp_path / "recorded")
    resdsl.train(net, resdsl.recipe("digits", steps=4), out=tmp_path / "plain")
    assert not (tmp_path / "plain/responses.csv").exists()
    for name in ("weights.safetensors", "history.csv", "result.json"):
        assert (tmp_path / "recorded" / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "layers", "residuals"),
    [
        ("resnet18", 17, 8),  # a stem of 7x7 and 16 layers of 3x3; the projections do not count
        ("resnet50", 17, 16),  # a layer of 3x3 in each bottleneck
        ("preresnet110", 109, 54),  # He et al. 2016: norm and activation before the layers, sums that nothing follows
        ("seresnet50", 17, 0),  # the branch ends in a gate
        ("vgg16", 13, 0),
    ],
)
def test_every_layer_and_residual_has_a_response(name: str, layers: int, residuals: int) -> None:
    kinds = [response.kind for response in responses_of(resdsl.load(name).ir)]
    assert (kinds.count("layer"), kinds.count("residual")) == (layers, residuals)


@pytest.mark.parametrize("text", [CIFAR, CIFAR.replace("norm; ", "")])
def test_measuring_leaves_a_module_as_it_is(text: str) -> None:
    net = resdsl.loads(text)
    module = net.to_torch(seed=0)
    state = {name: value.clone() for name, value in module.state_dict().items()}
    split = prepare(read_set("digits", None), RECIPE.data).train
    assert all(value > 0 for value in measured_responses(module, net.ir, split, PlainEngine()))
    assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())


def test_a_network_without_responses_is_refused(tmp_path: Path) -> None:
    net = resdsl.loads("network flat { input 1x8x8\n flatten; fc 10 }")
    with pytest.raises(NotTrained, match="`flat` has neither 3x3 layers nor residuals"):
        resdsl.train(net, RECIPE, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_residual_on_a_constant_has_no_response() -> None:
    net = resdsl.loads(CIFAR)
    blank = Images(torch.zeros(20, 1, 8, 8).numpy(), torch.zeros(20, dtype=torch.long).numpy())
    found = measured_responses(net.to_torch(seed=0), net.ir, blank, PlainEngine())
    kinds = [response.kind for response in responses_of(net.ir)]
    assert [math.isnan(value) for value in found] == [kind == "residual" for kind in kinds]
