"""The cost report as a table: the rows of one network, or one line for each of several networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from resdsl.analysis.dtypes import WIDTHS, Dtype
from resdsl.analysis.rows.bounded import bounded_rows
from resdsl.analysis.rows.folded import with_calls_folded
from resdsl.analysis.rows.tree import DEPTHS, Depth
from resdsl.ir.network import Network
from resdsl.refusal import Refused
from resdsl.report.columns import Defined, ReportContext, columns_named
from resdsl.report.figures import count_text
from resdsl.report.notes import apart_note, counted_note, input_note, notes, times_note
from resdsl.report.numbering import NumberedRow, numbered
from resdsl.report.table import Cell, Table, TableLine

if TYPE_CHECKING:
    from resdsl.analysis.devices import Device


MOST_SAMPLES = 10**12
"""The largest batch; larger ones would give figures of no practical use."""
_LONGEST = 40


class InvalidBatch(Refused):
    """The batch size is out of range."""

    def __init__(self, batch: object) -> None:
        super().__init__(f"a batch has 1 to {MOST_SAMPLES:_} samples, not {_short(batch)}")


class UnknownDepth(Refused):
    """The depth of a report is unknown."""

    def __init__(self, by: object) -> None:
        super().__init__(f"unknown depth {_short(by)}; available: {', '.join(DEPTHS)}")


def _short(value: object) -> str:
    """The repr of a value, shortened."""
    if isinstance(value, int) and abs(value) > MOST_SAMPLES:
        return "a larger number"
    visible = repr(value)
    return visible if len(visible) <= _LONGEST else f"{visible[:_LONGEST]}..."


def report_table(
    network: Network,
    *,
    by: Depth = "stage",
    columns: str | Sequence[str] | None = None,
    expand: bool = False,
    batch: int = 1,
    dtype: Dtype = "float32",
    device: str | None = None,
) -> Table:
    """The costs of a network, row by row in execution order; a line with parts is their sum.

    Args:
        network: the network.
        by: the depth of the lines.
        columns: names of presets, columns, or both; see `resdsl.report.columns`. None means `short`, or `time` if
            there is a device.
        expand: whether each of several equal blocks gets its own line.
        batch: number of samples at once; it multiplies operations and outputs, not parameters.
        dtype: the data type that bytes are counted for.
        device: the device that least times are given for: a name, or operations and bytes per second, separated by
            a comma.

    Raises:
        resdsl.report.columns.UnknownColumn: a column is unknown.
        resdsl.report.columns.IdleColumn: a column requested by its own name would be empty.
        resdsl.analysis.devices.UnknownDevice: the device is unknown.
        resdsl.analysis.devices.UnknownRate: the device has no known rate for the data type.
        resdsl.analysis.rows.bounded.TooManyRows: there would be too many lines.
        resdsl.analysis.memory.totals.UnknownDtype: the data type is unknown.
        UnknownDepth: the depth is unknown.
        InvalidBatch: the batch size is below one or above `MOST_SAMPLES`.
    """
    context = context_of(network, by, expand=expand, batch=batch, dtype=dtype, device=device)
    multiplies = context.whole.costs.work.matmul > 0
    chosen = columns_named(columns, by, timed=context.device is not None, dtype=dtype, multiplies=multiplies)
    lines = [_line(each, chosen, context) for each in numbered(context.whole)]
    if context.whole.parts:
        lines.append(_total(chosen, context))
    wording = notes(context, frozenset(each.column.name for each in chosen))
    return Table(_title(context), tuple(each.column for each in chosen), tuple(lines), wording, network.name)


def models_table(
    networks: Sequence[Network],
    *,
    columns: str | Sequence[str] | None = None,
    batch: int = 1,
    dtype: Dtype = "float32",
    device: str | None = None,
) -> Table:
    """One line for each network; the arguments and errors are those of `report_table`."""
    contexts = [context_of(network, "model", batch=batch, dtype=dtype, device=device) for network in networks]
    multiplies = any(context.whole.costs.work.matmul for context in contexts)
    chosen = columns_named(columns, "model", timed=device is not None, dtype=dtype, multiplies=multiplies)
    lines = tuple([_line(NumberedRow(context.whole, "", 1, 0), chosen, context) for context in contexts])
    inputs = list(dict.fromkeys(map(input_note, contexts)))
    given = inputs[0] if len(inputs) == 1 else f"Batch {batch}, each at its own input"
    wording = counted_note(given, dtype, frozenset(each.column.name for each in chosen))
    if contexts:
        wording = (*wording, *apart_note(contexts), *times_note(contexts[0]))
    title = "1 network" if len(contexts) == 1 else f"{len(contexts)} networks"
    return Table(title, tuple(each.column for each in chosen), lines, wording)


def context_of(
    network: Network,
    by: Depth,
    *,
    expand: bool = False,
    batch: int = 1,
    dtype: Dtype = "float32",
    device: str | None = None,
) -> ReportContext:
    """The context that cells are computed in; the arguments and errors are those of `report_table`."""
    if by not in DEPTHS:
        raise UnknownDepth(by)
    if type(batch) is not int or not 1 <= batch <= MOST_SAMPLES:
        raise InvalidBatch(batch)
    if dtype not in WIDTHS:
        from resdsl.analysis.memory.totals import UnknownDtype

        raise UnknownDtype(dtype)
    whole = bounded_rows(network, by, expand=expand)
    whole = whole if expand else with_calls_folded(whole)
    return ReportContext(network, whole, batch, dtype, None if device is None else _device(device, dtype))


def _device(wording: str, dtype: Dtype) -> Device:
    """The requested device, checked to have a rate for the data type."""
    from resdsl.report.demands import device_of

    device = device_of(str(wording), dtype)
    device.rate(dtype)
    return device


def _title(context: ReportContext) -> str:
    costs = context.whole.costs
    macs = count_text(context.batch * costs.macs)
    counts = f"depth {costs.depth}, {count_text(costs.params)} parameters, {macs} multiply-adds"
    matmul = costs.work.matmul
    products = f" and {count_text(context.batch * matmul)} in products of matrices" if matmul else ""
    return f"{context.network.name}: {counts}{products}"


def _line(each: NumberedRow, columns: tuple[Defined, ...], context: ReportContext) -> TableLine:
    cells = tuple([column.cell(each, context) for column in columns])
    return TableLine(cells, each.level, "sum" if each.row.parts else "normal")


def _total(columns: tuple[Defined, ...], context: ReportContext) -> TableLine:
    """The line of the whole network, labelled in the column of names, or else in the first text column."""
    whole = NumberedRow(context.whole, "", 1, 0)
    cells: list[Cell] = [column.cell(whole, context) for column in columns]
    texts = {each.column.name: at for at, each in enumerate(columns) if each.column.measure == "text"}
    texts.pop("network", None)
    if texts:
        cells[texts.get("name", min(texts.values()))] = "total"
    return TableLine(tuple(cells), kind="total")
