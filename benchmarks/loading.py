"""Pictures at ImageNet's sizes, augmented in processes: `python -m benchmarks.loading ROUNDS`, prints JSON in images/s.

Ours against a plain `DataLoader` whose data set does the same to each picture, one after the other. All is made here:
JPEG files of 500 x 375, resized to a short side from 256 to 480, cropped to 224, mirrored, and shifted in colour.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from benchmarks.turns import in_turn, single
from resdsl.data.prepared import prepare
from resdsl.data.sets import read_set
from resdsl.recipes.recipe import Augmentation, Data
from resdsl.training.batches import Batches
from resdsl.training.loading import Loaded

OURS, PLAIN = "ours", "plain DataLoader"
WORKERS = 2
LEAST = 0.95
_PICTURES, _BATCH = 384, 32
_WAYS = {"short_side": [256, 480], "crop": 224, "flip": True, "colour": 0.1}


class Plain(Dataset[tuple[Tensor, int]]):
    """What one would write by hand."""

    def __init__(self, folder: Path, mean: Tensor, colours: Tensor) -> None:
        self._paths = sorted(folder.rglob("*.jpg"))
        self._mean, self._colours = mean, colours

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """A picture, augmented, and its class."""
        path = self._paths[index]
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
        side = random.randint(256, 480)
        scale = side / min(picture.size)
        width, height = (max(side, int(scale * each)) for each in picture.size)
        picture = picture.resize((width, height), Image.Resampling.BILINEAR)
        left, top = random.randint(0, width - 224), random.randint(0, height - 224)
        picture = picture.crop((left, top, left + 224, top + 224))
        if random.random() < 0.5:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        image = torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1).contiguous().float().div_(255)
        shift = self._colours @ (torch.randn(3) * 0.1)
        return image.sub_(self._mean).add_(shift[:, None, None]), int(path.parent.name)


def main() -> None:
    """Measure and print what each does in each round, after one that is not counted."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        _make(Path(folder))
        keys = {"set": "folder", "test": _BATCH, "normalise": "pixel-mean"}
        prepared = prepare(read_set("folder", Path(folder)), Data.model_validate(keys), colours=True)
        ways = Augmentation.model_validate(_WAYS)
        batches = Batches(prepared.train, _BATCH, ways, 0, prepared.colours)
        assert prepared.colours is not None
        mean = torch.from_numpy(prepared.normalisation.shift)
        plain = Plain(Path(folder), mean, torch.from_numpy(prepared.colours))
        works = {OURS: partial(_ours, batches), PLAIN: partial(_plain, plain, batches.per_epoch)}
        times = in_turn(works, int(sys.argv[1]), single)
    images = 1000 * batches.per_epoch * _BATCH
    print(json.dumps({name: [images / each for each in found] for name, found in times.items()}))


def _ours(batches: Batches) -> None:
    loaded = Loaded(batches, batches.per_epoch, WORKERS)
    for step in range(batches.per_epoch):
        loaded.at(step)


def _plain(dataset: Plain, steps: int) -> None:
    loader = DataLoader(dataset, _BATCH, shuffle=True, num_workers=WORKERS, drop_last=True)
    for _, _batch in zip(range(steps), loader, strict=False):
        pass


def _make(folder: Path) -> None:
    """Pictures with shapes and some noise, so that they are as large as photographs are."""
    draws = np.random.default_rng(0)
    for number in range(_PICTURES):
        coarse = Image.fromarray(draws.integers(0, 256, (12, 16, 3), np.uint8)).resize(
            (500, 375), Image.Resampling.BICUBIC
        )
        noisy = np.asarray(coarse).astype(int) + draws.integers(-12, 13, (375, 500, 3))
        path = folder / str(number % 8) / f"{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path, quality=90)


def page(found: dict[str, list[float]]) -> Iterator[str]:
    """What the page of performance says of it."""
    ratios = [ours / plain for ours, plain in zip(found[OURS], found[PLAIN], strict=True)]
    yield f"\n## Pictures of 500 x 375, augmented to 224 x 224 in {WORKERS} processes\n"
    yield "| what | images/s: median | min | max | ratio of rounds |"
    yield "|---|---|---|---|---|"
    for name, rates in found.items():
        spread = " | ".join(f"{value:.0f}" for value in (median(rates), min(rates), max(rates)))
        compared = f"{median(ratios):.2f}" if name == OURS else "1"
        yield f"| {name} | {spread} | {compared} |"
    yield f"\nGoal: at least {LEAST} of the plain one."


if __name__ == "__main__":
    main()
