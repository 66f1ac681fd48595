"""A report that displays itself: as text at a prompt, as HTML in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from resdsl.analysis.rows.tree import Depth
from resdsl.ir.network import Network
from resdsl.report.table import Table

if TYPE_CHECKING:
    from resdsl.report.formats import Format


@dataclass(frozen=True, repr=False)
class Report:
    """The cost report that `Net.report` returns.

    Attributes:
        network: the network.
        by: the depth of the rows.
        columns: names of presets, columns, or both; None means `short`, or `time` if there is a device.
        options: further options of `resdsl.report.report.report_table`, such as `batch`.
    """

    network: Network
    by: Depth = "stage"
    columns: str | Sequence[str] | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def table(self) -> Table:
        """The report as a table; see `resdsl.report.table`."""
        from resdsl.report.report import report_table

        return report_table(self.network, by=self.by, columns=self.columns, **self.options)

    def record(self) -> dict[str, Any]:
        """Every count of every row, exact, as a value that JSON can hold."""
        from resdsl.report.json import report_record

        return report_record(self.network, by=self.by, **self.options)

    def to(self, form: Format, *, standalone: bool = False) -> str:
        """The table as `text`, `csv`, `md`, `latex` or `html`."""
        from resdsl.report.formats import write

        return write([self.table], form, standalone=standalone)

    def __str__(self) -> str:
        return self.to("text")

    def __repr__(self) -> str:
        return self.to("text").rstrip()

    def _repr_html_(self) -> str:
        return self.to("html")
