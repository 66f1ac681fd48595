"""Norms that PyTorch's older exporter has folded into convolutions, and the paths that it makes up."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import onnx
import pytest
import torch
from torch import Tensor, nn

import resdsl
from resdsl.lifting.lift import LiftedModel
from resdsl.lifting.sources.onnx import read_onnx
from tests.cli.running import Command


def exported(module: nn.Module, path: Path, inputs: int = 1) -> Path:
    given = tuple(torch.rand(1, 3, 8, 8) for _ in range(inputs))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module.eval(), given, path, opset_version=17, dynamo=False, input_names=["x", "y"][:inputs])
    return path


def translated(module: nn.Module, path: Path) -> Path:
    """A file of the newer exporter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module.eval(), (torch.rand(1, 3, 8, 8),), path, dynamo=True, verbose=False)
    return path


def paths_of(found: LiftedModel) -> list[str]:
    """The paths of the layers with weights of a text, in their order; those that are called again, once."""
    return list(dict.fromkeys(name.rpartition(".")[0] for name in found.net.to_torch().state_dict()))


def conv_norm_act(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU())


def without_paths(path: Path) -> None:
    """Take the names of its nodes from a file."""
    model = onnx.load(path)
    for node in model.graph.node:
        node.name = ""
    onnx.save(model, path)


class Siamese(nn.Module):
    """One encoder of two images."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(*conv_norm_act(3, 4), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.fc = nn.Linear(8, 2)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        made: Tensor = self.fc(torch.cat([self.encoder(left), self.encoder(right)], 1))
        return made


class Repeated(nn.Module):
    """A block that is called three times."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.stem, self.block = conv_norm_act(3, 4), block

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for _ in range(3):
            x = self.block(x)
        return x


def test_a_siamese_encoder_is_shared_with_its_norm(tmp_path: Path) -> None:
    found = resdsl.lift(exported(Siamese(), tmp_path / "net.onnx", 2))
    assert found.text.count('shared "encoder.0": conv') == found.text.count('shared "encoder.1": norm') == 2
    assert (found.named, found.norms, found.shared_in_part) == (True, 1, ())
    assert found.net.params == sum(each.numel() for each in Siamese().parameters())


def test_a_siamese_encoder_is_shared_without_its_norm(tmp_path: Path) -> None:
    found = resdsl.lift(exported(Siamese(), tmp_path / "net.onnx", 2), norms="keep")
    assert found.text.count('shared "encoder.0": conv') == 2
    assert paths_of(found) == ["encoder.0", "fc"]


def test_a_siamese_encoder_is_shared_where_paths_are_lost(tmp_path: Path) -> None:
    path = exported(Siamese(), tmp_path / "net.onnx", 2)
    without_paths(path)
    found = resdsl.lift(path)
    assert (found.named, found.text.count("shared")) == (False, 4)


def test_a_block_that_is_called_again_has_one_norm(tmp_path: Path) -> None:
    module = Repeated(conv_norm_act(4, 4))
    found = resdsl.lift(exported(module, tmp_path / "net.onnx"))
    assert paths_of(found) == ["stem.0", "stem.1", "block.0", "block.1"]
    assert found.net.params == sum(each.numel() for each in module.parameters())


