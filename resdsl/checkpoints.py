"""Files of weights, whichever kind they are of."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resdsl.ir.network import Network
    from resdsl.weights.source import WeightSource


def open_weights(path: str | PathLike[str], network: Network, reset: tuple[str, ...], seed: int) -> WeightSource:
    """The weights in a file of safetensors or in a PyTorch checkpoint, told apart by what they begin with.

    Args:
        path: the file.
        network: what it is to fit, name by name and shape by shape.
        reset: modules that are drawn although the file has them.
        seed: what these are drawn from.

    Raises:
        OSError: the file cannot be read.
        resdsl.weights.kind.UnreadableWeights: it is no file of weights.
        resdsl.weights.fitting.WeightsMismatch: it is not for this network.
        resdsl.weights.reset.InvalidReset: the network has no such module.
    """
    from resdsl.weights.kind import kind_of

    if kind_of(path) == "safetensors":
        from resdsl.weights.file import SafetensorsFile

        return SafetensorsFile(path, network, reset, seed)
    from resdsl.backends.torch.checkpoint import CheckpointFile

    return CheckpointFile(path, network, reset, seed)
