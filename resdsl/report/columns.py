"""The columns of reports, each defined on one line, and the presets that name several of them.

The command line, the tables and the JSON form use the same name for the same quantity, with the unit in the name.
A new column is one more line in the table below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from resdsl.analysis.costs import Costs
from resdsl.analysis.dtypes import GRADIENTLESS, WIDTHS, Dtype
from resdsl.analysis.rows.tree import Depth, Row
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.ir.network import Network
from resdsl.ops.base import Shapes, show
from resdsl.printable import one_line
from resdsl.refusal import Refused
from resdsl.report.numbering import NumberedRow
from resdsl.report.receptive import sizes_cell, stride_cell
from resdsl.report.table import Cell, Column, Measure

if TYPE_CHECKING:
    from resdsl.analysis.devices import Demand, Device
    from resdsl.analysis.memory.totals import Memory
    from resdsl.analysis.receptive_field.field import Field

_LONGEST = 60


class UnknownColumn(Refused):
    """The name of a column is unknown."""

    of_usage = True

    def __init__(self, name: str) -> None:
        if not name:
            super().__init__("the name of a column is empty; separate names by commas, as in `name,params,macs`")
            return
        names = ", ".join((*PRESETS, *COLUMNS))
        hint = did_you_mean(name, (*PRESETS, *COLUMNS)) or f"available: {names}"
        super().__init__(f"unknown column `{one_line(name[:_LONGEST])}`; {hint}")


class IdleColumn(Refused):
    """A column was requested by name, but it would be empty."""

    of_usage = True

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"the column `{name}` would be empty: {reason}")


@dataclass(frozen=True)
class ReportContext:
    """Everything a cell depends on besides its row.

    Attributes:
        network: the network being reported.
        whole: the row of the whole network, for shares.
        batch: number of samples computed at once; operations and outputs are counted for all of them.
        dtype: the data type of parameters and outputs.
        device: the device that times are given for.
    """

    network: Network
    whole: Row
    batch: int = 1
    dtype: Dtype = "float32"
    device: Device | None = None

    @cached_property
    def fields(self) -> Mapping[int, Field | None]:
        """The receptive field of every row on the first input, computed when needed.

        Keyed by identity: two equal rows may stand in different places.
        """
        from resdsl.analysis.receptive_field.rows import fields_by_row

        return {id(row): field for row, field in fields_by_row(self.network, self.whole)}

    def field(self, row: Row) -> Field | None:
        """The receptive field of a row."""
        return self.fields[id(row)]

    @cached_property
    def memory(self) -> Memory | None:
        """Memory for inference and training; None for integer data types, for which it is not defined."""
        if self.dtype in GRADIENTLESS:
            return None
        from resdsl.analysis.memory.totals import memory

        return memory(self.network, self.batch, self.dtype)

    def demand(self, row: Row) -> Demand | None:
        """The load of a row on a device; None for integer data types, for which it is not known."""
        if self.dtype in GRADIENTLESS:
            return None
        from resdsl.analysis.devices import demand_of
        from resdsl.analysis.rows.layers import layers_of

        return demand_of(layers_of(row), self.batch, self.dtype, self.device)


@dataclass(frozen=True, slots=True)
class Defined:
    """A column and how its cells are computed.

    Attributes:
        column: its name, title and measure.
        says: a description for the documentation and the published schema.
        cell: computes the cell of a row.
        adds_up: whether the cells of a row's parts sum to the cell of the row.
    """

    column: Column
    says: str
    cell: Callable[[NumberedRow, ReportContext], Cell]
    adds_up: bool = False


def _text(name: str, title: str, says: str, text: Callable[[NumberedRow], str]) -> Defined:
    return Defined(Column(name, title, "text"), says, lambda numbered, _: text(numbered))


def _state(name: str, title: str, says: str, count: Callable[[Costs], int], measure: Measure = "count") -> Defined:
    """A count that does not depend on the batch, such as parameters."""
    return Defined(Column(name, title, measure), says, lambda numbered, _: count(numbered.row.costs), adds_up=True)


def _done(name: str, title: str, says: str, count: Callable[[Costs], int]) -> Defined:
    """A count per sample, such as multiply-adds or outputs."""
    return Defined(
        Column(name, title), says, lambda numbered, context: context.batch * count(numbered.row.costs), adds_up=True
    )


def _share(name: str, title: str, says: str, count: Callable[[Costs], int]) -> Defined:
    def cell(numbered: NumberedRow, context: ReportContext) -> Cell:
        return count(numbered.row.costs) / (count(context.whole.costs) or 1)

    return Defined(Column(name, title, "share"), says, cell)


def _bytes(of: Defined, name: str, title: str, says: str) -> Defined:
    """The size in bytes of what another column counts."""

    def cell(numbered: NumberedRow, context: ReportContext) -> Cell:
        count = of.cell(numbered, context)
        assert isinstance(count, int)
        return WIDTHS[context.dtype] * count

    return Defined(Column(name, title, "bytes"), says, cell, adds_up=True)


def _number(name: str, title: str, says: str, cell: Callable[[Field | None], Cell]) -> Defined:
    """A property of the receptive field of a row's output."""
    return Defined(Column(name, title, "number"), says, lambda numbered, context: cell(context.field(numbered.row)))


