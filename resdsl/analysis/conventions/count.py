"""Counts a network by a convention, op by op and without running it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from resdsl.analysis.conventions.exporting import folds_as_we_do
from resdsl.analysis.conventions.known import CONVENTIONS, convention_named
from resdsl.analysis.conventions.records import Convention, Counted, CountPart
from resdsl.analysis.conventions.terms import BIASES
from resdsl.analysis.conventions.uses import Use, uses
from resdsl.ir.folding import fold_batch_norm
from resdsl.ir.inference import for_inference
from resdsl.ir.network import Network

MULTIPLY_ADDS = "multiply-adds of conv and linear"
OF_FOLDED = "biases that folded batch norms leave"


def counted(network: Network, convention: str) -> Counted:
    """What a counter prints for an inference pass of one sample, with the parts that add up to it.

    Each distinct layer is counted once and multiplied by the number of times it is applied.

    Raises:
        UnknownConvention: there is no convention of this name.
    """
    chosen = convention_named(convention)
    network = for_inference(network)
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
    """The network counted by every convention, ours first."""
    return tuple([counted(network, name) for name in CONVENTIONS])


def _count(convention: Convention, met: Mapping[Use, int], parts: Counter[str]) -> set[str]:
    """Add what the rules of a convention count for these uses, and return the ops without a rule."""
    unverified: set[str] = set()
    for use, times in met.items():
        term = convention.rules.term(use)
        if term is None:
            unverified.add(use.op.op)
        elif term[1]:
            parts[term[0]] += times * term[1]
    return unverified
