"""Stages that are computed again: several backward passes over one forward pass, as without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

import resdsl
from tests.backends.torch.noisy import backward, images, loss_of, noisy, option_a, state_of

Gradients = list[Tensor]


def of_live_module(net: resdsl.Net, checkpointing: bool) -> nn.Module:
    return net.to_torch(checkpointing=checkpointing)


def of_generated_source(net: resdsl.Net, checkpointing: bool) -> nn.Module:
    scope: dict[str, type[nn.Module]] = {"__name__": "generated"}  # type: ignore[dict-item]  # what exec reads
    exec(compile(net.to_torch_source(), "generated.py", "exec"), scope)
    made = scope[type(net.to_torch(device="meta")).__name__](checkpointing=checkpointing)
    made.load_state_dict(net.to_torch().state_dict())
    return made


def two_losses(module: nn.Module, batch: Tensor) -> Gradients:
    outputs = module(batch)
    found: Gradients = []
    for number in range(2):
        module.zero_grad()
        outputs[:, number].sum().backward(retain_graph=number == 0)
        found += gradients(module)
    return found


def the_same_loss_thrice(module: nn.Module, batch: Tensor) -> Gradients:
    loss = loss_of(module, batch)
    for number in range(3):
        loss.backward(retain_graph=number < 2)  # type: ignore[no-untyped-call]  # as PyTorch has it
    return gradients(module)


def second_derivatives(module: nn.Module, batch: Tensor) -> Gradients:
    batch = batch.clone().requires_grad_()
    slopes = torch.autograd.grad(loss_of(module, batch), [batch], create_graph=True)[0]
    backward(slopes.square().sum())
    return gradients(module)


def two_forward_passes(module: nn.Module, batch: Tensor) -> Gradients:
    losses = [loss_of(module, batch), loss_of(module, batch.flip(0))]
    for loss in (*losses, *losses[::-1]):
        torch.autograd.backward([loss], retain_graph=True)
    return gradients(module)


def saliency_of_each_class(module: nn.Module, batch: Tensor) -> Gradients:
    batch = batch.clone().requires_grad_()
    outputs = module(batch)
    return [torch.autograd.grad(each.sum(), batch, retain_graph=True)[0] for each in outputs.unbind(1)[:3]]


def under_autocast(module: nn.Module, batch: Tensor) -> Gradients:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return two_losses(module, batch)


def gradients(module: nn.Module) -> Gradients:
    return [each.grad.clone() for each in module.parameters() if each.grad is not None]


WAYS: tuple[Callable[[nn.Module, Tensor], Gradients], ...] = (
    two_losses,
    the_same_loss_thrice,
    second_derivatives,
    two_forward_passes,
    saliency_of_each_class,
    under_autocast,
)


@pytest.mark.parametrize("make", [of_live_module, of_generated_source])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("net", [noisy(), option_a()], ids=["noisy", "option A"])
def test_backward_passes_are_those_without_checkpointing(
    net: resdsl.Net,
    way: Callable[[nn.Module, Tensor], Gradients],
    make: Callable[[resdsl.Net, bool], nn.Module],
) -> None:
    found = []
    for checkpointing in (False, True):
        module = make(net, checkpointing).train()
        torch.manual_seed(3)
        found.append((way(module, images(net, 4)), state_of(module)))
    (wanted, state), (slopes, renewed) = found
    assert len(slopes) == len(wanted) > 0
    assert all(torch.equal(one, other) for one, other in zip(slopes, wanted, strict=True))
    assert all(torch.equal(renewed[name], value) for name, value in state.items())


def test_norms_are_whole_after_a_backward_pass_that_failed() -> None:
    module = option_a().to_torch(checkpointing=True).train()
    loss = loss_of(module, images(option_a(), 4))
    hook = module.get_submodule("layer2.0.bn2").register_forward_pre_hook(failing)
    with pytest.raises(ZeroDivisionError):
        loss.backward(retain_graph=True)  # type: ignore[no-untyped-call]  # as PyTorch has it
    hook.remove()
    before = dict(module.named_buffers())
    backward(loss)
    assert all(each is before[name] for name, each in module.named_buffers())
    assert all(each.momentum == 0.1 for each in module.modules() if isinstance(each, nn.BatchNorm2d))
    assert all(each == 1 for name, each in module.named_buffers() if "tracked" in name)


def failing(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    raise ZeroDivisionError


def test_within_a_checkpoint_of_the_user_s_own() -> None:
    net = option_a()
    found = []
    for checkpointing in (False, True):
        module = net.to_torch(checkpointing=checkpointing).train()
        outputs = checkpoint(module, images(net, 4), use_reentrant=False)
        for number in range(2):
            outputs[:, number].sum().backward(retain_graph=number == 0)
        found.append(gradients(module))
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))
