"""The study of deblurring as the recipe trains it: what a network restores that learns the difference to its input."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import resdsl
from resdsl.resources import shipped_studies

pytestmark = pytest.mark.experiments


def test_a_residual_network_restores_more_than_its_plain_twin(tmp_path: Path) -> None:
    """In the mean of three seeds, by half a decibel; and it adds 0.3 to the blurred images."""
    recipe = resdsl.recipe("deblur")
    (study,) = (path for path in shipped_studies() if path.stem == "deblurring")
    psnr: dict[str, list[float]] = {"none": [], "A": []}
    blurred = 0.0
    for seed in range(3):
        for shortcut, found in psnr.items():
            net = resdsl.load(study, shortcut=shortcut)
            torch.set_num_threads(1)
            record = resdsl.train(net, recipe, out=tmp_path / f"{shortcut}-{seed}", seed=seed).record
            found.append(record["test_psnr"])
            blurred = record["input_psnr"]
    plain, residual = (sum(found) / 3 for found in psnr.values())
    assert residual > plain + 0.5, psnr
    assert residual > blurred + 0.3, psnr