def _shapes(shapes: Shapes) -> str:
    return ", ".join(map(show, shapes))


def _blocks(numbered: NumberedRow, context: ReportContext) -> Cell:
    """The blocks of a stage and how many there are: `bottleneck x 3`."""
    if numbered.row.kind != "stage":
        return None
    stage = next((each for each in context.network.stages if each.path == numbered.row.path), None)
    if stage is None:
        return None
    counts: dict[str, int] = {}
    for run in stage.runs:
        counts[run.body.origin.name] = counts.get(run.body.origin.name, 0) + run.count
    return ", ".join(f"{name} x {count}" for name, count in counts.items())


def _saved(numbered: NumberedRow, context: ReportContext) -> Cell:
    """An empty cell for integer data types, which have no gradients."""
    if context.dtype in GRADIENTLESS:
        return None
    return numbered.row.saved.bytes(context.batch, WIDTHS[context.dtype])


def _whole(name: str, title: str, says: str, size: Callable[[Memory], int]) -> Defined:
    """Bytes of memory for a whole network; parts of it have no such figure."""

    def cell(numbered: NumberedRow, context: ReportContext) -> Cell:
        return size(context.memory) if numbered.row is context.whole and context.memory is not None else None

    return Defined(Column(name, title, "bytes"), says, cell)


def _moved(numbered: NumberedRow, context: ReportContext) -> Cell:
    demand = context.demand(numbered.row)
    return demand.bytes if demand else None


def _intensity(numbered: NumberedRow, context: ReportContext) -> Cell:
    demand = context.demand(numbered.row)
    return demand.intensity if demand else None


def _time(numbered: NumberedRow, context: ReportContext) -> Cell:
    demand = context.demand(numbered.row) if context.device else None
    return None if demand is None or demand.seconds is None else demand.seconds * 1e6


def _time_share(numbered: NumberedRow, context: ReportContext) -> Cell:
    time, whole = _time(numbered, context), _time(NumberedRow(context.whole, "", 1, 0), context)
    return time / whole if isinstance(time, float) and isinstance(whole, float) and whole else None


_PARAMS = _state("params", "params", "learned elements: weights, biases, scales and shifts", lambda costs: costs.params)
_OUTPUTS = _done("output_elements", "outputs", "output elements of all layers", lambda costs: costs.elements)