class Normed(nn.Module):
    """A norm before a convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.conv = nn.GroupNorm(2, 4), nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.conv(self.norm(x))
        return made


@pytest.mark.parametrize("block", [nn.Sequential(nn.GroupNorm(2, 4), nn.Tanh()), Normed()])
def test_a_group_norm_that_is_called_again_is_shared(block: nn.Module, tmp_path: Path) -> None:
    found = resdsl.lift(exported(Repeated(block), tmp_path / "net.onnx"))
    assert paths_of(found)[2:] == [f"block.{name}" for name, each in block.named_children() if list(each.parameters())]


class Numbered(nn.Module):
    """Modules that are called as the exporter would call later calls of others."""

    def __init__(self, make: Sequence[nn.Module]) -> None:
        super().__init__()
        self.layer, self.layer_1, self.layer_2 = make

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.layer_2(self.layer_1(self.layer(x).relu()).relu())
        return made


@pytest.mark.parametrize("make", [lambda: nn.Conv2d(3, 3, 1), lambda: conv_norm_act(3, 3), lambda: nn.GroupNorm(1, 3)])
def test_modules_with_numbers_keep_their_names(make: type[nn.Module], tmp_path: Path) -> None:
    graph = read_onnx(exported(Numbered([make() for _ in range(3)]), tmp_path / "net.onnx"))
    paths = [node.path.removesuffix(".0") for node in graph.nodes if node.tensors]
    assert paths == ["layer", "layer_1", "layer_2"]


@pytest.mark.parametrize("alone", [True, False])
def test_a_weight_that_was_computed_is_no_sign_of_a_norm(alone: bool, tmp_path: Path) -> None:
    computed = nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3))
    module = computed if alone else nn.Sequential(computed, nn.ReLU())
    found = resdsl.lift(exported(module, tmp_path / "net.onnx"))
    assert (found.norms, "norm" in found.text) == (0, False)


def test_a_norm_may_have_the_bias_of_another_layer(tmp_path: Path) -> None:
    last = nn.Conv2d(4, 4, 1)
    nn.init.zeros_(last.get_parameter("bias"))
    path = exported(nn.Sequential(*conv_norm_act(3, 4), last), tmp_path / "net.onnx")
    first, *_ = read_onnx(path).nodes
    assert first.tensors["bias"].name == "3.bias"
    assert resdsl.lift(path).norms == 1


class Listed(nn.Module):
    """A block that is called under three names, and one of its own."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.stem = conv_norm_act(3, 4)
        self.layers = nn.ModuleList([block] * 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for layer in self.layers:
            x = layer(x)
        return x


def test_the_second_name_of_a_layer_is_not_the_path_of_a_norm(tmp_path: Path) -> None:
    found = resdsl.lift(translated(Listed(conv_norm_act(4, 4)), tmp_path / "net.onnx"))
    kinds = [node.op.op for node in found.lifted.graph.nodes]
    assert kinds == ["conv", "bn", "relu"] * 4
    assert found.norms == 1


def trained(module: nn.Module) -> nn.Module:
    """A module whose norms have numbers of their own."""
    for name, buffer in module.named_buffers():
        if "running" in name:
            buffer.uniform_(0.5, 1.5)
    return module


@pytest.mark.parametrize("prepare", [nn.Module.eval, trained])
def test_a_block_under_several_names_has_one_norm(prepare: Callable[[nn.Module], nn.Module], tmp_path: Path) -> None:
    module = prepare(Listed(conv_norm_act(4, 4)))
    found = resdsl.lift(translated(module, tmp_path / "net.onnx"))
    assert paths_of(found) == ["stem.0", "stem.1", "layers.2.0", "layers.2.1"]
    assert found.net.params == sum(each.numel() for each in module.parameters())


def test_equal_norms_of_several_modules_are_several(tmp_path: Path) -> None:
    norms = (nn.BatchNorm2d(4), nn.ReLU(), nn.BatchNorm2d(4), nn.ReLU())
    found = resdsl.lift(translated(nn.Sequential(*conv_norm_act(3, 4), *norms), tmp_path / "net.onnx"))
    assert paths_of(found) == ["0", "1", "3", "5"]


def test_a_layer_with_two_names_and_no_norm_has_none(tmp_path: Path) -> None:
    block = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.ReLU())
    found = resdsl.lift(translated(Listed(block), tmp_path / "net.onnx"))
    assert [node.op.op for node in found.lifted.graph.nodes] == ["conv", "bn", "relu", *["conv", "relu"] * 3]


class Wrapped(nn.Module):
    """A sequence under a name."""

    def __init__(self, name: str, inner: nn.Module) -> None:
        super().__init__()
        self.add_module(name, inner)

    def forward(self, x: Tensor) -> Tensor:
        (inner,) = self.children()
        made: Tensor = inner(x)
        return made


def state_paths(module: nn.Module) -> list[str]:
    """The paths of the layers with weights of a module."""
    return list(dict.fromkeys(name.rpartition(".")[0] for name in module.state_dict()))


@pytest.mark.parametrize("name", ["conv", "double_conv", "features", "convolution", "conv1"])
def test_norms_in_a_sequence_have_the_next_place(name: str, tmp_path: Path) -> None:
    double = nn.Sequential(*conv_norm_act(4, 4), *conv_norm_act(4, 4))
    module = nn.Sequential(Wrapped(name, conv_norm_act(3, 4)), Wrapped(name, double))
    found = resdsl.lift(exported(module, tmp_path / "net.onnx"))
    assert paths_of(found) == state_paths(module)


