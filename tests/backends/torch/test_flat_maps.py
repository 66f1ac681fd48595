"""Gradients of batch norms on maps with an axis of size 1, where PyTorch 2.13 takes some strides for others."""

from __future__ import annotations

import pytest
import torch

import resdsl

BODIES = {
    "permute": "permute 2x1x0",
    "permute, another order": "permute 1x0x2",
    "relative logits": "reshape 1x8x9x1; relative_logits axis=3",
    "relative logits of two heads": "reshape 2x4x9x1; relative_logits axis=2",
    "attention": "attention heads=2",
    "positions to the left": "channel_shuffle 2; channel_fc 4",
    "shift": "shift 1, axis=1",
}


@pytest.mark.parametrize("norm", ["bn", "frozen_bn", "group_norm 2"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_gradients_are_those_of_small_steps(body: str, norm: str) -> None:
    module = resdsl.loads(f"network n {{ input 8x9x1\n {norm}; {body} }}").to_torch(seed=0).double().train()
    x = torch.randn(3, 8, 9, 1, dtype=torch.double, generator=torch.Generator().manual_seed(0), requires_grad=True)
    weights = torch.linspace(-1, 1, module(x).numel(), dtype=torch.double)
    assert torch.autograd.gradcheck(lambda given: (module(given).flatten() * weights).sum(), (x,))
