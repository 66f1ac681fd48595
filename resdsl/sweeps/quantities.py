"""The costs that can be used in the lines and options of a sweep, by name."""

from __future__ import annotations

from resdsl.analysis.costs import Costs
from resdsl.analysis.dtypes import WIDTHS
from resdsl.analysis.expectations import quantity
from resdsl.ir.network import Network

_FLOAT, _INTEGER = WIDTHS["float32"], 8


def figure(name: str, costs: Costs, network: Network) -> int:
    """A cost of a network by its name in sweeps; the names of plain costs are those of `expect`."""
    if name == "memory":
        return training_memory(network, costs)
    if name == "receptive_field":
        return receptive_field(network)
    return quantity(costs, name)


def training_memory(network: Network, costs: Costs) -> int:
    """Bytes in use when the backward pass begins, for one sample in float32, without optimiser state.

    Equals `resdsl.analysis.memory.totals.Memory.training`, but does not compute the peak of inference.
    """
    from resdsl.analysis.memory.saved import network_kept

    state = (2 * costs.params + costs.buffers) * _FLOAT + costs.counters * _INTEGER
    return state + network_kept(network).saved.bytes(1, _FLOAT)


def receptive_field(network: Network) -> int:
    """The receptive field, along the longest path and largest axis, of the last map that does not see the whole input;
    0 if there is no such map.
    """
    from resdsl.analysis.receptive_field.field import Fields

    fields = Fields(network)
    for node in reversed(network.nodes):
        field = fields.of(node.name)
        if field is not None and field.size is not None:
            return max(field.size)
    return 0
