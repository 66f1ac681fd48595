"""Transfer learning: parts that training leaves alone, and heads that are new."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import resdsl
from resdsl.backends.torch.freezing import InvalidFreeze
from resdsl.weights.fitting import WeightsMismatch
from tests.backends.torch.noisy import changed, images, noisy, option_a, state_of, train, watching

HEAD = {"fc.weight", "fc.bias"}
ANY_AXES = """
block made(width, stride = 1) {{
  residual {{ conv 3, width, /stride; norm; act; conv 3, width; norm }}
  act
}}

network net(shortcut = B) {{
  input {shape}
  conv 3, 4; norm; act
  stage layer1: made(8) x 1, /2
  avgpool global
  fc 3
}}
"""
SPECS: dict[str, Callable[[], resdsl.Net]] = {
    "noisy": noisy,
    "option A": option_a,
    "other norms": lambda: resdsl.loads(
        "network other(norm = group_norm(4), shortcut = C) "
        "{ input 3x16x16; conv 3x3, 8; norm; act; stage layer1: basic(8) x 2; avgpool global; fc 10 }"
    ),
    "signals": lambda: resdsl.loads(ANY_AXES.format(shape="2x16")),
    "volumes": lambda: resdsl.loads(ANY_AXES.format(shape="2x4x4x4")),
}
every_spec = pytest.mark.parametrize("spec", SPECS)


def trained(net: resdsl.Net, **options: Any) -> tuple[nn.Module, set[str]]:
    """A module after two steps in training mode, and what they changed."""
    module = net.to_torch(**options)
    before = state_of(module)
    train(module.eval(), [images(net, 4, seed) for seed in (0, 1)])
    return module, changed(before, module)


def of_norms(module: nn.Module) -> set[str]:
    """The names of all parameters and buffers of batch norms, which alone have statistics."""
    norms = [name for name, each in module.named_modules() if hasattr(each, "running_mean")]
    return {f"{name}.{own}" for name in norms for own in module.get_submodule(name).state_dict()}


@every_spec
def test_everything_is_trained_unless_it_is_frozen(spec: str) -> None:
    module, touched = trained(SPECS[spec]())
    assert touched == set(module.state_dict())


@every_spec
def test_frozen_backbone_leaves_the_head_alone_trainable(spec: str) -> None:
    module, touched = trained(SPECS[spec](), freeze="backbone")
    assert touched == HEAD
    assert {name for name, each in module.named_parameters() if each.requires_grad} == HEAD
    assert all((each.grad is not None) == (name in HEAD) for name, each in module.named_parameters())


def test_backbone_is_frozen_where_stages_are_computed_again_too() -> None:
    assert trained(noisy(), freeze="backbone", checkpointing=True)[1] == HEAD


def test_frozen_backbone_yields_in_training_what_it_yields_in_evaluation() -> None:
    net = SPECS["option A"]()
    module = net.to_torch(freeze="backbone")
    with watching(module, ["avgpool"]) as passes:
        module.train()(images(net, 3))
        module.eval()(images(net, 3))
    (_, training), (_, evaluation) = passes["avgpool"]
    assert torch.equal(training, evaluation)


@pytest.mark.parametrize("spec", ["noisy", "option A", "volumes", "signals"])
def test_frozen_batch_norms_keep_scales_and_statistics(spec: str) -> None:
    module, touched = trained(SPECS[spec](), freeze="batch_norm")
    assert of_norms(module)
    assert touched == set(module.state_dict()) - of_norms(module)


@pytest.mark.parametrize("parts", [["conv1", "bn1", "layer1.1"], ("layer1.1", "bn1", "conv1")])
def test_list_of_paths(parts: list[str]) -> None:
    module, touched = trained(noisy(), freeze=parts)
    frozen = {name for name in module.state_dict() if name.startswith(("conv1.", "bn1.", "layer1.1."))}
    assert len(frozen) == 18
    assert touched == set(module.state_dict()) - frozen


def test_one_path() -> None:
    module, touched = trained(noisy(), freeze="layer2.0.downsample")
    frozen = {name for name in module.state_dict() if name.startswith("layer2.0.downsample.")}
    assert touched == set(module.state_dict()) - frozen


def test_kinds_and_paths_together() -> None:
    module, touched = trained(noisy(), freeze=["batch_norm", "fc"])
    assert touched == set(module.state_dict()) - of_norms(module) - HEAD


def test_nothing_is_frozen_by_an_empty_list() -> None:
    module, touched = trained(noisy(), freeze=[])
    assert touched == set(module.state_dict())


def test_statistics_are_kept_before_any_mode_is_chosen() -> None:
    net = noisy()
    module = net.to_torch(freeze="batch_norm")
    before = state_of(module)
    module(images(net, 3))
    assert changed(before, module) == set()
    assert module.training


def test_copies_are_frozen_too() -> None:
    net = noisy()
    copied = copy.deepcopy(net.to_torch(freeze="backbone"))
    before = state_of(copied)
    train(copied, [images(net, 4)])
    assert changed(before, copied) == HEAD


def test_frozen_module_has_the_same_state_and_the_same_function() -> None:
    net = noisy()
    plain, frozen = net.to_torch(seed=2).eval(), net.to_torch(seed=2, freeze="backbone").eval()
    assert list(plain.state_dict()) == list(frozen.state_dict())
    assert changed(state_of(plain), frozen) == set()
    assert torch.equal(plain(images(net, 2)), frozen(images(net, 2)))


def test_frozen_on_the_meta_device_and_filled_later() -> None:
    net = noisy()
    module = net.to_torch(device="meta", freeze="backbone")
    module.load_state_dict(net.to_torch().state_dict(), assign=True)
    before = state_of(module)
    train(module, [images(net, 4)])
    assert changed(before, module) == HEAD


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (
            "bakbone",
            "`bakbone` cannot be frozen: the network has no such module; did you mean `backbone`?",
        ),
        (
            "batchnorm",
            "`batchnorm` cannot be frozen: the network has no such module; did you mean `batch_norm`?",
        ),
        (
            ["layer1", "layer3"],
            "`layer3` cannot be frozen: the network has no such module; did you mean `layer1`?",
        ),
        (
            "layer2.0.donwsample",
            "`layer2.0.donwsample` cannot be frozen: the network has no such module; "
            "did you mean `layer2.0.downsample`?",
        ),
        ("fc.weight", "`fc.weight` cannot be frozen: the network has no such module"),
        ("", "`` cannot be frozen: the network has no such module"),
        ("stem of it all", "`stem of it all` cannot be frozen: the network has no such module"),
    ],
)
def test_wrong_names_are_refused(parts: str | list[str], message: str) -> None:
    with pytest.raises(InvalidFreeze) as caught:
        noisy().to_torch(freeze=parts)
    assert str(caught.value) == message


def test_network_without_stages_has_no_backbone() -> None:
    with pytest.raises(InvalidFreeze) as caught:
        resdsl.loads("network flat { input 3x8x8; conv 3x3, 4; fc 2 }").to_torch(freeze="backbone")
    assert str(caught.value) == "`flat` has no stages and therefore no backbone; name the modules to freeze"


NOTHING: dict[str, tuple[resdsl.Net, str | list[str], str]] = {
    "no batch norm": (
        resdsl.load("resnet20", norm="group_norm(8)"),
        "batch_norm",
        'freeze="batch_norm" would have no effect on `resnet20`: it has no batch norms',
    ),
    "a pool": (resdsl.load("resnet18"), "maxpool", "`maxpool` cannot be frozen: it has no weights"),
    "a part in a block": (noisy(), "layer1.0.dropout", "`layer1.0.dropout` cannot be frozen: it has no weights"),
    "one of several": (noisy(), ["layer1", "avgpool"], "`avgpool` cannot be frozen: it has no weights"),
    "twice": (noisy(), ["layer1", "fc", "layer1"], "`layer1` is listed twice in the parts to freeze"),
    "a backbone without weights": (
        resdsl.loads(
            "block pooled() { maxpool 3x3, /1 }\n"
            "network pools { input 3x8x8; stage s: pooled() x 2; avgpool global; fc 2 }"
        ),
        "backbone",
        'freeze="backbone" would have no effect on `pools`: its backbone has no weights',
    ),
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_has_nothing_to_freeze_is_refused(name: str) -> None:
    net, parts, message = NOTHING[name]
    with pytest.raises(InvalidFreeze) as caught:
        net.to_torch(freeze=parts)
    assert str(caught.value) == message


# ---------------------------------------------------------------------------------------------- new heads


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a network of 1000 classes, trained a little."""
    module, _ = trained(noisy(classes=1000), seed=1)
    path = tmp_path_factory.mktemp("weights") / "noisy.pth"
    torch.save({"state_dict": module.state_dict()}, path)
    return path


