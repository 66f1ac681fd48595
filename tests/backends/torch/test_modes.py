"""Training and evaluation: dropout, stochastic depth, batch norm, and stages that are computed twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import resdsl
from tests.backends.torch.noisy import Pass, backward, images, loss_of, noisy, option_a, state_of, train, watching

SURE = 5
"""Standard deviations by which chance may err."""


def through(module: nn.Module, path: str, batch: Tensor) -> Pass:
    """What flows into a part of the module and what comes out, in a forward pass."""
    torch.manual_seed(0)
    with watching(module, [path]) as passes:
        module(batch)
    (seen,) = passes[path]
    return seen


# ---------------------------------------------------------------------------------------------- dropout


def test_dropout_in_training() -> None:
    net = noisy()
    before, after = through(net.to_torch().train(), "layer1.0.dropout", images(net, 50))
    zero = after == 0
    torch.testing.assert_close(after[~zero], before[~zero] / (1 - 0.3))
    positive = before > 0
    count, dropped = positive.sum().item(), (zero & positive).sum().item()
    assert abs(dropped - 0.3 * count) < SURE * (0.3 * 0.7 * count) ** 0.5


def test_dropped_elements_differ_from_pass_to_pass() -> None:
    net = noisy()
    module, batch = net.to_torch().train(), images(net, 2)
    assert not torch.equal(module(batch), module(batch))


@pytest.mark.parametrize("path", ["layer1.0.dropout", "layer2.1.drop_path"])
def test_nothing_is_dropped_in_evaluation(path: str) -> None:
    net = noisy()
    before, after = through(net.to_torch().eval(), path, images(net, 3))
    assert torch.equal(before, after)


@pytest.mark.parametrize(("path", "rate"), [("layer1.0", 0.1), ("layer1.1", 0.2), ("layer2.0", 0.3), ("layer2.1", 0.4)])
def test_stochastic_depth_in_training(path: str, rate: float) -> None:
    net, samples = noisy(), 500
    before, after = through(net.to_torch().train(), f"{path}.drop_path", images(net, samples))
    assert not (before == 0).flatten(1).all(1).any()
    zero = (after == 0).flatten(1).all(1)
    torch.testing.assert_close(after[~zero], before[~zero] / (1 - rate))
    assert abs(zero.sum().item() - rate * samples) < SURE * (rate * (1 - rate) * samples) ** 0.5


def test_dropped_branch_leaves_the_shortcut() -> None:
    net = noisy()
    module, batch = net.to_torch().train(), images(net, 40)
    torch.manual_seed(0)
    with watching(module, ["layer1.1", "layer1.1.drop_path"]) as passes:
        module(batch)
    ((_, branch),), ((flowed_in, flowed_out),) = passes["layer1.1.drop_path"], passes["layer1.1"]
    zero = (branch == 0).flatten(1).all(1)
    assert 0 < zero.sum() < len(batch)
    assert torch.equal(flowed_out[zero], flowed_in[zero])
    assert not torch.equal(flowed_out[~zero], flowed_in[~zero])


# ---------------------------------------------------------------------------------------------- batch norm

NORMED = """network normed {{
  input {shape}
  conv 3, 4; bn eps=0.01, momentum=0.3
  avgpool global
  fc 2
}}"""


@pytest.mark.parametrize("shape", ["3x12", "3x6x5", "3x3x4x2"])
def test_batch_norm_in_training_and_evaluation(shape: str) -> None:
    net = resdsl.loads(NORMED.format(shape=shape))
    module = net.to_torch(dtype=torch.float64).train()
    scale, shift = torch.tensor([1.0, 2, 3, -4]), torch.tensor([0.5, 0, -1, 2])
    with torch.no_grad():
        module.get_parameter("bn1.weight").copy_(scale)
        module.get_parameter("bn1.bias").copy_(shift)
    mean, variance = torch.zeros(4, dtype=torch.float64), torch.ones(4, dtype=torch.float64)
    for seed in range(3):
        before, after = through(module, "bn1", images(net, 6, seed).double())
        flat = before.movedim(1, 0).flatten(1)
        count = flat.shape[1]
        centre, spread = flat.mean(1), flat.var(1, unbiased=False)
        torch.testing.assert_close(after, normed(before, centre, spread, scale, shift))
        # Of a sample, the unbiased variance is kept, as PyTorch does.
        mean = 0.7 * mean + 0.3 * centre
        variance = 0.7 * variance + 0.3 * spread * count / (count - 1)
        torch.testing.assert_close(module.get_buffer("bn1.running_mean"), mean)
        torch.testing.assert_close(module.get_buffer("bn1.running_var"), variance)
        assert module.get_buffer("bn1.num_batches_tracked") == seed + 1
    kept = state_of(module.eval())
    before, after = through(module, "bn1", images(net, 6, 9).double())
    torch.testing.assert_close(after, normed(before, mean, variance, scale, shift))
    assert all(torch.equal(value, module.state_dict()[name]) for name, value in kept.items())


def normed(x: Tensor, mean: Tensor, variance: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Ioffe and Szegedy, arXiv 1502.03167, Algorithm 1, with the eps of the text."""
    by_channel = (1, -1, *(1,) * (x.dim() - 2))
    mean, variance, scale, shift = (each.view(by_channel) for each in (mean, variance, scale, shift))
    return scale * (x - mean) / (variance + 0.01).sqrt() + shift


