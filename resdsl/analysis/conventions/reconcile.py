"""How our multiply-adds become the figures of others: one named line for each difference, which sum exactly."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.analysis.conventions.count import MULTIPLY_ADDS, all_counted
from resdsl.analysis.conventions.known import CONVENTIONS, OURS
from resdsl.analysis.conventions.placement import Moved, moved_strides
from resdsl.analysis.conventions.records import Counted, CountPart, Unit
from resdsl.ir.network import Network

ADDS_APART = "the add of each multiply-add"
PAPER = "the paper (He et al. 2015)"


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The way to one figure.

    Attributes:
        name: whose figure it is: the name of a convention, or where the strides would stand.
        total: the figure.
        unit: what it is made of.
        lines: our multiply-adds, then every difference; they add up to the figure.
        unverified: as in `Counted`.
    """

    name: str
    total: int
    unit: Unit
    lines: tuple[CountPart, ...]
    unverified: tuple[str, ...] = ()

    @property
    def differences(self) -> tuple[CountPart, ...]:
        """The lines behind our multiply-adds."""
        return self.lines[1:]


def reconciled(network: Network) -> tuple[Reconciliation, ...]:
    """The ways from our multiply-adds to the figure of every other convention, for a batch of one.

    Behind them the paper's, whose FLOPs are multiply-adds as ours (He et al. 2015, Section 3.3), and for a network of
    bottlenecks the way to its figure with the strides where others put them: on the 3x3 as torchvision has them, or
    on the 1x1 as He et al. 2015 have them, which is then the paper's.
    """
    counts = all_counted(network)
    ours = counts[0].total
    ways = [_of_convention(each, ours) for each in counts if each.convention != OURS]
    theirs, others = (moved_strides(network, to_pointwise=to_pointwise) for to_pointwise in (True, False))
    paper = Reconciliation(PAPER, ours, "multiply-adds", (CountPart(MULTIPLY_ADDS, ours),))
    ways.append(paper if theirs is None else _of_strides(theirs, ours))
    return (*ways, _of_strides(others, ours)) if others is not None else tuple(ways)


def _of_convention(count: Counted, ours: int) -> Reconciliation:
    apart = (CountPart(ADDS_APART, ours),) if ours and CONVENTIONS[count.convention].each == 2 else ()
    lines = (CountPart(MULTIPLY_ADDS, ours), *apart, *count.parts[1:])
    return Reconciliation(count.convention, count.total, count.unit, lines, count.unverified)


def _of_strides(moved: Moved, ours: int) -> Reconciliation:
    kernel = " or ".join(moved.kernels)
    if moved.to_pointwise:
        name, line = "stride on the 1x1 (He et al. 2015, v1)", f"stride on the {kernel} and not on the 1x1"
    else:
        name, line = f"stride on the {kernel} (torchvision, v1.5)", f"stride on the 1x1 and not on the {kernel}"
    lines = (CountPart(MULTIPLY_ADDS, ours), CountPart(line, moved.change))
    return Reconciliation(name, ours + moved.change, "multiply-adds", lines)
