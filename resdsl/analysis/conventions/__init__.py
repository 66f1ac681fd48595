"""The network counted as others count, and how our figure becomes theirs.

Why it exists: the most asked question about costs is why two tools print two figures for one network. Our counts
keep apart what others put together, so that each of their figures is a sum over our layers; `docs/conventions.md`
has them in words.
"""

from __future__ import annotations

from resdsl.analysis.conventions.count import all_counted, counted
from resdsl.analysis.conventions.known import ALIASES, CONVENTIONS, convention_named
from resdsl.analysis.conventions.reconcile import Reconciliation, reconciled
from resdsl.analysis.conventions.records import Convention, Counted, Part, UnknownConvention

__all__ = [
    "ALIASES",
    "CONVENTIONS",
    "Convention",
    "Counted",
    "Part",
    "Reconciliation",
    "UnknownConvention",
    "all_counted",
    "convention_named",
    "counted",
    "reconciled",
]
