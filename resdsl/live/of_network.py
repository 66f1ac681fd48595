"""What the page shows of a network: its figure, its costs, and how it differs from the last good one."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

from resdsl.analysis.compare.diff import diff
from resdsl.analysis.expectations import Checked
from resdsl.draw.figure import Figure, figure_of, figure_of_scene
from resdsl.draw.options import DrawOptions
from resdsl.draw.views import FOLDING
from resdsl.ir.network import Network
from resdsl.live.order import BuildOrder
from resdsl.live.records import Record, figure_record, table_record
from resdsl.net import Net
from resdsl.refusal import Refused
from resdsl.report.diff import diff_table, headline, totals_table
from resdsl.report.report import report_table


def network_updates(net: Net, order: BuildOrder) -> Iterator[Record]:
    """The sections of a network; what cannot be drawn or compared says why."""
    yield {"tables": _costs(net), "figure": _figure(net.ir, order)}
    pickled = pickle.dumps(net.ir)
    good = _unpickled(order.good)
    moved = good is not None and good != net.ir
    compared = order.good if moved else order.compared
    yield {"good": pickled, "compared": compared, "difference": _difference(net.ir, order, compared)}


def _figure(network: Network, order: BuildOrder) -> Record:
    look = DrawOptions(fold=order.fold and order.view in FOLDING)
    first, *others = order.styles
    try:
        drawn = figure_of([network], order.view, look, style=first)
        if isinstance(drawn, Figure):
            return figure_record([drawn, *(figure_of_scene(drawn.scene, style=style) for style in others)])
        return figure_record([drawn, *(figure_of([network], order.view, look, style=style) for style in others)])
    except Refused as error:
        return {"refusal": str(error)}


def _costs(net: Net) -> Record:
    try:
        tables = [table_record(report_table(net.ir))]
    except Refused as error:
        return {"refusal": str(error), "tables": [], "checks": []}
    return {"tables": tables, "checks": [_check(check) for check in net.checks]}


def _check(check: Checked) -> Record:
    expectation = check.expectation
    return {
        "text": expectation.text,
        "line": expectation.place.line,
        "verdict": check.verdict,
        "reason": check.reason,
    }


def _difference(network: Network, order: BuildOrder, compared: bytes | None) -> Record:
    base = _unpickled(order.pinned if order.pinned is not None else compared)
    if base is None:
        return {"headline": "", "tables": [], "pinned": order.pinned is not None}
    try:
        difference = diff(base, network)
        tables = [] if difference.empty else [table_record(diff_table(difference))]
        if not difference.same:
            tables.append(table_record(totals_table(difference)))
    except Refused as error:
        return {"refusal": str(error), "tables": [], "pinned": order.pinned is not None}
    return {"headline": headline(difference), "tables": tables, "pinned": order.pinned is not None}


def _unpickled(network: bytes | None) -> Network | None:
    """A network that an earlier build of this page has pickled."""
    if network is None:
        return None
    found: Network = pickle.loads(network)
    return found
