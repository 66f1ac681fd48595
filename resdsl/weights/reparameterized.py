"""The weights of a network with branches joined into one convolution (`resdsl.ir.reparameterizing`)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from resdsl.ir.reparameterizing import Branch, Joining, Joint
from resdsl.ops.records import Tensor
from resdsl.weights.folded import Doubles, normalised, scale_of
from resdsl.weights.source import Values, WeightSource, whole


class Reparameterized:
    """The weights of `joining.network`, computed from those of the network before.

    Each kernel is put where its window is in that of the joint convolution. A norm is a kernel of one element per
    channel, its scale; the value itself is one of ones. Kernels and biases are added up in float64 and rounded to
    float32 once (Ding et al., arXiv 2101.03697, Section 3.3). All other tensors are unchanged.

    Args:
        source: the weights of `joining.before`.
        joining: which branches were joined.
    """

    def __init__(self, source: WeightSource, joining: Joining) -> None:
        self._source = source
        self._joining = joining

    def pieces(self, name: str, tensor: Tensor) -> Iterator[Values]:
        """See `WeightSource.pieces`."""
        path, _, own = name.rpartition(".")
        joint = self._joints.get(path)
        if joint is None or own not in ("weight", "bias"):
            return self._source.pieces(name, tensor)
        total: Doubles = np.zeros(tensor.shape)
        for branch in joint.branches:
            (self._add_kernel if own == "weight" else self._add_bias)(total, branch)
        return iter([total.astype("<f4").reshape(-1)])

    @cached_property
    def _joints(self) -> dict[str, Joint]:
        # Only when a tensor is requested: by then, the number of layers has been checked.
        return {joint.path: joint for joint in self._joining.changes()}

    def _add_kernel(self, total: Doubles, branch: Branch) -> None:
        if (weight := self._own(branch, "weight")) is not None:
            window = [slice(first, first + size) for first, size in zip(branch.start, weight.shape[2:], strict=True)]
            total[(slice(None), slice(None), *window)] += weight
            return
        channels = np.arange(len(total))
        # Each channel reads itself, which it finds by its place within its group.
        total[(channels, channels % total.shape[1], *branch.start)] += (
            1 if branch.norm is None else scale_of(self._source, branch.norm)
        )

    def _add_bias(self, total: Doubles, branch: Branch) -> None:
        if (bias := self._own(branch, "bias")) is not None:
            total += bias
        elif branch.norm is not None:
            total += normalised(self._source, branch.norm, np.zeros(len(total)))

    def _own(self, branch: Branch, name: str) -> Values | None:
        """A tensor of the convolution that the branch is, if it has that."""
        tensor = next((each for each in branch.state if each.name == name), None)
        return None if tensor is None else whole(self._source, f"{branch.path}.{name}", tensor).astype("<f8")
