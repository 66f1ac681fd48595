"""Gradual unfreezing: what was frozen is trained again, its batch norms included."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable

import pytest
import torch
from torch import nn

import resdsl
from resdsl.backends.torch.freezing import InvalidFreeze
from tests.backends.torch.noisy import changed, images, option_a, state_of, train

NET = option_a()
STATE = set(NET.to_torch().state_dict())


def trained(module: nn.Module) -> set[str]:
    """What two steps in training mode change."""
    before = state_of(module)
    train(module.train(), [images(NET, 4, seed) for seed in (0, 1)])
    return changed(before, module)


def test_stage_of_a_frozen_backbone_is_trained_again_with_its_batch_norms() -> None:
    """Case d11 of the trials: gradients could be given back by hand, the batch norms could not."""
    module = resdsl.load("resnet20").to_torch(freeze="backbone")
    resdsl.thaw(module, "layer3")
    module.train()
    assert module.get_parameter("layer3.0.conv1.weight").requires_grad
    assert module.get_submodule("layer3.0.bn1").training
    assert type(module.get_submodule("layer3.0.bn1")) is nn.BatchNorm2d
    assert not module.get_submodule("layer2.0.bn1").training


@pytest.mark.parametrize("part", ["layer3", "layer3.0", "conv1", "bn1"])
def test_only_the_part_is_thawed(part: str) -> None:
    module = NET.to_torch(freeze="backbone")
    resdsl.thaw(module, part)
    assert trained(module) == {name for name in STATE if name.startswith((f"{part}.", "fc."))}


@pytest.mark.parametrize(
    ("frozen", "thawed"),
    [("backbone", "backbone"), ("batch_norm", "batch_norm"), (["backbone", "fc"], ["fc", "backbone"])],
)
def test_thawing_undoes_freezing(frozen: str | list[str], thawed: str | list[str]) -> None:
    module, plain = NET.to_torch(freeze=frozen), NET.to_torch()
    resdsl.thaw(module, thawed)
    assert [type(each) for each in module.modules()] == [type(each) for each in plain.modules()]
    assert [each.training for each in module.modules()] == [each.training for each in plain.modules()]
    assert trained(module) == STATE == trained(plain)
    assert changed(state_of(plain), module) == set()


def test_batch_norms_of_a_frozen_backbone_alone() -> None:
    module = NET.to_torch(freeze="backbone")
    resdsl.thaw(module, "batch_norm")
    norms = {name.rpartition(".")[0] for name in STATE if "running_mean" in name}
    assert trained(module) == {name for name in STATE if name.rpartition(".")[0] in {*norms, "fc"}}


def test_a_norm_is_thawed_into_the_mode_of_the_module() -> None:
    for mode in (True, False):
        module = NET.to_torch(freeze="backbone").train(mode)
        resdsl.thaw(module, "backbone")
        assert {each.training for each in module.modules()} == {mode}


COPIES: dict[str, Callable[[nn.Module], nn.Module]] = {
    "a copy": copy.deepcopy,
    "a pickle": lambda module: pickle.loads(pickle.dumps(module)),
}


@pytest.mark.parametrize("name", COPIES)
def test_copies_know_their_backbone(name: str) -> None:
    module = COPIES[name](NET.to_torch(freeze="backbone"))
    resdsl.thaw(module, "backbone")
    assert trained(module) == STATE


@pytest.mark.parametrize("made", [torch.fx.symbolic_trace, torch.jit.script])
def test_graphs_and_programs_are_not_thawed(made: Callable[[nn.Module], nn.Module]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch would rather have its users export
        module = made(NET.to_torch(freeze="backbone"))
    assert module(images(NET, 2)).shape == (2, 10)
    with pytest.raises(InvalidFreeze, match="thaw the module that it was made of"):
        resdsl.thaw(module, "backbone")


@pytest.mark.parametrize(
    ("frozen", "parts", "message"),
    [
        ("backbone", "fc", "nothing in `fc` is frozen: to thaw it would have no effect"),
        ((), "batch_norm", "nothing in `batch_norm` is frozen: to thaw it would have no effect"),
        ("backbone", "avgpool", "nothing in `avgpool` is frozen: to thaw it would have no effect"),
        ("backbone", ["layer1", "layer1"], "`layer1` is listed twice in the parts to thaw"),
        ("backbone", "layer4", "`layer4` cannot be thawed: the module has no such part; did you mean `layer1`?"),
        ("backbone", "", "`` cannot be thawed: the module has no such part"),
        ("layer1", "backbone", 'the module was not frozen with freeze="backbone"; name the modules to thaw'),
    ],
)
def test_refused(frozen: str | tuple[()], parts: str | list[str], message: str) -> None:
    with pytest.raises(InvalidFreeze) as caught:
        resdsl.thaw(NET.to_torch(freeze=frozen), parts)
    assert str(caught.value) == message


def test_nothing_is_thawed_if_a_part_cannot_be() -> None:
    module = resdsl.load("resnet20").to_torch(freeze="backbone")
    with pytest.raises(InvalidFreeze, match="nothing in `fc` is frozen"):
        resdsl.thaw(module, ["layer3", "fc"])
    assert not any(each.requires_grad for each in module.get_submodule("layer3").parameters())
