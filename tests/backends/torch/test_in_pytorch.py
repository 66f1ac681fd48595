"""What a module is like: layouts, autocast, the meta device, arguments, seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

import resdsl
from tests.backends.torch.noisy import (
    assert_same,
    backward,
    changed,
    images,
    loss_of,
    named,
    noisy,
    option_a,
    state_of,
    watching,
)

# ---------------------------------------------------------------------------------------------- layouts


@pytest.mark.parametrize(
    ("spec", "shortcut"),
    [
        ("resnet20", "A"),
        ("resnet20", 'A(zeros="both")'),
        ("resnet20", "D"),
        ("resnet50", "B"),
        ("resnext50_32x4d", "B"),
    ],
)
@pytest.mark.parametrize("training", [True, False])
def test_channels_last_is_kept_throughout(spec: str, shortcut: str, training: bool) -> None:
    net = resdsl.load(spec, input="3x64x64", shortcut=shortcut)
    module = net.to_torch(memory_format=torch.channels_last).train(training)
    seen: set[nn.Module] = set()

    def look(part: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        # On a map of one place both layouts are one.
        maps = [value for value in (*inputs, output) if value.dim() == 4 and value.shape[2:].numel() > 1]
        for value in maps:
            assert value.is_contiguous(memory_format=torch.channels_last)
            assert not value.is_contiguous()
        if len(maps) == 2:
            seen.add(part)

    for each in module.modules():
        each.register_forward_hook(look)
    module(images(net, 2).contiguous(memory_format=torch.channels_last))
    behind = {module, *(module.get_submodule(name) for name in ("avgpool", "fc"))}
    assert seen == set(module.modules()) - behind


def test_layout_is_that_of_the_parameters_too() -> None:
    net = option_a()
    for module in (net.to_torch(memory_format=torch.channels_last), net.to_torch(inference=True)):
        weights = [each for each in module.parameters() if each.dim() == 4]
        assert all(each.is_contiguous(memory_format=torch.channels_last) for each in weights)
    plain = net.to_torch()
    assert all(each.is_contiguous() for each in plain.parameters())


# ---------------------------------------------------------------------------------------------- precision


@pytest.mark.parametrize("name", ["option A", "tapped"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_step_under_autocast(name: str, dtype: torch.dtype) -> None:
    net = named(name)
    module = net.to_torch().train()
    before = state_of(module)
    weighted = [name for name, each in module.named_modules() if isinstance(each, nn.Conv2d | nn.Linear)]
    optimiser = torch.optim.SGD(module.parameters(), lr=0.1)
    with torch.autocast("cpu", dtype=dtype), watching(module, weighted) as passes:
        loss = loss_of(module, images(net, 4))
    backward(loss)
    assert {output.dtype for ((_, output),) in passes.values()} == {dtype}
    assert loss.isfinite()
    for parameter in module.parameters():
        assert parameter.dtype == torch.float32
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()
    optimiser.step()
    assert changed(before, module) == set(before)
    assert all(value.isfinite().all() for value in module.state_dict().values())
    assert {value.dtype for value in module.buffers()} == {torch.float32, torch.int64}


# ---------------------------------------------------------------------------------------------- arguments


class Allocated(TorchDispatchMode):  # type: ignore[no-untyped-call]  # as PyTorch has it
    """Counts the bytes of all tensors that are made off the meta device."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # as PyTorch has it
        self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        if isinstance(made, Tensor) and not made.is_meta:
            self.bytes += made.untyped_storage().nbytes()
        return made


@pytest.mark.parametrize("name", ["resnet50", "option A", "tapped"])
def test_meta_device_takes_no_memory(name: str) -> None:
    net = named(name)
    with Allocated() as on_cpu:
        module = net.to_torch()
    assert on_cpu.bytes >= 4 * net.params
    with Allocated() as on_meta:
        empty = net.to_torch(device="meta")
    assert on_meta.bytes == 0
    assert all(value.is_meta for value in empty.state_dict().values())
    assert list(empty.state_dict()) == list(module.state_dict())
    outputs = empty(images(net, 5).to("meta"))
    assert all(each.is_meta and len(each) == 5 for each in (outputs.values() if name == "tapped" else [outputs]))


def test_module_of_the_meta_device_is_filled_from_a_state_dict() -> None:
    net = noisy()
    module = net.to_torch(seed=4).eval()
    empty = net.to_torch(device="meta").eval()
    empty.load_state_dict(module.state_dict(), assign=True)
    assert_same(empty(images(net, 2)), module(images(net, 2)))


@pytest.mark.parametrize("device", [None, "cpu", torch.device("cpu")])
def test_device(device: torch.device | str | None) -> None:
    assert {value.device.type for value in noisy().to_torch(device=device).state_dict().values()} == {"cpu"}


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_dtype_is_that_of_what_floats(dtype: torch.dtype) -> None:
    net = noisy()
    single, module = net.to_torch(), net.to_torch(dtype=dtype).eval()
    assert all(value.dtype == torch.float32 for value in single.parameters())
    for name, value in module.state_dict().items():
        counter = name.endswith("num_batches_tracked")
        assert value.dtype == (torch.int64 if counter else dtype)
        assert torch.equal(value, single.state_dict()[name].to(value.dtype))
    assert module(images(net, 2).to(dtype)).dtype == dtype


def test_modules_are_made_in_training_mode_with_gradients() -> None:
    module = noisy().to_torch()
    assert all(each.training for each in module.modules())
    assert all(each.requires_grad for each in module.parameters())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"device": "meta", "seed": 1}, "a module on the meta device has no values: weights and seed would have no"),
        ({"device": "meta", "weights": "w.pth"}, "a module on the meta device has no values"),
        ({"weights": "w.pth", "seed": 1}, "all weights come from the file: seed would have no effect"),
        (
            {"reset": "fc"},
            "without weights, everything is initialised from the seed anyway: reset would have no effect",
        ),
    ],
)
def test_argument_without_effect_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        noisy().to_torch(**arguments)


# ---------------------------------------------------------------------------------------------- seeds


@pytest.mark.parametrize("name", ["option A", "tapped"])
def test_a_seed_means_the_same_weights_in_onnx(name: str, tmp_path: Path) -> None:
    net = named(name)
    drawn = {seed: net.to_torch(seed=seed).state_dict() for seed in (0, 7)}
    for seed, state in drawn.items():
        model = onnx.load(net.to_onnx(tmp_path / "net.onnx", seed=seed))
        stored = {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
        weights = {name: value for name, value in state.items() if not name.endswith("num_batches_tracked")}
        assert all((stored[name] == value.numpy()).all() for name, value in weights.items())
    differing = changed(drawn[0], net.to_torch(seed=7))
    assert differing == {name for name in drawn[0] if "conv" in name or "downsample.0" in name or "fc" in name}
    assert changed(drawn[0], net.to_torch()) == set()
