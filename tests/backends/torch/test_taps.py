"""Taps come back by name: the maps that heads for detection and segmentation read."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import resdsl
from resdsl.weights.fitting import WeightsMismatch
from tests.backends.torch.noisy import backward, images, noisy, watching

DETECTOR = """import "resnet18.res" as he

network classifier = he.resnet18 {
  tap c5 after layer4
  tap c2 after layer1
  tap c4 after layer3
  tap c3 after layer2
}

network backbone = classifier {
  drop avgpool
  drop fc
}
"""
NEAR = """network near {
  input 3x8x8
  conv 3x3, 4; norm; act
  conv 3x3, 4; norm; act
  residual identity { conv 3x3, 4; norm }
  act
  avgpool global
  fc 2
}

network near_tapped = near {
  tap convolved after conv1
  tap normed after bn1
  tap active after act
  tap late after act2
}
"""
MAPS = {"c2": (64, 16, 16), "c3": (128, 8, 8), "c4": (256, 4, 4), "c5": (512, 2, 2)}
STAGES = {"c2": "layer1", "c3": "layer2", "c4": "layer3", "c5": "layer4"}


@pytest.fixture
def detector(tmp_path: Path, root: Path) -> Path:
    """A file of networks with taps, beside the one that it imports."""
    path = tmp_path / "detector.res"
    path.write_text(DETECTOR)
    copyfile(root / "specs" / "resnet18.res", tmp_path / "resnet18.res")
    return path


def maps_of(module: nn.Module, paths: dict[str, str], batch: Tensor) -> tuple[dict[str, Tensor], Any]:
    """What the modules at these paths yield, copied before anything can write over it, and the outputs."""
    with watching(module, paths.values()) as passes:
        outputs = module(batch)
    return {name: passes[path][0][1] for name, path in paths.items()}, outputs


def test_taps_are_a_dictionary_in_the_order_of_the_network(detector: Path) -> None:
    net = resdsl.load(detector, "classifier", input="3x64x64")
    outputs = net.to_torch()(images(net, 2))
    assert type(outputs) is dict
    assert {name: tuple(value.shape) for name, value in outputs.items()} == {
        **{name: (2, *shape) for name, shape in MAPS.items()},
        "output": (2, 1000),
    }
    assert list(outputs) == [*MAPS, "output"] == [tap.name for tap in net.ir.outputs]


def test_classifier_s_checkpoint_gives_the_detector_its_maps(detector: Path, tmp_path: Path) -> None:
    classifier = resdsl.load("resnet18", input="3x64x64")
    trained = classifier.to_torch(seed=3).eval()
    torch.save(trained.state_dict(), tmp_path / "resnet18.pth")
    net = resdsl.load(detector, "classifier", input="3x64x64")
    tapped = net.to_torch(weights=tmp_path / "resnet18.pth").eval()
    outputs, (maps, logits) = tapped(images(net, 2)), maps_of(trained, STAGES, images(net, 2))
    assert all(torch.equal(outputs[name], value) for name, value in maps.items())
    assert torch.equal(outputs["output"], logits)


def test_backbone_without_a_head(detector: Path, tmp_path: Path) -> None:
    net = resdsl.load(detector, "backbone", input="3x64x64")
    module = net.to_torch(seed=3).eval()
    outputs = module(images(net, 2))
    assert list(outputs) == [*MAPS, "output"]
    assert torch.equal(outputs["output"], outputs["c5"])
    trained = resdsl.load("resnet18", input="3x64x64").to_torch(seed=3).eval()
    torch.save(trained.state_dict(), tmp_path / "resnet18.pth")
    with pytest.raises(WeightsMismatch, match=r"`fc\.weight` is in the file but not in the network"):
        net.to_torch(weights=tmp_path / "resnet18.pth")
    left = module.load_state_dict(trained.state_dict(), strict=False)
    assert left == ([], ["fc.weight", "fc.bias"])
    outputs, (maps, _) = module(images(net, 2)), maps_of(trained, STAGES, images(net, 2))
    assert all(torch.equal(outputs[name], value) for name, value in maps.items())


@pytest.mark.parametrize("training", [True, False])
def test_nothing_writes_over_a_tapped_map(training: bool) -> None:
    """Activations and sums work in place elsewhere."""
    net = resdsl.loads(NEAR, "near_tapped")
    paths = {"convolved": "conv1", "normed": "bn1", "active": "act", "late": "act2"}
    maps, outputs = maps_of(net.to_torch().train(training), paths, images(net, 3))
    assert all(torch.equal(outputs[name], value) for name, value in maps.items())
    assert (maps["normed"] < 0).any()
    assert not (maps["active"] < 0).any()


@pytest.mark.parametrize("training", [True, False])
def test_taps_change_nothing_else(training: bool) -> None:
    plain, tapped = noisy(), noisy("tapped")
    one, other = plain.to_torch(seed=1).train(training), tapped.to_torch(seed=1).train(training)
    assert list(one.state_dict()) == list(other.state_dict())
    outputs = []
    for module in (one, other):
        torch.manual_seed(0)
        outputs.append(module(images(plain, 2)))
    assert torch.equal(outputs[0], outputs[1]["output"])


def test_losses_on_taps_reach_the_stages_before_them_alone() -> None:
    net = noisy("tapped")
    module = net.to_torch()
    backward(module(images(net, 2))["c2"].square().mean())
    reached = {name.split(".")[0] for name, each in module.named_parameters() if each.grad is not None}
    assert reached == {"conv1", "bn1", "layer1"}


@pytest.mark.parametrize("name", ["x2", "x", "parts", "shortcut"])
def test_tap_called_like_a_variable_of_the_file_hides_no_value(name: str) -> None:
    net = resdsl.loads(
        f"""
        network n {{
          input 3x8x8
          conv 3x3, 4; as a
          conv 3x3, 4; as b
          conv 3x3, 4
          tap {name}
          from add(a, b)
        }}
        """
    )
    module = net.to_torch().eval()
    convolutions = [module.get_submodule(f"conv{number}") for number in (1, 2, 3)]
    x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        found = module(x)
        one = convolutions[0](x)
        two = convolutions[1](one)
        assert torch.equal(found[name], convolutions[2](two))
        assert torch.equal(found["output"], one + two)
