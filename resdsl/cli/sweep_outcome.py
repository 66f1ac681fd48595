"""What became of a sweep that was built or trained, in words, and its exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.cli.exits import PROBLEM, USAGE
from resdsl.cli.messages import say
from resdsl.printable import one_line

if TYPE_CHECKING:
    from resdsl.sweeps.units.run import RunOutcome
    from resdsl.sweeps.units.shards import Shard

_FAILURES_LISTED = 10
_NAMES_LISTED = 5


@dataclass(frozen=True)
class Wording:
    """The words for what a sweep makes.

    Attributes:
        unit: what one of them is called.
        make: what is done to make one: "build".
        made: what was done to those that are there: "built".
        others: what one may replace.
    """

    unit: str
    make: str
    made: str
    others: str

    def counted(self, count: int) -> str:
        """So many of them."""
        return f"{count:,} {self.unit}{'s' if count != 1 else ''}"


BUILDS = Wording("point", "build", "built", "other networks")
TRAININGS = Wording("training", "do", "done", "other runs")


def run_text(run: RunOutcome, count: int, root: Path, shard: Shard, wording: Wording) -> int:
    """Say what became of a run over so many units, and return the exit code."""
    done = f"{run.made:,} {wording.made}" + (f", {run.kept:,} kept" if run.kept else "")
    part = f" (part {shard.number} of {shard.count})" if shard.count > 1 else ""
    failed = f", {len(run.failed):,} failed" if run.failed else ""
    say(f"{one_line(str(root))}: {wording.counted(count)}{part}: {done}{failed}")
    if run.replaced:
        say(f"note: replaced {wording.others}: {_named(run.replaced)}", err=True)
    if run.full:
        left = count - run.made - run.kept
        say(
            f"error: no space left for {one_line(str(root))}, with {left:,} of {wording.counted(count)} to "
            f"{wording.make}; free some space and run the same command again to continue",
            err=True,
        )
        return USAGE
    for outcome in run.failed[:_FAILURES_LISTED]:
        say(f"error: {one_line(outcome.name)}: {one_line(outcome.reason)}", err=True)
    if len(run.failed) > _FAILURES_LISTED:
        say(f"error: {wording.counted(len(run.failed) - _FAILURES_LISTED)} more failed", err=True)
    return PROBLEM if run.failed else 0


def missing_text(names: Sequence[str], wording: Wording) -> int:
    """Say which units a merged run lacks, and return the exit code."""
    if not names:
        return 0
    verbs = "is missing or differs" if len(names) == 1 else "are missing or differ"
    say(f"error: {wording.counted(len(names))} {verbs} from the sweep: {_named(names)}", err=True)
    return PROBLEM


def _named(names: Sequence[str]) -> str:
    """Names separated by commas; if there are many, the first ones."""
    return ", ".join(map(one_line, names[:_NAMES_LISTED])) + (", ..." if len(names) > _NAMES_LISTED else "")
