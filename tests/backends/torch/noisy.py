"""A small network that behaves differently in training, with maps that detectors read; and batches for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import resdsl

TEXT = """
block dropped(width, stride = 1, rate = 0) {
  residual {
    conv 3x3, width, /stride; norm; act
    dropout 0.3
    conv 3x3, width;          norm
    drop_path rate
  }
  act
}

network noisy(shortcut = B, classes = 10) {
  input 3x16x16
  conv 3x3, 8; norm; act
  stage layer1: dropped(8, rate=0.4 * (block_index + 1) / block_count) x 2
  stage layer2: dropped(16, rate=0.4 * (block_index + 1) / block_count) x 2, /2
  avgpool global
  fc classes
}

network tapped = noisy {
  tap c2 after layer1
  tap c3 after layer2
}
"""

Outputs = Tensor | dict[str, Tensor]
Pass = tuple[Tensor, Tensor]
"""What flowed into a module, and what came out."""


def noisy(name: str = "noisy", **values: int | str) -> resdsl.Net:
    """A network of the text."""
    return resdsl.loads(TEXT, name, **values)


def option_a() -> resdsl.Net:
    """The shipped CIFAR network with a block in each stage: subsampled shortcuts with channels of zeros."""
    return resdsl.load("cifar", n=1, input="3x16x16")


def named(name: str) -> resdsl.Net:
    """A network on a small image."""
    if name == "resnet50":
        return resdsl.load(name, input="3x32x32")
    if name == "option D":
        # It pools in two stages, and in the first only widens.
        return resdsl.load("cifar", n=1, k=2, shortcut="D", input="3x16x16")
    return option_a() if name == "option A" else noisy(name)


def images(net: resdsl.Net, size: int, seed: int = 0) -> Tensor:
    """A batch for the network."""
    return torch.randn(size, *net.ir.inputs[0].shape, generator=torch.Generator().manual_seed(seed))


def logits(outputs: Outputs) -> Tensor:
    """What the network itself yields, beside what is tapped."""
    return outputs["output"] if isinstance(outputs, dict) else outputs


def loss_of(module: nn.Module, batch: Tensor) -> Tensor:
    """The loss of a forward pass. A sample's class follows from it, so that half a batch has its own."""
    found = logits(module(batch))
    return F.cross_entropy(found, batch.flatten(1).sum(1).abs().long() % found.shape[1])


def backward(loss: Tensor) -> None:
    """Gradients of all parameters that have any."""
    torch.autograd.backward([loss])


def train(module: nn.Module, batches: list[Tensor]) -> None:
    """A step of SGD on each, in training mode; the noise is the same each time this is called."""
    module.train()
    optimiser = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3)
    for seed, batch in zip(count(), batches, strict=False):
        torch.manual_seed(seed)
        optimiser.zero_grad()
        backward(loss_of(module, batch))
        optimiser.step()


def state_of(module: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers as they are now."""
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def changed(before: Mapping[str, Tensor], module: nn.Module) -> set[str]:
    """The names of what is not bit for bit as it was."""
    now = module.state_dict()
    return {name for name, value in before.items() if not torch.equal(value, now[name])}


def assert_same(found: Outputs, wanted: Outputs) -> None:
    """The same outputs, in the same order, bit for bit."""
    if isinstance(found, Tensor) or isinstance(wanted, Tensor):
        assert isinstance(found, Tensor)
        assert isinstance(wanted, Tensor)
        assert torch.equal(found, wanted)
        return
    assert list(found) == list(wanted)
    assert all(torch.equal(found[name], value) for name, value in wanted.items())


@contextmanager
def watching(module: nn.Module, paths: Iterable[str]) -> Iterator[dict[str, list[Pass]]]:
    """All passes through the modules at these paths, copied before anything can write over them."""
    passes: dict[str, list[Pass]] = {path: [] for path in paths}
    with ExitStack() as hooks:
        for path, seen in passes.items():

            def look(part: nn.Module, inputs: tuple[Tensor], output: Tensor, seen: list[Pass] = seen) -> None:
                seen.append((inputs[0].detach().clone(), output.detach().clone()))

            hooks.enter_context(module.get_submodule(path).register_forward_hook(look))
        yield passes
