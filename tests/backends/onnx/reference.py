"""The test networks written by hand in PyTorch, and weights that leave nothing at its default."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import numpy as np
import torch
from torch import nn

from resdsl.ir.network import Network
from resdsl.ir.walk import state
from resdsl.ops.records import Tensor
from resdsl.weights.source import Values, whole


class Varied:
    """Every tensor at random, running statistics, scales and biases too; variances are positive."""

    def pieces(self, name: str, tensor: Tensor) -> Iterator[Values]:
        if tensor.dtype == "int64":
            return iter([np.zeros(1, "<i8")])
        seed = int.from_bytes(sha256(name.encode()).digest()[:4], "little")
        values = np.random.default_rng(seed).uniform(0.5, 1.5, tensor.shape).astype("<f4").reshape(-1)
        fan_in = max(values.size // tensor.shape[0], 1)
        spread = 2.0 / fan_in**0.5
        return iter([values if name.endswith("running_var") else (values - 1) * np.float32(spread)])


class Block(nn.Module):
    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample: nn.Module | None = None
        if stride != 1 or channels != width:
            self.downsample = nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        beside = x if self.downsample is None else self.downsample(x)
        x = self.bn1(self.conv1(x)).relu()
        total: torch.Tensor = self.bn2(self.conv2(x)) + beside
        return total.relu()


class Small(nn.Module):
    """`tests.ir.networks.small`."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.layer1 = nn.Sequential(Block(8, 8, 1), Block(8, 8, 1))
        self.layer2 = nn.Sequential(Block(8, 16, 2), *(Block(16, 16, 1) for _ in range(3)))
        self.fc = nn.Linear(16, 10)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        x = self.bn1(self.conv1(x)).relu()
        x = self.layer2(self.layer1(x))
        return {"output": self.fc(x.mean((2, 3)))}


class SqueezeExcite(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(10, 5, 1)
        self.conv2 = nn.Conv2d(5, 10, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gate: torch.Tensor = self.conv2(self.conv1(x.mean((2, 3), keepdim=True)).relu())
        return x * gate.sigmoid()


class Branches(nn.Module):
    """`tests.ir.networks.branches`."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.ModuleDict(
            {"0": nn.Conv2d(3, 8, 3, 2, 1, bias=False), "3": nn.Conv2d(4, 6, 3, 1, 1, bias=False)}
        )
        self.head = nn.ModuleDict({"left": nn.Conv2d(4, 4, 1, bias=False)})
        self.se = SqueezeExcite()

    def forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        features = self.features["0"](image)
        upper, lower = features.chunk(2, 1)
        left = self.head["left"](upper)
        joined = torch.cat([left, self.features["3"](lower)], 1)
        output = (joined + self.se(joined)).relu()
        return {"left": left, "same": output, "features": features, "output": output}


class Shared(nn.Module):
    """`tests.ir.networks.shared`."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.ModuleDict({"conv": nn.Conv2d(4, 5, 3, 1, 1)})
        self.fc = nn.Linear(5 * 8 * 8, 3)
        self.last = nn.Conv2d(5, 5, 1, bias=False)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        near = self.head["conv"](x).relu()
        far = self.head["conv"](nn.functional.max_pool2d(x, 3, 2, 1)).relu()
        output = self.last(self.last(far.mean((2, 3), keepdim=True)))
        return {"near": self.fc(near.flatten(1)).tanh(), "far": far, "output": output}


def loaded(module: nn.Module, network: Network) -> nn.Module:
    """The module with the varied weights, every one of them set by its name."""
    weights = {name: torch.from_numpy(whole(Varied(), name, tensor)) for name, tensor in state(network)}
    module.load_state_dict(weights, strict=True)
    return module.eval()
