"""PyTorch modules yield the logits of the reference networks, and those that are like them do not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from tests.truth import fills
from tests.truth.test_statedict import FLOAT32_NOISE, STATE_DICTS, built, every_fill, every_reference, weights_of


def filled(name: str, fill: str) -> nn.Module:
    """The module of a reference network with the weights of a fill, all of which it has, and no others."""
    module = built(name).to_torch()
    state = weights_of(STATE_DICTS[name], fill)
    module.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()}, strict=True)
    return module.eval()


def logits_of(module: nn.Module, name: str, fill: str) -> fills.Array:
    given = fills.network_input(fill, tuple(STATE_DICTS[name]["input"]))
    with torch.inference_mode():
        (row,) = module(torch.from_numpy(given)).numpy()
    return np.asarray(row)


def distance(row: fills.Array, name: str, fill: str) -> float:
    """The largest difference of what is known of the logits, by the largest of these."""
    wanted = STATE_DICTS[name]["fills"][fill]
    largest = wanted["logits_abs_max"]
    differences = (
        np.abs(row[:16] - wanted["logits_first16"]).max(),
        abs(np.abs(row).max() - largest),
        abs(row.astype(np.float64).sum() - wanted["logits_sum"]) / len(row) ** 0.5,
    )
    assert STATE_DICTS[name]["fills"][fill]["well_conditioned"]
    return float(max(differences) / largest)


@every_fill
@every_reference
def test_logits(name: str, fill: str) -> None:
    row = logits_of(filled(name, fill), name, fill)
    assert row.shape == (10 if name.startswith("cifar") else 1000,)
    assert distance(row, name, fill) <= FLOAT32_NOISE
    assert row.argmax() == STATE_DICTS[name]["fills"][fill]["argmax"]


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("cifar_resnet20_A", "cifar_resnet20_A_padboth"),
        ("cifar_resnet20_A_padboth", "cifar_resnet20_A"),
    ],
)
def test_the_other_way_to_pad_is_seen(name: str, other: str) -> None:
    assert distance(logits_of(filled(name, "hash"), name, "hash"), other, "hash") > 100 * FLOAT32_NOISE


def test_training_mode_is_seen() -> None:
    module = filled("resnet18", "hash").train()
    assert distance(logits_of(module, "resnet18", "hash"), "resnet18", "hash") > 100 * FLOAT32_NOISE
