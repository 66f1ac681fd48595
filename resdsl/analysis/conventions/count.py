"""A network counted by a convention, op by op and without running it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from resdsl.analysis.conventions.exporting import folds_as_we_do
from resdsl.analysis.conventions.known import CONVENTIONS, convention_named
from resdsl.analysis.conventions.records import Convention, Counted, CountPart
from resdsl.analysis.conventions.terms import BIASES
from resdsl.analysis.conventions.uses import Use, uses
from resdsl.ir.folding import fold_batch_norm
from resdsl.ir.network import Network

MULTIPLY_ADDS = "multiply-adds of conv and linear"
OF_FOLDED = "biases that folded batch norms leave"


def counted(network: Network, convention: str) -> Counted:
    """What a counter prints for a network, with the parts that add up to it; for a batch of one.

    Each distinct layer is counted once and multiplied by how often it is applied.

    Raises:
        UnknownConvention: there is no convention of this name.
    """
    chosen = convention_named(convention)
    plain = uses(network)
    macs = sum(times * use.op.work(use.inputs).macs for use, times in plain.items())
    parts: Counter[str] = Counter({MULTIPLY_ADDS: chosen.each * macs})
    met = uses(fold_batch_norm(network).network) if chosen.folds else plain
    unverified = _count(chosen, met, parts)
    if chosen.folds:
        own = sum(times * use.op.work(use.inputs).bias for use, times in plain.items())
        parts[OF_FOLDED] = parts[BIASES] - own
        parts[BIASES] = own
        if not folds_as_we_do(network, chosen.folds):
            unverified.add("bn")
    kept = tuple([CountPart(name, amount) for name, amount in parts.items() if amount or name == MULTIPLY_ADDS])
    total = sum(part.amount for part in kept)
    return Counted(chosen.name, total, chosen.unit, kept, tuple(sorted(unverified)))


def all_counted(network: Network) -> tuple[Counted, ...]:
    """The network by every convention there is, ours first."""
    return tuple([counted(network, name) for name in CONVENTIONS])


def _count(convention: Convention, met: Mapping[Use, int], parts: Counter[str]) -> set[str]:
    """Add what the rules of a convention take from these uses; the ops that there is no rule for are returned."""
    unverified: set[str] = set()
    if convention.rules is None:
        return unverified
    for use, times in met.items():
        rule = convention.rules.get(use.op.op)
        term = rule(use) if rule is not None else None
        if term is None:
            unverified.add(use.op.op)
        elif term[1]:
            parts[term[0]] += times * term[1]
    return unverified