def test_new_head_on_a_trained_backbone(checkpoint: Path) -> None:
    net = noisy(classes=2)
    module = net.to_torch(weights=checkpoint, reset="fc", seed=8, freeze="backbone")
    old, fresh = torch.load(checkpoint, weights_only=True)["state_dict"], net.to_torch(seed=8).state_dict()
    for name, value in module.state_dict().items():
        assert torch.equal(value, (fresh if name in HEAD else old)[name]), name
    before = state_of(module)
    train(module, [images(net, 4)])
    assert changed(before, module) == HEAD


def test_new_head_is_drawn_from_seed_0_by_default(checkpoint: Path) -> None:
    net = noisy(classes=2)
    module = net.to_torch(weights=checkpoint, reset=["fc"])
    assert changed({name: net.to_torch().state_dict()[name] for name in HEAD}, module) == set()


def test_head_for_other_classes_is_refused_with_the_way_out(checkpoint: Path) -> None:
    with pytest.raises(WeightsMismatch) as caught:
        noisy(classes=2).to_torch(weights=checkpoint)
    assert str(caught.value).splitlines() == [
        "noisy.pth does not hold the weights of this network:",
        "  `fc.weight` is 1000x16 in the file but 2x16 in the network",
        "  `fc.bias` is 1000 in the file but 2 in the network",
        'everything else fits: reset="fc" (--reset fc) draws `fc` from the seed and loads the rest',
    ]


