"""One module at one job, for the peak memory of the process: `python -m benchmarks.memory MODULE JOB BATCH`.

MODULE is `live:NETWORK`, `plain:NETWORK`, `torchvision:NETWORK`, or a generated file with `:NETWORK` behind it.
Only what the module asks for is imported.
"""

from __future__ import annotations

import sys

import torch
from torch import nn

from benchmarks.turns import THREADS

STEPS = 2
"""From the second on, the optimiser has its momenta."""


def main() -> None:
    """Make the module and let it do its job some times: `inference` or `training`."""
    named, job, batch = sys.argv[1:4]
    side = int(sys.argv[4]) if len(sys.argv) > 4 else 224
    torch.set_num_threads(THREADS)
    module = _module(*named.rsplit(":", 1))
    x = torch.randn(int(batch), 3, side, side)
    if job == "inference":
        module.eval()
        with torch.inference_mode():
            for _ in range(STEPS):
                module(x)
        return
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-4, momentum=0.9, weight_decay=1e-4)
    for _ in range(STEPS):
        optimizer.zero_grad()
        torch.autograd.backward(nn.functional.cross_entropy(module(x), torch.arange(len(x))))
        optimizer.step()


def _module(kind: str, network: str) -> nn.Module:
    made: nn.Module
    if kind == "live":
        from resdsl import load

        return load(network).to_torch()
    if kind == "plain":
        from benchmarks import plain_resnet

        made = getattr(plain_resnet, network)()
    elif kind == "torchvision":
        from importlib import import_module

        made = getattr(import_module("torchvision.models"), network)()
    else:
        from runpy import run_path

        made = run_path(kind)[network]()
    return made


if __name__ == "__main__":
    main()
