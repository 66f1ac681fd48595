"""Skips over rows of blocks, such as those of a U-Net: values with names, and not branches within branches."""

from __future__ import annotations

from dataclasses import replace

from resdsl.lifting.segments import is_open
from resdsl.lifting.structure import Branches, Chain, Part, Strand, Tangle


def with_skips(chain: Chain) -> Chain:
    """A chain in which what flows around rows of blocks, to be put beside what these yield, has a name."""
    return tuple([_with_skip(part) for part in chain])


def _with_skip(part: Part) -> Part:
    if isinstance(part, Tangle):
        return replace(part, strands=tuple([replace(each, chain=with_skips(each.chain)) for each in part.strands]))
    if not isinstance(part, Branches):
        return part
    chains = tuple([with_skips(chain) for chain in part.chains])
    bodies = [chain for chain in chains if chain]
    if part.node.op.op != "concat" or len(bodies) != 1 or len(chains) != 2 or not is_open(part):
        return replace(part, chains=chains)
    strands = Strand(None, part.source, bodies[0], bodies[0][-1].output), Strand(part.node, "", (), part.output)
    return Tangle(strands, part.source, part.output)
