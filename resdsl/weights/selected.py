"""What a selection takes of a weight file for a network, before any value is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from resdsl.ir.network import Network
from resdsl.ir.walk import state
from resdsl.weights.adapting import Adapted, adapted
from resdsl.weights.fitting import Held
from resdsl.weights.ignoring import ignored_names
from resdsl.weights.renaming import renamed_names
from resdsl.weights.reset import reset_prefixes
from resdsl.weights.selection import Selection
from resdsl.weights.wrapping import unwrapped_names


class Selected:
    """Which tensor of a file gives which of a network, and what is done to it on the way.

    Args:
        held: the entries of the file, by their names there.
        network: the network.
        selection: what is to be taken.

    Attributes:
        wanted: the tensors of the network that come from the file.
        names: the names in the file of the tensors that are taken or left over, by their names in the network.
        held: these entries by the names of the network, with the shapes that they have after adapting.
        adapted: what is done to kernels.

    Raises:
        InvalidReset, InvalidIgnore, InvalidRename, InvalidAdaptation: the selection does not suit file and network.
    """

    def __init__(self, held: Mapping[str, Held], network: Network, selection: Selection) -> None:
        own = dict(state(network))
        prefixes = reset_prefixes(selection.reset, own)
        renamed = renamed_names(unwrapped_names(held, own), selection.rename)
        ignored = ignored_names(selection.ignore, renamed.values(), own)
        self.wanted = {name: tensor for name, tensor in own.items() if not name.startswith(prefixes)}
        self.names = {new: old for old, new in renamed.items() if new not in ignored and not new.startswith(prefixes)}
        entries = {new: held[old] for new, old in self.names.items()}
        self.adapted: Adapted = adapted(network, {name: each.shape for name, each in entries.items()}, selection.adapt)
        self.held = entries | {name: replace(entries[name], shape=to) for name, to in self.adapted.shapes.items()}
