"""Counts, names and outputs of the residual family, from `references.py`: writes `family.json`.

    python -m tests.truth.compare_family SOURCES

in the root of the repository, in an environment of its own that has the packages in `references.VERSIONS` at these
versions, and not this project. SOURCES is a folder with PyramidNet-PyTorch (github.com/dyhan0920),
EDSR-PyTorch/model (src/model of github.com/sanghyun-son/EDSR-PyTorch), RedNet (github.com/JindongJiang) and examples
(github.com/pytorch), at the commits that the sources name.

What is counted is what `README.md` says of `zoo.json`: multiply-adds by hooks on the convolutions and linear
layers of one forward pass, fixed blurs and biases not among them. `names` is a digest of the state dict's
names and shapes in alphabetical order, `places` one of its shapes in their own order. Outputs are those of
the fill `hash` (`fills.py`, gain 1) in evaluation mode; a second input is filled as the first, but from right
to left. The index of an entry is its place in alphabetical order; where specifications do not go by the
reference's names (`named` is false), its place in the reference's order.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tests.truth import fills
from tests.truth.references import VERSIONS, Reference, references

FILE = Path(__file__).with_name("family.json")
GAIN = 1.0
WEIGHTED = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.Linear)


def main() -> None:
    """Write the file."""
    (sources,) = sys.argv[1:]
    found = []
    for name, reference in references(Path(sources)).items():
        torch.manual_seed(0)
        found.append({"name": name, **measured(reference)})
    record = {"measured_with": VERSIONS, "models": found}
    FILE.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def measured(reference: Reference) -> dict[str, Any]:
    """All figures of one network."""
    module = reference.make().eval()
    entries = [(name, tuple(tensor.shape)) for name, tensor in module.state_dict().items()]
    record: dict[str, Any] = {
        "source": reference.source,
        "input": [1, *reference.input],
        "params": sum(parameter.numel() for parameter in module.parameters()),
        "macs": multiply_adds(module, shapes(reference.input, reference.beside)),
        "entries": len(entries),
        "named": reference.named,
        "names": digest(sorted(entries)),
        "places": digest([shape for _, shape in entries]),
    }
    if reference.beside:
        record["beside"] = [[1, channels, *reference.input[1:]] for channels in reference.beside]
    if reference.small is not None:
        record["small"] = [1, *reference.small]
        chosen = sorted(entries) if reference.named else entries
        record["outputs"] = outputs(module, chosen, shapes(reference.small, reference.beside))
    return record


def shapes(first: Sequence[int], beside: Sequence[int]) -> list[tuple[int, ...]]:
    """The shapes of all inputs, with the batch."""
    return [(1, channels, *first[1:]) for channels in (first[0], *beside)]


def digest(value: object) -> str:
    """The first half of the SHA-256 of a value's JSON."""
    return sha256(json.dumps(value).encode()).hexdigest()[:32]


def multiply_adds(module: nn.Module, given: Sequence[Sequence[int]]) -> int:
    """Those of convolutions and linear layers, for one sample."""
    counted: list[int] = []
    hooks = [
        each.register_forward_hook(partial(_count, counted)) for each in module.modules() if isinstance(each, WEIGHTED)
    ]
    with torch.inference_mode():
        module(*(torch.zeros(*shape) for shape in given))
    for hook in hooks:
        hook.remove()
    return sum(counted)


def _count(counted: list[int], module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
    """Each element of the output takes as many as one row of the weight holds; if transposed, each of the input."""
    weight = module.weight
    assert isinstance(weight, Tensor)
    each = inputs[0] if isinstance(module, nn.ConvTranspose2d) else output
    counted.append(each.numel() * prod(weight.shape[1:]))


def outputs(
    module: nn.Module, entries: list[tuple[str, tuple[int, ...]]], given: Sequence[tuple[int, ...]]
) -> dict[str, Any]:
    """What the network yields, by the output's name, for the weights and the input of a formula."""
    values = {
        name: torch.from_numpy(fills.entry("hash", name, shape, index, GAIN))
        for index, (name, shape) in enumerate(entries)
    }
    module.load_state_dict(values)
    with torch.inference_mode():
        yielded = module(*map(torch.from_numpy, fills.network_inputs("hash", given)))
    named = yielded if isinstance(yielded, dict) else {"output": yielded}
    return {name: summary(value.numpy()) for name, value in named.items()}


def summary(value: np.ndarray[Any, Any]) -> dict[str, Any]:
    """An output, in a few numbers."""
    flat = value.astype(np.float64).ravel()
    return {
        "shape": list(value.shape),
        "first": [float(each) for each in flat[:8]],
        "sum": float(flat.sum()),
        "sum_abs": float(np.abs(flat).sum()),
        "largest": float(np.abs(flat).max()),
    }


if __name__ == "__main__":
    main()
