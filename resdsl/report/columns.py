"""The columns that a report can have, each defined in one line, and the sets of them that have names.

Why it exists: the command line, the tables and the JSON form speak of the same quantities by the same names, with the
unit in the name. Another column is another line in the table below.
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
    """A column is asked for by a name that none has."""

    of_usage = True

    def __init__(self, name: str) -> None:
        if not name:
            super().__init__("a column has no name; names stand between commas, as in `name,params,macs`")
            return
        names = ", ".join((*PRESETS, *COLUMNS))
        hint = did_you_mean(name, (*PRESETS, *COLUMNS)) or f"there are {names}"
        super().__init__(f"a report has no column `{one_line(name[:_LONGEST])}`; {hint}")


class IdleColumn(Refused):
    """A column is asked for by its name, and nothing could stand in it."""

    of_usage = True

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"the column `{name}` would be empty: {reason}")


@dataclass(frozen=True)
class ReportContext:
    """What a cell depends on beside its row.

    Attributes:
        network: the network that is reported.
        whole: the row of all of it, for shares.
        batch: samples that are computed at once; work and outputs are those of all of them.
        dtype: of parameters and outputs.
        device: what times are for.
    """

    network: Network
    whole: Row
    batch: int = 1
    dtype: Dtype = "float32"
    device: Device | None = None

    @cached_property
    def fields(self) -> Mapping[int, Field | None]:
        """What every row sees of the first input, found when it is asked for.

        By identity: two rows may be equal and stand in two places.
        """
        from resdsl.analysis.receptive_field.rows import fields_by_row

        return {id(row): field for row, field in fields_by_row(self.network, self.whole)}

    def field(self, row: Row) -> Field | None:
        """The receptive field of a row."""
        return self.fields[id(row)]

    @cached_property
    def memory(self) -> Memory | None:
        """What running and training take in all; None in integers, for which nothing is known."""
        if self.dtype in GRADIENTLESS:
            return None
        from resdsl.analysis.memory.totals import memory

        return memory(self.network, self.batch, self.dtype)

    def demand(self, row: Row) -> Demand | None:
        """What a row asks of a device; None in integers, for which nothing is known."""
        if self.dtype in GRADIENTLESS:
            return None
        from resdsl.analysis.devices import demand_of
        from resdsl.analysis.rows.layers import layers_of

        return demand_of(layers_of(row), self.batch, self.dtype, self.device)


@dataclass(frozen=True, slots=True)
class Defined:
    """A column and how its cells are found.

    Attributes:
        column: its name, its title, what it holds.
        says: what it is, in words, for documentation and the published schema.
        cell: the cell of a row.
        adds_up: whether the cells of a row's parts add up to its own.
    """

    column: Column
    says: str
    cell: Callable[[NumberedRow, ReportContext], Cell]
    adds_up: bool = False


def _text(name: str, title: str, says: str, text: Callable[[NumberedRow], str]) -> Defined:
    return Defined(Column(name, title, "text"), says, lambda numbered, _: text(numbered))


def _state(name: str, title: str, says: str, count: Callable[[Costs], int], measure: Measure = "count") -> Defined:
    """What a network holds, however many samples it sees."""
    return Defined(Column(name, title, measure), says, lambda numbered, _: count(numbered.row.costs), adds_up=True)


def _done(name: str, title: str, says: str, count: Callable[[Costs], int]) -> Defined:
    """What is done or made for each sample."""
    return Defined(
        Column(name, title), says, lambda numbered, context: context.batch * count(numbered.row.costs), adds_up=True
    )


def _share(name: str, title: str, says: str, count: Callable[[Costs], int]) -> Defined:
    def cell(numbered: NumberedRow, context: ReportContext) -> Cell:
        return count(numbered.row.costs) / (count(context.whole.costs) or 1)

    return Defined(Column(name, title, "share"), says, cell)


def _bytes(of: Defined, name: str, title: str, says: str) -> Defined:
    """Bytes of what another column counts."""

    def cell(numbered: NumberedRow, context: ReportContext) -> Cell:
        count = of.cell(numbered, context)
        assert isinstance(count, int)
        return WIDTHS[context.dtype] * count

    return Defined(Column(name, title, "bytes"), says, cell, adds_up=True)


def _number(name: str, title: str, says: str, cell: Callable[[Field | None], Cell]) -> Defined:
    """A property of the field of what a row yields."""
    return Defined(Column(name, title, "number"), says, lambda numbered, context: cell(context.field(numbered.row)))


def _shapes(shapes: Shapes) -> str:
    return ", ".join(map(show, shapes))


def _blocks(numbered: NumberedRow, context: ReportContext) -> Cell:
    """Which blocks a stage has, and how many: `bottleneck x 3`."""
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
    """Nothing in integers, which have no gradients."""
    if context.dtype in GRADIENTLESS:
        return None
    return numbered.row.saved.bytes(context.batch, WIDTHS[context.dtype])


def _whole(name: str, title: str, says: str, size: Callable[[Memory], int]) -> Defined:
    """Bytes that a network takes as a whole; parts of it have no such figure."""

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
_OUTPUTS = _done("output_elements", "outputs", "elements that all layers yield", lambda costs: costs.elements)

_DEFINED = (
    Defined(Column("network", "network", "text"), "the network's name", lambda _, context: context.network.name),
    _text("name", "layer", "what it is called", lambda numbered: numbered.name),
    _text("path", "path", "its module path; of repeats the first to the last", lambda numbered: numbered.path),
    _text("kind", "kind", "what kind of row it is", lambda numbered: numbered.row.kind),
    _text("role", "role", "`main`, `shortcut` or `gate`", lambda numbered: numbered.row.role),
    Defined(
        Column("repeats", "repeats", "number"), "equal ones in a row that it is", lambda numbered, _: numbered.times
    ),
    Defined(Column("blocks", "blocks", "text"), "the blocks of a stage, and how many", _blocks),
    _text("in", "input", "shapes that flow in, of one sample", lambda numbered: _shapes(numbered.row.inputs)),
    _text("out", "output", "shapes that flow out, of one sample", lambda numbered: _shapes(numbered.row.outputs)),
    _state("depth", "depth", "layers with weights, but in shortcuts and gates", lambda costs: costs.depth, "number"),
    _state("layers", "ops", "ops applied", lambda costs: costs.layers, "number"),
    _PARAMS,
    _share("params_share", "%", "its part of all params", lambda costs: costs.params),
    _bytes(_PARAMS, "params_bytes", "param bytes", "bytes of params"),
    _state("weights", "weights", "learned elements without biases and norms", lambda costs: costs.weights),
    _state("biases", "biases", "learned elements of biases", lambda costs: costs.biases),
    _state("norms", "norms", "scales and shifts of norms", lambda costs: costs.norms),
    _state("buffers", "buffers", "elements of running statistics", lambda costs: costs.buffers),
    _state("counters", "counters", "integers such as num_batches_tracked", lambda costs: costs.counters),
    _done("macs", "macs", "multiply-adds of convolutions and linear layers", lambda costs: costs.macs),
    _share("macs_share", "%", "its part of all multiply-adds", lambda costs: costs.macs),
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
    _OUTPUTS,
    _bytes(_OUTPUTS, "output_bytes", "output bytes", "bytes that all layers yield"),
    Defined(Column("saved_bytes", "saved bytes", "bytes"), "bytes kept for the backward pass", _saved, adds_up=True),
    _whole("peak_bytes", "peak bytes", "the most that values take at once in inference", lambda takes: takes.peak),
    _whole(
        "training_bytes",
        "training bytes",
        "parameters, buffers, gradients and what is kept for the backward pass",
        lambda takes: takes.training,
    ),
    _number("receptive_field", "field", "receptive field along the longest path", sizes_cell),
    _number("shortest_field", "short field", "that along the shortest path", partial(sizes_cell, shortest=True)),
    _number("effective_stride", "stride", "positions of the input per position of the output", stride_cell),
    Defined(Column("moved_bytes", "moved bytes", "bytes"), "bytes read and written, layer by layer", _moved),
    Defined(Column("intensity", "flops/byte", "number"), "operations per byte moved", _intensity),
    Defined(Column("time_us", "time, us", "number"), "the least time on the device, in microseconds", _time),
    Defined(Column("time_share", "%", "share"), "its part of the least time", _time_share),
    _done("activations", "activations", "elements that convolutions yield", lambda costs: costs.activations),
    _state("shortcut_params", "sc. params", "the part of params in shortcuts", lambda costs: costs.shortcut_params),
    _done("shortcut_macs", "sc. macs", "the part of multiply-adds in shortcuts", lambda costs: costs.shortcut_macs),
)
COLUMNS: dict[str, Defined] = {defined.column.name: defined for defined in _DEFINED}
"""Every column by its name, in the order of the preset `full`."""

_OF_TIME = ("time_us", "time_share")
_OF_NETWORKS = ("peak_bytes", "training_bytes")
_OF_FLOATS = ("saved_bytes", "moved_bytes", "intensity", *_OF_NETWORKS)
_TRAINED = ("saved_bytes", "training_bytes")
"""Columns that are empty without a device, for what is no whole network, and for integers; those of training."""

PRESETS: dict[str, tuple[str, ...]] = {
    "short": ("name", "path", "out", "params", "macs", "macs_share"),
    "paper": ("name", "out", "depth", "params", "macs"),
    "memory": ("name", "out", "params_bytes", "output_elements", "output_bytes", "saved_bytes"),
    "time": ("name", "path", "out", "macs", "intensity", "time_us", "time_share"),
    "full": tuple(name for name in COLUMNS if name not in ("network", *_OF_NETWORKS)),
}
"""Names of columns, by the name of the set. Some have more at some depths; see `columns_named`."""

_SHORT: dict[Depth, tuple[str, ...]] = {
    "model": ("name", "in", "depth", "params", "macs"),
    "stage": ("name", "path", "blocks", "out", "params", "params_share", "macs", "macs_share"),
}


def columns_named(
    requested: str | Sequence[str] | None, by: Depth, *, timed: bool = False, dtype: Dtype = "float32"
) -> tuple[Defined, ...]:
    """The columns that were asked for.

    Args:
        requested: names of columns and of presets, as a list or between commas; each column stands once. None is
            `short`, or `time` where there is a device.
        by: the depth of the table: `short` is what fits there, and `memory` and `full` have more of whole networks.
        timed: whether there is a device: choices have the time on it too.
        dtype: what bytes are counted for.

    Raises:
        UnknownColumn: there is none of that name.
        IdleColumn: one that is named would be empty; in a preset it is.
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
        for each in _preset(name, by):
            if each not in COLUMNS:
                raise UnknownColumn(each)
            found[each] = COLUMNS[each]
    return tuple(found.values())


def _preset(name: str, by: Depth) -> tuple[str, ...]:
    """The columns that a name stands for."""
    if name == "short":
        return _SHORT.get(by, PRESETS["short"])
    more = _OF_NETWORKS if by == "model" and name in ("memory", "full") else ()
    return (*PRESETS.get(name, (name,)), *more)


def _refuse_idle(name: str, by: Depth, dtype: Dtype, *, timed: bool) -> None:
    if name in ("time", *_OF_TIME) and not timed:
        raise IdleColumn(name, "a time needs a device (--device), such as h100")
    if name in _OF_NETWORKS and by != "model":
        raise IdleColumn(name, f"it is a figure of whole networks, which reports by model have, and not by {by}")
    if name in _OF_FLOATS and dtype in GRADIENTLESS:
        reason = "nothing is trained in" if name in _TRAINED else "it is not known how many bytes sums take in"
        raise IdleColumn(name, f"{reason} {dtype}")
