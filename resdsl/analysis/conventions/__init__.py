"""Counts a network the way other tools do, and explains how our figure becomes theirs.

Why it exists: the most common question about costs is why two tools print different figures for the same network. Our
counts are fine-grained enough to express each of their figures as a sum over our layers. `docs/conventions.md`
describes them in words.
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
