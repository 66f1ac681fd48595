"""Forms of a network in PyTorch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from resdsl.latency.inputs import Runnable
    from resdsl.latency.turns import Work
    from resdsl.net import Net
    from resdsl.weights.source import Values

_LAYOUTS = {4: torch.channels_last, 5: torch.channels_last_3d}
"""By the number of axes of a batch."""


def runnable(net: Net, form: str, weights: str | Path | None) -> Runnable:
    """The network in a form of PyTorch; raises the errors of `Net.to_torch`, and those of PyTorch."""
    module: Any
    if form == "torch":
        module = net.to_torch(weights=weights).eval()
    elif form == "torch-folded":
        module = net.to_torch(weights=weights, inference=True, memory_format=torch.contiguous_format)
    else:
        module = net.to_torch(weights=weights, inference=True)
    if form == "torch-bf16":
        module = module.to(torch.bfloat16)
    if form == "torch-compiled":
        module = torch.compile(module, dynamic=False)
    channels_last = form not in ("torch", "torch-folded")

    def on(arrays: Sequence[Values]) -> Work:
        given = [torch.from_numpy(array) for array in arrays]
        if form == "torch-bf16":
            given = [each.bfloat16() for each in given]
        if channels_last:
            given = [_channels_last(each) for each in given]

        @torch.inference_mode()
        def once() -> object:
            return module(*given)

        return once

    return on


@contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """Let PyTorch compute with so many threads, in all of the process, while the block lasts."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _channels_last(batch: torch.Tensor) -> torch.Tensor:
    layout = _LAYOUTS.get(batch.dim())
    return batch if layout is None else batch.contiguous(memory_format=layout)