class Beside(nn.Module):
    """Convolutions and norms in lists of their own."""

    def __init__(self, convs: str, norms: str) -> None:
        super().__init__()
        self.add_module(convs, nn.ModuleList(nn.Conv2d(3, 3, 1, bias=False) for _ in range(3)))
        self.add_module(norms, nn.ModuleList(nn.BatchNorm2d(3) for _ in range(3)))

    def forward(self, x: Tensor) -> Tensor:
        convs, norms = self.children()
        for place, conv in enumerate(convs.children()):
            x = nn.functional.relu(norms.get_submodule(str(place))(conv(x)))
        return x


@pytest.mark.parametrize(("convs", "norms"), [("conv", "bn"), ("convs", "bns")])
def test_norms_in_a_list_of_their_own_have_the_same_place(convs: str, norms: str, tmp_path: Path) -> None:
    module = Beside(convs, norms)
    found = resdsl.lift(exported(module, tmp_path / "net.onnx"))
    assert set(paths_of(found)) == set(state_paths(module))


class Attended(nn.Module):
    """A block whose second norm has a name of its own, and a gate with layers that are called twice."""

    def __init__(self, second: str) -> None:
        super().__init__()
        self.first, self.second = conv_norm_act(4, 4), second
        self.add_module(second, nn.Conv2d(4, 4, 3, padding=1, bias=False))
        self.normed, self.gate = nn.BatchNorm2d(4), nn.Conv2d(4, 4, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.normed(self.get_submodule(self.second)(self.first(x)))
        pooled = self.gate(made.mean((2, 3), True)) + self.gate(nn.functional.adaptive_max_pool2d(made, 1))
        return nn.functional.relu(x + made * torch.sigmoid(pooled))


def attended(second: str, path: Path) -> Path:
    return exported(nn.Sequential(conv_norm_act(3, 4), *(Attended(second) for _ in range(3))), path)


def test_a_norm_without_a_usual_path_leaves_the_others_theirs(tmp_path: Path) -> None:
    found = resdsl.lift(attended("reduce", tmp_path / "net.onnx"))
    assert (found.named, found.text.count("block "), found.text.count("reduce_bn: norm")) == (True, 1, 1)
    block = ["first.0", "first.1", "reduce", "reduce_bn", "gate"]
    assert paths_of(found) == ["0.0", "0.1", *(f"{place}.{name}" for place in (1, 2, 3) for name in block)]


class Clashing(nn.Module):
    """A norm that is called as those of convolutions usually are, in another place."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2, self.conv3 = (nn.Conv2d(3, 3, 3, bias=False) for _ in range(3))
        self.first, self.last = nn.BatchNorm2d(3), nn.BatchNorm2d(3)
        self.bn2 = nn.GroupNorm(1, 3)
        self.conv3_bn = nn.PReLU(3)
        self.bn3 = nn.Conv2d(3, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn2(self.conv2(nn.functional.relu(self.first(self.conv1(x)))))
        made: Tensor = self.bn3(self.conv3_bn(self.last(self.conv3(x))))
        return made


def test_a_norm_whose_usual_path_is_taken_has_another_one(tmp_path: Path) -> None:
    found = resdsl.lift(exported(Clashing(), tmp_path / "net.onnx"))
    assert found.named
    assert set(paths_of(found)) == {"conv1", "bn1", "conv2", "bn2", "conv3", "conv3_bn1", "conv3_bn", "bn3"}


def test_paths_that_are_guesses_are_called_so(command: Command, tmp_path: Path) -> None:
    guessed = "except for unfolded norms, whose paths are guesses"
    path = attended("conv2", tmp_path / "net.onnx")
    assert guessed in command("lift", str(path)).err
    assert guessed not in command("lift", str(path), "--norms", "keep").err
    assert resdsl.lift(path).as_data()["norm_paths_guessed"] == 7
    known = resdsl.lift(translated(conv_norm_act(3, 4), tmp_path / "known.onnx"))
    assert (known.norms, known.as_data()["norm_paths_guessed"]) == (1, 0)