_DEFINED = (
    Defined(Column("network", "network", "text"), "the name of the network", lambda _, context: context.network.name),
    _text("name", "layer", "the name of the row", lambda numbered: numbered.name),
    _text(
        "path",
        "path",
        "its module path; from the first to the last of consecutive repeats",
        lambda numbered: numbered.path,
    ),
    _text("kind", "kind", "the kind of row", lambda numbered: numbered.row.kind),
    _text("role", "role", "`main`, `shortcut` or `gate`", lambda numbered: numbered.row.role),
    Defined(
        Column("repeats", "repeats", "number"),
        "how many consecutive equal parts it stands for",
        lambda numbered, _: numbered.times,
    ),
    Defined(Column("blocks", "blocks", "text"), "the blocks of a stage, and how many there are", _blocks),
    _text("in", "input", "input shapes of one sample", lambda numbered: _shapes(numbered.row.inputs)),
    _text("out", "output", "output shapes of one sample", lambda numbered: _shapes(numbered.row.outputs)),
    _state("depth", "depth", "layers with weights, except in shortcuts and gates", lambda costs: costs.depth, "number"),
    _state("layers", "ops", "ops applied", lambda costs: costs.layers, "number"),
    _PARAMS,
    _share("params_share", "%", "its share of all params", lambda costs: costs.params),
    _bytes(_PARAMS, "params_bytes", "param bytes", "bytes of params"),
    _state("weights", "weights", "learned elements without biases and norms", lambda costs: costs.weights),
    _state("biases", "biases", "learned elements of biases", lambda costs: costs.biases),
    _state("norms", "norms", "scales and shifts of norms", lambda costs: costs.norms),
    _state("buffers", "buffers", "elements of running statistics", lambda costs: costs.buffers),
    _state("counters", "counters", "integers such as num_batches_tracked", lambda costs: costs.counters),
    _done("macs", "macs", "multiply-adds of convolutions and linear layers", lambda costs: costs.macs),
    _share("macs_share", "%", "its share of all multiply-adds", lambda costs: costs.macs),
    _done("flops", "flops", "twice the multiply-adds", lambda costs: 2 * costs.macs),
    _done("conv_macs", "conv", "multiply-adds of convolutions", lambda costs: costs.work.conv),
    _done("linear_macs", "linear", "multiply-adds of linear layers", lambda costs: costs.work.linear),
    _done("bias_adds", "bias", "additions of biases", lambda costs: costs.work.bias),
    _done("norm_elements", "norm", "elements normalised", lambda costs: costs.work.norm),
    _done("activation_elements", "activation", "elements through a non-linearity", lambda costs: costs.work.activation),
    _done("pooling_elements", "pooling", "elements read by pooling windows", lambda costs: costs.work.pooling),
    _done(
        "elementwise_ops",
        "elementwise",
        "elements added or multiplied where branches meet, or multiplied by a constant",
        lambda costs: costs.work.elementwise,
    ),
    _done("fixed_macs", "fixed", "multiply-adds of filters that are not learned", lambda costs: costs.work.fixed),
    _done("matmul_macs", "matmul", "multiply-adds of products of matrices", lambda costs: costs.work.matmul),
    _OUTPUTS,
    _bytes(_OUTPUTS, "output_bytes", "output bytes", "output bytes of all layers"),
    Defined(Column("saved_bytes", "saved bytes", "bytes"), "bytes kept for the backward pass", _saved, adds_up=True),
    _whole(
        "peak_bytes",
        "peak bytes",
        "the most memory that values take at once during inference",
        lambda takes: takes.peak,
    ),
    _whole(
        "training_bytes",
        "training bytes",
        "parameters, buffers, gradients and values kept for the backward pass",
        lambda takes: takes.training,
    ),
    _number("receptive_field", "field", "receptive field along the longest path", sizes_cell),
    _number(
        "shortest_field", "short field", "receptive field along the shortest path", partial(sizes_cell, shortest=True)
    ),
    _number("effective_stride", "stride", "input positions per output position", stride_cell),
    Defined(Column("moved_bytes", "moved bytes", "bytes"), "bytes read and written, layer by layer", _moved),
    Defined(Column("intensity", "flops/byte", "number"), "operations per byte moved", _intensity),
    Defined(Column("time_us", "time, us", "number"), "the least time on the device, in microseconds", _time),
    Defined(Column("time_share", "%", "share"), "its share of the least time", _time_share),
    _done("activations", "activations", "output elements of convolutions", lambda costs: costs.activations),
    _state("shortcut_params", "sc. params", "params in shortcuts", lambda costs: costs.shortcut_params),
    _done("shortcut_macs", "sc. macs", "multiply-adds in shortcuts", lambda costs: costs.shortcut_macs),
)
COLUMNS: dict[str, Defined] = {defined.column.name: defined for defined in _DEFINED}
"""All columns by name, in the order of the preset `full`."""