@pytest.mark.parametrize("given", [{"freeze": "batch_norm"}, {"checkpointing": True}])
def test_what_is_for_training_has_no_place_in_the_form_for_inference(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="freeze and checkpointing would have no effect"):
        resdsl.load("resnet20").to_torch(inference=True, **given)


PREACTIVATED = """
network p(shortcut = bare) {
  input 3x8x8
  conv 3x3, 8
  stage s: preact_basic(8) x 2
  norm; act
  avgpool global
  fc 3
}
"""


def test_a_norm_behind_the_stages_is_of_the_backbone() -> None:
    """Pre-activation networks end in a norm: only what classifies is the head."""
    module = resdsl.loads(PREACTIVATED).to_torch(freeze="backbone")
    assert [name for name, value in module.named_parameters() if value.requires_grad] == ["fc.weight", "fc.bias"]
    assert not module.train().get_submodule("bn1").training


@pytest.mark.parametrize("seed", [-1, 1.5, "a", True])
def test_a_seed_is_a_whole_number(seed: Any) -> None:
    with pytest.raises(ValueError, match="a seed must be an integer from zero up"):
        resdsl.load("resnet20").to_torch(seed=seed)


def test_a_memory_format_is_one_of_torch_s() -> None:
    with pytest.raises(TypeError, match="not 'channels_last'"):
        resdsl.load("resnet20").to_torch(memory_format="channels_last")  # type: ignore[arg-type] # what is refused
