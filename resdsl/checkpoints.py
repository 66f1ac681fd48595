"""The weights of a network: initialised from a seed, or loaded from a file of any kind."""

from __future__ import annotations

import sys
import warnings
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resdsl.ir.network import Network
    from resdsl.weights.contents import WeightFile, WeightListing
    from resdsl.weights.selection import Selection
    from resdsl.weights.source import WeightSource
    from resdsl.weights.trained import Trained


def weighted(
    network: Network,
    weights: str | PathLike[str] | None,
    seed: int | None,
    selection: Selection | None = None,
    *,
    fold_bn: bool = False,
    reparameterize: bool = False,
) -> tuple[Network, WeightSource]:
    """A network, optionally in a form for inference, and its weights.

    Args:
        network: the network as written.
        weights: a weight file; by default, weights are initialised from the seed.
        seed: the seed for weights; 0 by default.
        selection: what is taken from the file; by default everything, which has to fit.
        fold_bn: whether to fold batch norms into the preceding layers.
        reparameterize: whether to fold them and join branches into one convolution.

    Raises:
        resdsl.ir.reparameterizing.NothingToJoin: there are no branches to join.
        ValueError: the seed is not an integer from zero up.
        resdsl.target.IdleOption: an argument would have no effect.
        the errors of `open_weights`.
    """
    from resdsl.target import IdleOption
    from resdsl.weights.selection import WHOLE
    from resdsl.weights.source import Seeded

    if seed is not None and (type(seed) is not int or seed < 0):
        raise ValueError(f"a seed must be an integer from zero up, not {seed!r}")
    chosen = selection or WHOLE
    if weights is None and chosen != WHOLE:
        raise IdleOption(idle_without_weights(" and ".join(chosen.arguments)))
    if weights is not None and seed is not None and not chosen.reset:
        raise IdleOption("all weights come from the file: seed would have no effect")
    drawn_from = seed or 0
    source = Seeded(drawn_from) if weights is None else open_weights(weights, network, chosen, drawn_from)
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


def idle_without_weights(names: str, source: str = "weights") -> str:
    """Why options about a weight file have no effect without one."""
    return f"without {source}, everything is initialised from the seed anyway: {names} would have no effect"


def open_weights(path: str | PathLike[str], network: Network, selection: Selection, seed: int) -> WeightSource:
    """The weights in a safetensors file or a PyTorch checkpoint, which are distinguished by their first bytes.

    What was done that the user may not expect is said as a `WeightsNote`, a warning of Python.

    Args:
        path: the file.
        network: the network, whose names and shapes the file must match.
        selection: what is taken from the file.
        seed: the seed for modules that are reset.

    Raises:
        OSError: the file cannot be read.
        resdsl.weights.kind.UnreadableWeights: weights cannot be read from the file.
        resdsl.weights.fitting.WeightsMismatch: the file does not fit the network.
        resdsl.weights.reset.InvalidReset: the network has no such module.
        resdsl.weights.ignoring.InvalidIgnore: the file has no such part that could be ignored.
        resdsl.weights.renaming.InvalidRename: names cannot be changed as asked.
        resdsl.weights.adapting.InvalidAdaptation: kernels cannot be adapted as asked.
    """
    from resdsl.weights.fitting import WeightsMismatch
    from resdsl.weights.selection import WeightsNote

    try:
        source = _source(path, network, selection, seed)
    except WeightsMismatch as mismatch:
        fitting = _networks_of(path, selection.key) if mismatch.hint is None else None
        raise (mismatch.adding(fitting) if fitting else mismatch) from None
    for note in source.notes:
        warnings.warn(f"{Path(path).name}: {note}", WeightsNote, stacklevel=_frames_of_ours())
    return source


def _networks_of(path: str | PathLike[str], key: str | None) -> str | None:
    """A sentence on the shipped networks that have the tensors of a weight file, in the dictionary that is taken."""
    from resdsl.identifying.identify import networks_with

    file = weight_file(path)
    held = file.held[file.key_of(key)]
    return networks_with({name: each.shape for name, each in held.items() if each.shape is not None})


def _frames_of_ours() -> int:
    """The level at which a warning of the caller points to the code that called resdsl."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "resdsl":
        level, frame = level + 1, frame.f_back
    return level


def _source(path: str | PathLike[str], network: Network, selection: Selection, seed: int) -> Trained:
    from resdsl.weights.kind import kind_of

    if kind_of(path) == "safetensors":
        from resdsl.weights.file import SafetensorsFile

        return SafetensorsFile(path, network, selection, seed)
    from resdsl.backends.torch.checkpoint import CheckpointFile

    return CheckpointFile(path, network, selection, seed)


def list_weights(path: str | PathLike[str], *, weights_key: str | None = None, hashes: bool = False) -> WeightListing:
    """The tensors of a weight file; no value is read unless their hashes are wanted.

    Args:
        path: a safetensors file or a PyTorch checkpoint.
        weights_key: the dictionary to list in a checkpoint; by default the usual one.
        hashes: whether to read all values for their hashes.

    Raises:
        OSError: the file cannot be read.
        resdsl.weights.kind.UnreadableWeights: weights cannot be read from the file.
    """
    from resdsl.weights.contents import listing

    return listing(weight_file(path), weights_key, hashes=hashes)


def weight_file(path: str | PathLike[str]) -> WeightFile:
    """A weight file of any kind, of which no value has been read; raises the errors of `list_weights`."""
    from resdsl.weights.kind import kind_of

    if kind_of(path) == "safetensors":
        from resdsl.weights.file import StoredTensors

        return StoredTensors(Path(path))
    from resdsl.backends.torch.checkpoint import SavedTensors

    return SavedTensors(Path(path))