# ---------------------------------------------------------------------------------------------- checkpointing

TEXTS: dict[str, Callable[[], resdsl.Net]] = {
    "noisy": noisy,
    "tapped": lambda: noisy("tapped"),
    "option A": option_a,
    "other norms": lambda: resdsl.loads(
        "network other(norm = group_norm(4), shortcut = C) "
        "{ input 3x16x16; conv 3x3, 8; norm; act; stage layer1: basic(8) x 2; avgpool global; fc 10 }"
    ),
}
every_text = pytest.mark.parametrize("text", TEXTS)


@every_text
def test_checkpointing_gives_the_same_gradients_and_statistics(text: str) -> None:
    net = TEXTS[text]()
    passes = []
    for checkpointing in (False, True):
        module = net.to_torch(checkpointing=checkpointing).train()
        torch.manual_seed(11)
        backward(loss_of(module, images(net, 6)))
        gradients = {name: each.grad for name, each in module.named_parameters() if each.grad is not None}
        passes.append((gradients, dict(module.named_buffers())))
    (wanted, buffers), (found, renewed) = passes
    assert all(torch.equal(found[name], gradient) for name, gradient in wanted.items())
    assert all(torch.equal(renewed[name], value) for name, value in buffers.items())
    assert list(found) == list(wanted) == [name for name, _ in net.to_torch().named_parameters()]
    assert all(value == 1 for name, value in renewed.items() if name.endswith("num_batches_tracked"))


@every_text
def test_checkpointing_trains_to_the_same_weights(text: str) -> None:
    net = TEXTS[text]()
    plain, checkpointed = net.to_torch(), net.to_torch(checkpointing=True)
    for module in (plain, checkpointed):
        train(module, [images(net, 4, seed) for seed in range(3)])
    assert all(torch.equal(value, plain.state_dict()[name]) for name, value in checkpointed.state_dict().items())


def test_stages_are_what_is_computed_twice() -> None:
    net = noisy()
    module = net.to_torch(checkpointing=True).train()
    weighted = [name for name, each in module.named_modules() if isinstance(each, nn.Conv2d | nn.Linear)]
    with watching(module, weighted) as passes:
        backward(loss_of(module, images(net, 4)))
    calls = {name: len(seen) for name, seen in passes.items()}
    assert calls == {name: 2 if name.startswith("layer") else 1 for name in weighted}
    assert len(calls) == 11


def test_less_is_kept_for_the_backward_pass() -> None:
    net = noisy()
    plain, checkpointed = (kept(net.to_torch(checkpointing=each).train(), images(net, 16)) for each in (False, True))
    assert 3 * checkpointed < plain


def kept(module: nn.Module, batch: Tensor) -> int:
    """Bytes that a forward pass keeps for the backward pass."""
    sizes: list[int] = []

    def pack(value: Tensor) -> Tensor:
        sizes.append(value.nbytes)
        return value

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda value: value):
        loss_of(module, batch)
    return sum(sizes)


def test_checkpointing_changes_nothing_in_evaluation() -> None:
    net = noisy()
    batch = images(net, 3)
    plain, checkpointed = (net.to_torch(checkpointing=each).eval() for each in (False, True))
    assert torch.equal(plain(batch), checkpointed(batch))
    with torch.inference_mode():
        assert torch.equal(plain(batch), checkpointed(batch))


def test_checkpointing_of_a_network_without_stages_is_refused() -> None:
    net = resdsl.loads("network flat { input 3x8x8; conv 3x3, 4; fc 2 }")
    with pytest.raises(ValueError, match=r"^`flat` has no stages: checkpointing would have no effect$"):
        net.to_torch(checkpointing=True)
