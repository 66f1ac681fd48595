"""Fresh networks of grouped convolutions: a signal gets through them, whatever makes the module."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import resdsl
from resdsl.backends.torch.source import torch_source
from tests.backends.torch.noisy import images

TEXT = """
block inverted(width, stride = 1, expansion = 6) {
  residual {
    conv 1x1, channels * expansion; norm; act
    conv 3x3, channels * expansion, /stride, groups = channels * expansion; norm; act
    conv 1x1, width; norm
  }
}

network mobile(act = relu6, shortcut = none, classes = 10) {
  input 3x32x32
  conv 3x3, 32; norm; act
  stage s1: inverted(16, expansion = 1) x 1
  stage s2: inverted(24) x 2
  stage s3: inverted(32) x 3, /2
  stage s4: inverted(64) x 4, /2
  stage s5: inverted(96) x 3
  stage s6: inverted(160) x 3, /2
  stage s7: inverted(320) x 1
  conv 1x1, 1280; norm; act
  avgpool global
  fc classes
}
"""

Maker = Callable[[resdsl.Net], nn.Module]


def mobile() -> resdsl.Net:
    """A network of the blocks of MobileNetV2 (arXiv 1801.04381, Table 2), for small images."""
    return resdsl.loads(TEXT)


def of_generated_class(net: resdsl.Net) -> nn.Module:
    """What the generated class makes of itself, from PyTorch's generator."""
    torch.manual_seed(0)
    made: nn.Module = type(net.to_torch(device="meta"))()
    return made


@pytest.mark.parametrize("make", [resdsl.Net.to_torch, of_generated_class])
def test_a_fresh_network_of_depthwise_convolutions_depends_on_its_input(make: Maker) -> None:
    net = mobile()
    module = make(net).eval()
    with torch.no_grad():
        one, other = (module(images(net, 4, seed)) for seed in (0, 1))
    assert torch.linalg.vector_norm(one - other) > 0.01 * torch.linalg.vector_norm(one)


def spread(values: Tensor) -> float:
    return values.square().mean().sqrt().item()


@pytest.mark.parametrize("make", [resdsl.Net.to_torch, of_generated_class])
@pytest.mark.parametrize("groups", [1, 4, 32])
def test_each_group_starts_as_a_convolution_of_its_own(make: Maker, groups: int) -> None:
    """He et al., arXiv 1502.01852, Section 2.2: 2 over the places at which filters read a channel that flows in."""
    net = resdsl.loads(f"network n {{ input 32x8x8; conv 5x5, 64, groups = {groups} }}")
    weight = next(make(net).parameters())
    assert spread(weight) == pytest.approx(sqrt(2 / (25 * 64 / groups)), rel=5 / sqrt(2 * weight.numel()))


def test_a_transposed_convolution_keeps_the_loudness_and_starts_without_bias() -> None:
    net = resdsl.loads("network n { input 64x16x16; relu; conv_transpose 4, 32, /2, groups=2, bias=true }")
    names: dict[str, Any] = {"__name__": "generated"}
    made = torch_source(net.ir)
    exec(made.text, names)
    torch.manual_seed(0)
    module = names[made.factory]()
    assert not module.conv_transpose1.bias.any()
    given = torch.randn(4, 64, 16, 16)
    with torch.no_grad():
        assert module(given)[..., 1:-1, 1:-1].var() == pytest.approx(1, rel=0.1)
