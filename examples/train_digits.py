"""Trains a residual network on handwritten digits, by the recipe of He et al. for CIFAR-10.

    python examples/train_digits.py
    python examples/train_digits.py --set n=3 --set act=gelu --epochs 90 --seed 1
    python examples/train_digits.py --spec resnet20 --save resnet20.pth

The 1,797 images of 8x8 pixels come with scikit-learn. The last fifth is held out as it stands: shuffled, each of the
13 hands that wrote them would be in both parts, which makes the task easier.

The recipe is in arXiv 1512.03385, Section 4.2: batches of 128, SGD with momentum 0.9 and weight decay 1e-4, a rate of
0.1 that is divided by ten after half and after three quarters of the steps, and images shifted by up to an eighth of
their size. Digits are not mirrored as their photographs are.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import Tensor, nn
from tqdm import tqdm

import resdsl

SPEC = Path(__file__).with_name("digits.res")
HELD_OUT = 360
BATCH = 128
BACKGROUND = -1.0

Part = tuple[Tensor, Tensor]
"""Images, N x 1 x 8 x 8 from -1 to 1, and their N labels."""


def digits() -> tuple[Part, Part]:
    """What is trained on, and what is held out."""
    pixels, labels = load_digits(return_X_y=True)
    images = torch.tensor(pixels, dtype=torch.float32).view(-1, 1, 8, 8) / 8 - 1
    targets = torch.tensor(labels)
    return (images[:-HELD_OUT], targets[:-HELD_OUT]), (images[-HELD_OUT:], targets[-HELD_OUT:])


def shifted(images: Tensor, random: torch.Generator) -> Tensor:
    """The images, each moved by up to one pixel along each axis."""
    padded = F.pad(images, (1, 1, 1, 1), value=BACKGROUND)
    windows = padded.unfold(2, 8, 1).unfold(3, 8, 1)  # N x 1 x 3 x 3 x 8 x 8
    down, right = torch.randint(3, (2, len(images)), generator=random)
    return windows[torch.arange(len(images)), :, down, right]


def train(net: nn.Module, part: Part, epochs: int, random: torch.Generator) -> None:
    """Train the network in place."""
    images, labels = part
    steps = epochs * -(-len(images) // BATCH)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [steps // 2, steps * 3 // 4], gamma=0.1)
    net.train()
    with tqdm(total=steps, unit="step", disable=None) as bar:
        for epoch in range(epochs):
            for chosen in torch.randperm(len(images), generator=random).split(BATCH):
                loss = F.cross_entropy(net(shifted(images[chosen], random)), labels[chosen])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                bar.update()
            bar.set_postfix_str(f"epoch {epoch + 1}, loss {loss.item():.4f}")


@torch.inference_mode()
def count_right(net: nn.Module, part: Part) -> int:
    """How many images the network gives their label."""
    images, labels = part
    net.eval()
    return int((net(images).argmax(1) == labels).sum())


def main() -> None:
    """Train, and tell how many held-out digits are right."""
    given = arguments()
    # As many threads as are asked for, whatever the machine has: sums of floats depend on their number.
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    net = network(given.spec, dict(given.set), given.seed)
    known, held_out = digits()
    began = perf_counter()
    train(net, known, given.epochs, torch.Generator().manual_seed(given.seed))
    seconds = perf_counter() - began
    right = count_right(net, held_out)
    share = right / HELD_OUT
    print(f"{given.epochs} epochs in {seconds:.1f} s: {right} of {HELD_OUT} held-out digits are right, {share:.2%}")
    if given.save:
        torch.save(net.state_dict(), given.save)
    if share < given.at_least:
        sys.exit(f"{share:.2%} is less than {given.at_least:.2%}")


def network(spec: str, settings: dict[str, Any], seed: int) -> nn.Module:
    """The module of a spec that takes images of 8x8 pixels; what cannot be made ends the program."""
    try:
        net = resdsl.load(spec, **{**settings, "input": "1x8x8"})
        module = net.to_torch(seed=seed)
    except resdsl.Refused as refusal:
        sys.exit(str(refusal))
    outputs = {tap.name: net.ir.values[tap.value] for tap in net.ir.outputs}
    if outputs != {"output": (10,)}:
        sys.exit(f"{net.name} does not yield ten numbers for an image; is it --set classes=10 that is missing?")
    print(f"{net.name}: depth {net.depth}, {net.params:,} parameters, {net.macs:,} multiply-adds")
    return module


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description="Train a residual network on scikit-learn's handwritten digits.")
    parser.add_argument("--spec", default=str(SPEC), help="a file, or a shipped network (default: digits.res)")
    parser.add_argument("--set", action="append", default=[], type=setting, metavar="NAME=VALUE", help="as for resdsl")
    parser.add_argument("--epochs", type=count, default=60, help="passes over the images (default: 60)")
    parser.add_argument("--seed", type=int, default=0, help="of the weights, the order and the shifts (default: 0)")
    parser.add_argument("--threads", type=count, default=1, help="of PyTorch (default: 1)")
    parser.add_argument("--at-least", type=float, default=0.0, help="fail below this share of right digits")
    parser.add_argument("--save", metavar="FILE", help="where the trained weights go")
    return parser.parse_args()


def setting(text: str) -> tuple[str, str]:
    """A name and its value."""
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text} is not NAME=VALUE")
    return name, value


def count(text: str) -> int:
    """A whole number from one."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1")
    return int(text)


if __name__ == "__main__":
    main()
