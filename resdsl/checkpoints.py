"""The weights of a network: drawn, or those of a file of whichever kind."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resdsl.ir.network import Network
    from resdsl.weights.source import WeightSource


def weighted(
    network: Network,
    weights: str | PathLike[str] | None,
    seed: int | None,
    reset: str | Sequence[str] = (),
    *,
    fold_bn: bool = False,
) -> tuple[Network, WeightSource]:
    """A network, as written or folded, and its weights.

    Args:
        network: as written.
        weights: a file of them; without one they are drawn.
        seed: what they are drawn from; 0 by default.
        reset: modules that are drawn although there is a file.
        fold_bn: whether batch norms go into the layers before them.

    Raises:
        ValueError: an argument would have no effect, or the seed is not a whole number from zero.
        as `open_weights`.
    """
    from resdsl.weights.source import Seeded

    if seed is not None and (type(seed) is not int or seed < 0):
        raise ValueError(f"a seed is a whole number from zero, not {seed!r}")
    paths = (reset,) if isinstance(reset, str) else tuple(reset)
    if paths and weights is None:
        raise ValueError("all weights are drawn anyway: without a file of weights, reset has no effect")
    if weights is not None and seed is not None and not paths:
        raise ValueError("the file of weights leaves nothing to draw: seed would have no effect")
    drawn_from = seed or 0
    source = Seeded(drawn_from) if weights is None else open_weights(weights, network, paths, drawn_from)
    if not fold_bn:
        return network, source
    from resdsl.ir.folding import fold_batch_norm
    from resdsl.weights.folded import Folded

    folding = fold_batch_norm(network)
    return folding.network, Folded(source, folding)


def folded(network: Network) -> Network:
    """A network with its batch norms in the layers before them, for outputs that hold no weights."""
    from resdsl.ir.folding import fold_batch_norm

    return fold_batch_norm(network).network


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
