"""The cost report as JSON: every count of every row, exact, together with what was counted and how.

Its schema is in `resdsl.report.schema`; like tables, it uses the names of `resdsl.report.columns` for quantities.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from resdsl.analysis.costs import network_costs, training_costs
from resdsl.analysis.dtypes import GRADIENTLESS, Dtype
from resdsl.analysis.memory.totals import memory
from resdsl.analysis.rows.tree import Depth
from resdsl.analysis.shortcuts import count_shortcuts
from resdsl.ir.network import Network
from resdsl.ir.text import value_text
from resdsl.report.columns import COLUMNS, OF_PRODUCTS, ReportContext
from resdsl.report.notes import CONVENTION, shortcut_setting, strides_note
from resdsl.report.numbering import NumberedRow, parts_of
from resdsl.report.receptive import as_list
from resdsl.report.report import context_of
from resdsl.version import __version__

VERSION = 1
"""The version of the format, raised by every change that could break a reader."""

MEMORY = ("parameters", "buffers", "peak", "saved", "gradients", "momentum", "adam", "inference", "training")
"""The memory figures of a network; see `resdsl.analysis.memory.totals`."""

COUNTED = tuple(name for name, defined in COLUMNS.items() if defined.adds_up and name not in OF_PRODUCTS)
"""The counts of a row: the columns whose cells can be summed."""

TRAINED = ("saved_bytes",)
"""Counts that are null for data types without gradients."""

DEMANDED = ("moved_bytes", "intensity", "time_us")
"""The figures of a row on a device."""


def report_record(
    network: Network,
    *,
    by: Depth = "layer",
    expand: bool = False,
    batch: int = 1,
    dtype: Dtype = "float32",
    device: str | None = None,
) -> dict[str, Any]:
    """The costs of a network, as one value that JSON can hold.

    Args:
        network: the network.
        by: the depth of the rows.
        expand: whether each of several equal blocks gets its own row.
        batch: number of samples at once; it multiplies operations and outputs, not parameters.
        dtype: the data type that bytes are counted for.
        device: the device that least times are given for; see `resdsl.report.report.report_table`.

    Raises:
        the errors of `report_table`, except those about columns.
    """
    context = context_of(network, by, expand=expand, batch=batch, dtype=dtype, device=device)
    root = NumberedRow(context.whole, "", 1, -1)
    return {
        "resdsl_report": VERSION,
        "resdsl": __version__,
        "network": network.name,
        "arguments": {each.name: value_text(each.value) for each in network.arguments},
        "settings": {each.name: value_text(each.value) for each in network.settings},
        "inputs": {each.name: list(each.shape) for each in network.inputs},
        "outputs": {each.name: list(network.values[each.value]) for each in network.outputs},
        **_training(context),
        "batch": batch,
        "dtype": dtype,
        "device": _device(context),
        "convention": CONVENTION,
        "strides": next(strides_note(network), None),
        "shortcuts": _shortcuts(network),
        "memory": _memory(context),
        "totals": _counts(root, context) | _demand(root, context),
        "rows": [_record(part, context) for part in parts_of(root)],
    }


def to_json(records: Sequence[dict[str, Any]]) -> str:
    """Reports as JSON text: one as an object, several as an array."""
    value = records[0] if len(records) == 1 else list(records)
    return json.dumps(value, indent=2) + "\n"


def _training(context: ReportContext) -> dict[str, Any]:
    """What exists in training only; nothing if there are no such outputs."""
    names = [each.name for each in context.network.outputs if each.training]
    more = training_costs(context.network).macs - network_costs(context.network).macs
    return {"training": {"outputs": names, "macs": context.batch * more}} if names else {}


def _shortcuts(network: Network) -> dict[str, Any]:
    found = count_shortcuts(network)
    return {
        "setting": shortcut_setting(network),
        "identity": found.identity,
        "zero_padded": found.zero_padded,
        "projection": found.projection,
    }


def _memory(context: ReportContext) -> dict[str, int] | None:
    """Bytes of memory for inference and training; None for integer data types, which have no gradients."""
    if context.dtype in GRADIENTLESS:
        return None
    takes = memory(context.network, context.batch, context.dtype)
    return {f"{name}_bytes": getattr(takes, name) for name in MEMORY}


def _counts(numbered: NumberedRow, context: ReportContext) -> dict[str, Any]:
    names = (*COUNTED, *OF_PRODUCTS) if context.whole.costs.work.matmul else COUNTED
    return {name: COLUMNS[name].cell(numbered, context) for name in names}


def _device(context: ReportContext) -> dict[str, Any] | None:
    device = context.device
    if device is None:
        return None
    rate = device.rate(context.dtype)
    return {
        "name": device.name,
        "title": device.title,
        "flops": rate,
        "bandwidth": device.bandwidth,
        "source": device.source,
    }


def _demand(numbered: NumberedRow, context: ReportContext) -> dict[str, Any]:
    return {name: COLUMNS[name].cell(numbered, context) for name in DEMANDED}


def _field(numbered: NumberedRow, context: ReportContext) -> dict[str, Any]:
    field = context.field(numbered.row)
    return {
        "receptive_field": as_list(field.size) if field else None,
        "shortest_field": as_list(field.shortest_size) if field else None,
        "effective_stride": as_list(field.stride) if field else None,
    }


def _record(numbered: NumberedRow, context: ReportContext) -> dict[str, Any]:
    row = numbered.row
    return {
        "path": numbered.path,
        "name": row.name,
        "kind": row.kind,
        "role": row.role,
        "op": row.op.op if row.op else None,
        "repeats": numbered.times,
        "inputs": [list(shape) for shape in row.inputs],
        "outputs": [list(shape) for shape in row.outputs],
        **_counts(numbered, context),
        **_demand(numbered, context),
        **_field(numbered, context),
        "parts": [_record(part, context) for part in parts_of(numbered)],
    }
