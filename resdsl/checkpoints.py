"""The weights of a network: initialised from a seed, or loaded from a file of any kind."""

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
    reparameterize: bool = False,
) -> tuple[Network, WeightSource]:
    """A network, optionally in a form for inference, and its weights.

    Args:
        network: the network as written.
        weights: a weight file; by default, weights are initialised from the seed.
        seed: the seed for weights; 0 by default.
        reset: modules to initialise from the seed even if there is a weight file.
        fold_bn: whether to fold batch norms into the preceding layers.
        reparameterize: whether to fold them and join branches into one convolution.

    Raises:
        resdsl.ir.reparameterizing.NothingToJoin: there are no branches to join.
        ValueError: the seed is not an integer from zero up.
        resdsl.target.IdleOption: an argument would have no effect.
        the errors of `open_weights`.
    """
    from resdsl.target import IdleOption
    from resdsl.weights.source import Seeded

    if seed is not None and (type(seed) is not int or seed < 0):
        raise ValueError(f"a seed must be an integer from zero up, not {seed!r}")
    paths = (reset,) if isinstance(reset, str) else tuple(reset)
    if paths and weights is None:
        raise IdleOption("without weights, everything is initialised from the seed anyway: reset would have no effect")
    if weights is not None and seed is not None and not paths:
        raise IdleOption("all weights come from the file: seed would have no effect")
    drawn_from = seed or 0
    source = Seeded(drawn_from) if weights is None else open_weights(weights, network, paths, drawn_from)
    if not (fold_bn or reparameterize):
        return network, source
    from resdsl.ir.folding import fold_batch_norm
    from resdsl.weights.folded import Folded

    folding = fold_batch_norm(network)
    network, source = folding.network, Folded(source, folding)
    if not reparameterize:
        return network, source
    from resdsl.ir.reparameterizing import reparameterize as join
    from resdsl.weights.reparameterized import Reparameterized

    joining = join(network)
    return joining.network, Reparameterized(source, joining)


def inferring(network: Network, *, fold_bn: bool = False, reparameterize: bool = False) -> Network:
    """A network, optionally in a form for inference, for outputs without weights; see `weighted`."""
    if not (fold_bn or reparameterize):
        return network
    from resdsl.ir.folding import fold_batch_norm
    from resdsl.ir.reparameterizing import reparameterize as join

    folded = fold_batch_norm(network).network
    return join(folded).network if reparameterize else folded


def open_weights(path: str | PathLike[str], network: Network, reset: tuple[str, ...], seed: int) -> WeightSource:
    """The weights in a safetensors file or a PyTorch checkpoint, which are distinguished by their first bytes.

    Args:
        path: the file.
        network: the network, whose names and shapes the file must match.
        reset: modules to initialise from the seed; their tensors in the file are ignored.
        seed: the seed for these modules.

    Raises:
        OSError: the file cannot be read.
        resdsl.weights.kind.UnreadableWeights: weights cannot be read from the file.
        resdsl.weights.fitting.WeightsMismatch: the file does not fit the network.
        resdsl.weights.reset.InvalidReset: the network has no such module.
    """
    from resdsl.weights.kind import kind_of

    if kind_of(path) == "safetensors":
        from resdsl.weights.file import SafetensorsFile

        return SafetensorsFile(path, network, reset, seed)
    from resdsl.backends.torch.checkpoint import CheckpointFile

    return CheckpointFile(path, network, reset, seed)
