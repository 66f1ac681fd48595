"""Tables of conventions: a network as another tool counts it, and how our figure relates to those of all tools."""

from __future__ import annotations

from resdsl.analysis.conventions.count import counted
from resdsl.analysis.conventions.known import convention_named
from resdsl.analysis.conventions.reconcile import reconciled
from resdsl.ir.network import Network
from resdsl.report.table import Column, Table, TableLine

MIXED = "A mixed figure adds single operations to multiply-adds; its counter calls both by one name."


def convention_table(network: Network, convention: str) -> Table:
    """What another tool prints for a network, part by part, for a batch of one.

    Raises:
        resdsl.analysis.conventions.records.UnknownConvention: the name of the convention is unknown.
    """
    chosen, count = convention_named(convention), counted(network, convention)
    columns = (Column("part", "counted", "text"), Column("amount", count.unit, "exact"))
    lines = [TableLine((part.name, part.amount)) for part in count.parts]
    total = TableLine((chosen.name, count.total), kind="total")
    notes = [f"Counts {chosen.counts}.", f"Source: {chosen.source}."]
    if count.unit == "mixed":
        notes.append(MIXED)
    notes += _warnings({chosen.name: count.unverified})
    return Table(f"{network.name} as {chosen.name} counts it", columns, (*lines, total), tuple(notes), network.name)


def reconcile_table(network: Network) -> Table:
    """How our multiply-adds turn into the figure of each tool, with a line for each difference."""
    columns = (
        Column("line", "figure", "text"),
        Column("change", "change", "exact_change"),
        Column("total", "total", "exact"),
        Column("unit", "unit", "text"),
    )
    ways = reconciled(network)
    ours = ways[0].lines[0]
    lines = [TableLine((ours.name, None, ours.amount, "multiply-adds"))]
    for way in ways:
        lines.append(TableLine((way.name, None, way.total, way.unit), kind="sum"))
        lines += [TableLine((each.name, each.amount, None, None), level=1) for each in way.differences]
    notes = (
        "Each figure is our multiply-adds with the changes below it; for one sample.",
        MIXED,
        "The paper's FLOPs are multiply-adds, and its bottlenecks have their stride on the first 1x1.",
        *_warnings({way.name: way.unverified for way in ways}),
    )
    title = f"{network.name}: how multiply-adds become the figures of others"
    return Table(title, columns, tuple(lines), notes, network.name)


def _warnings(unverified: dict[str, tuple[str, ...]]) -> list[str]:
    """One sentence for all tools with the same unverified ops."""
    names: dict[tuple[str, ...], list[str]] = {}
    for name, ops in unverified.items():
        if ops:
            names.setdefault(ops, []).append(name)
    return [
        f"Not verified for {', '.join(counters)}: {', '.join(ops)}. The counter may print another figure."
        for ops, counters in names.items()
    ]
