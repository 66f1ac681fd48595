"""`python -m benchmarks.forms`: how long ResNet-18 and ResNet-50 take in each form, as `resdsl bench` times them.

`--write docs/inference.md` puts the table into the page. It takes three minutes on two cores that do nothing else.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from textwrap import wrap

from resdsl import bench, load
from resdsl.latency.forms import FORMS
from resdsl.latency.measuring import ROUNDS, Bench, Latency
from resdsl.latency.table import measured_how

NETWORKS = ("resnet18", "resnet50")
BATCHES = (1, 8)
START, END = "<!-- forms -->", "<!-- end of forms -->"
"""What stands around the table in the page."""


def main() -> None:
    """Measure, and print the table or put it into a page."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.forms", description=__doc__)
    options.add_argument("--rounds", type=int, default=ROUNDS, help="turns of each form")
    options.add_argument("--threads", type=int, help="threads of each form; by default, as many as there are cores")
    options.add_argument("--write", type=Path, metavar="PAGE", help="the page to put the table into")
    given = options.parse_args()
    found = [bench(load(name), batch=BATCHES, rounds=given.rounds, threads=given.threads) for name in NETWORKS]
    text = "\n".join(lines(found))
    if given.write is None:
        print(text)
    else:
        given.write.write_text(with_table(given.write.read_text(encoding="utf-8"), text), encoding="utf-8")


def lines(found: Sequence[Bench]) -> Iterator[str]:
    """The table in Markdown, with what it was measured on."""
    yield from wrap(f"As of {date.today()}, in milliseconds for a batch, with quartiles. {measured_how(found[0])}", 120)
    yield ""
    yield f"| form | {' | '.join(f'{each.network}, batch {batch}' for each in found for batch in BATCHES)} |"
    yield "|---" * (1 + len(found) * len(BATCHES)) + "|"
    for form in FORMS:
        cells = [_cell(latency) for each in found for latency in each.latencies if latency.form.name == form]
        yield f"| `{form}` | {' | '.join(cells)} |"


def _cell(latency: Latency) -> str:
    middle, spread = latency.milliseconds, latency.spread
    if middle is None or spread is None:
        return f"not possible: {latency.reason}"
    return f"{middle:.3g} ({spread[0]:.3g} to {spread[1]:.3g})"


def with_table(page: str, table: str) -> str:
    """The page with another table between the marks."""
    before, _, rest = page.partition(START)
    return f"{before}{START}\n{table}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    main()