_OF_TIME = ("time_us", "time_share")
"""Columns that are refused without a device."""
_OF_NETWORKS = ("peak_bytes", "training_bytes")
"""Columns of whole networks, which are refused at other depths than `model`."""
_OF_FLOATS = ("saved_bytes", "moved_bytes", "intensity", *_OF_NETWORKS)
"""Columns that are refused for integer data types."""
_TRAINED = ("saved_bytes", "training_bytes")
"""Those of them that are about training."""

OF_PRODUCTS = ("matmul_macs",)
"""Counts that are younger than the reports: only networks with products of matrices have them."""

PRESETS: dict[str, tuple[str, ...]] = {
    "short": ("name", "path", "out", "params", "macs", "macs_share"),
    "paper": ("name", "out", "depth", "params", "macs"),
    "memory": ("name", "out", "params_bytes", "output_elements", "output_bytes", "saved_bytes"),
    "time": ("name", "path", "out", "macs", "intensity", "time_us", "time_share"),
    "full": tuple(name for name in COLUMNS if name not in ("network", *_OF_NETWORKS, *OF_PRODUCTS)),
}
"""The columns of each preset. Some presets have more at certain depths; see `columns_named`."""

_SHORT: dict[Depth, tuple[str, ...]] = {
    "model": ("name", "in", "depth", "params", "macs"),
    "part": ("name", "out", "params", "params_share", "macs", "macs_share"),
    "stage": ("name", "path", "blocks", "out", "params", "params_share", "macs", "macs_share"),
}


def columns_named(
    requested: str | Sequence[str] | None,
    by: Depth,
    *,
    timed: bool = False,
    dtype: Dtype = "float32",
    multiplies: bool = False,
) -> tuple[Defined, ...]:
    """The requested columns.

    Args:
        requested: names of columns and presets, as a list or separated by commas; duplicates are dropped. None
            means `short`, or `time` if there is a device.
        by: the depth of the table: `short` adapts to it, and `memory` and `full` have more columns for whole networks.
        timed: whether there is a device, in which case presets include the time on it.
        dtype: the data type that bytes are counted for.
        multiplies: whether there are products of matrices, in which case `full` includes them.

    Raises:
        UnknownColumn: a name is neither a column nor a preset.
        IdleColumn: a column requested by its own name would be empty; in a preset, it is left empty.
    """
    if requested is None:
        requested = "time" if timed else "short"
    names = (
        [name.strip() for name in requested.split(",")]
        if isinstance(requested, str)
        else [str(name) for name in requested]
    )
    found: dict[str, Defined] = {}
    for name in [*names, *_OF_TIME] if timed else names:
        _refuse_idle(name, by, dtype, timed=timed)
        more = OF_PRODUCTS if multiplies and name == "full" else ()
        for each in (*_preset(name, by), *more):
            if each not in COLUMNS:
                raise UnknownColumn(each)
            found[each] = COLUMNS[each]
    return tuple(found.values())


def _preset(name: str, by: Depth) -> tuple[str, ...]:
    """The columns behind one name."""
    if name == "short":
        return _SHORT.get(by, PRESETS["short"])
    more = _OF_NETWORKS if by == "model" and name in ("memory", "full") else ()
    return (*PRESETS.get(name, (name,)), *more)


def _refuse_idle(name: str, by: Depth, dtype: Dtype, *, timed: bool) -> None:
    if name in ("time", *_OF_TIME) and not timed:
        raise IdleColumn(name, "a time needs a device (--device), such as h100")
    if name in _OF_NETWORKS and by != "model":
        raise IdleColumn(name, f"it exists for whole networks only; use --by model instead of --by {by}")
    if name in _OF_FLOATS and dtype in GRADIENTLESS:
        reason = "there is no training in" if name in _TRAINED else "the size of accumulators is not known for"
        raise IdleColumn(name, f"{reason} {dtype}")
