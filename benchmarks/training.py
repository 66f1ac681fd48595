"""A step of training: `python -m benchmarks.training ROUNDS STEPS`, prints JSON in milliseconds of processor time.

The loop of `resdsl train` against one that is written by hand, over the same module, with batches of 128 images that
are made here, on one thread.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import cast

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import resdsl
from benchmarks.turns import Work, in_turn
from resdsl.data.images import Images
from resdsl.recipes.recipe import Augmentation
from resdsl.training.batches import Batches
from resdsl.training.engine import PlainEngine
from resdsl.training.loop import Course, optimiser_of, train
from resdsl.training.run import Standing
from resdsl.training.schedule import rates_of
from resdsl.training.tasks import Classification

OURS, BY_HAND = "ours", "by hand"
_BATCH = 128
_RECIPE = "digits"


@dataclass(frozen=True)
class Case:
    """A network, and the most that our step may take of the time by hand."""

    spec: str
    most: float

    def module(self) -> tuple[resdsl.Net, nn.Module]:
        """The network and its module."""
        net = resdsl.loads(self.spec) if "{" in self.spec else resdsl.load(self.spec)
        return net, net.to_torch(seed=0)


_DIGITS = """network digits(n = 3, w = 8, shortcut = A) {
  input 1x8x8
  conv 3x3, w; norm; act
  for i, width in [w, 2 * w, 4 * w] { stage "layer{i + 1}": basic(width) x n, /(if i == 0 then 1 else 2) }
  avgpool global
  fc 10
}
"""
CASES = {
    "ResNet-20, 3 x 32 x 32": Case("resnet20", 1.03),
    "digits of 20 layers, 1 x 8 x 8": Case(_DIGITS, 1.10),
}


def main() -> None:
    """Measure and print what a step takes in each round, after one that is not counted."""
    torch.set_num_threads(1)
    rounds, steps = map(int, sys.argv[1:])
    found = {}
    for name, case in CASES.items():
        net, _ = case.module()
        draws = np.random.default_rng(0)
        pixels = draws.random((_BATCH * (steps + 1), *net.ir.inputs[0].shape), np.float32)
        images = Images(pixels, draws.integers(0, 10, len(pixels)))
        works = {OURS: partial(_ours, case, images, steps), BY_HAND: partial(_by_hand, case, images, steps)}
        found[name] = in_turn(works, rounds, _yielded)
    print(json.dumps(found))


def _yielded(work: Work) -> float:
    return cast(Callable[[], float], work)()


def _ours(case: Case, images: Images, steps: int) -> float:
    net, module = case.module()
    recipe, engine = resdsl.recipe(_RECIPE, steps=steps), PlainEngine()
    module, optimiser = engine.set_up(module, lambda module: optimiser_of(module, recipe.optimiser))
    batches = Batches(images, _BATCH, Augmentation(), 0)
    moments: list[float] = []

    def after_step(_: Standing) -> None:
        moments.append(time.process_time())

    course = Course(batches, rates_of(recipe, batches.per_epoch, net.depth), Classification(), after_step)
    with tempfile.TemporaryDirectory() as folder:
        train(module, optimiser, course, engine, Path(folder), [])
    return _milliseconds(moments[:-1])  # with the last step, the run is kept


def _by_hand(case: Case, images: Images, steps: int) -> float:
    _, module = case.module()
    inputs, targets = torch.from_numpy(images.inputs), torch.from_numpy(images.targets)
    optimiser = torch.optim.SGD(module.parameters(), 0.1, momentum=0.9, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, [steps // 2, steps * 3 // 4])
    order = torch.randperm(len(inputs))
    loss_of_epoch, wrong, moments = 0.0, 0, []
    module.train()
    for step in range(steps):
        chosen = order[step * _BATCH : (step + 1) * _BATCH]
        scores = module(inputs[chosen])
        loss = functional.cross_entropy(scores, targets[chosen])
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        schedule.step()
        loss_of_epoch += loss.item() * len(chosen)
        wrong += int((scores.argmax(1) != targets[chosen]).sum())
        moments.append(time.process_time())
    return _milliseconds(moments[:-1])


def _milliseconds(moments: list[float]) -> float:
    """The median of the steps between them."""
    return 1000 * median(after - before for before, after in pairwise(moments))


def page(found: dict[str, dict[str, list[float]]]) -> Iterator[str]:
    """What the page of performance says of it."""
    yield f"\n## A step of training, {_BATCH} images, ms of processor time\n"
    yield "| network | loop | median | min | max | ratio of rounds | goal |"
    yield "|---|---|---|---|---|---|---|"
    for name, case in CASES.items():
        times = found[name]
        ratio = median(ours / other for ours, other in zip(times[OURS], times[BY_HAND], strict=True))
        for loop, values in times.items():
            spread = " | ".join(f"{value:.1f}" for value in (median(values), min(values), max(values)))
            compared = f"{ratio:.3f} | {case.most:.2f}" if loop == OURS else "1 | "
            yield f"| {name} | {loop} | {spread} | {compared} |"


if __name__ == "__main__":
    main()
