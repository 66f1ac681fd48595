"""How far `resdsl sweep` is while it costs points: a line on a terminal, and a note where draws yield nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from resdsl.cli.sweep_progress import FRUITLESS, CostingProgress
from tests.cli.running import Command
from tests.sweeps.reading import spec_of

SPEC = """
network small(w = 4, n = 1) {
  input 1x8x8
  conv 3x3, w; norm; act
  stage layer1: basic(w) x n
}
sweep drawn {
  network small
  draw    w = 4..33, n = 1..4
  when    w % 2 == 0
  sample  3 seed 1
}
sweep listed { network small; over w = [4, 6], n = [1, 2] }
sweep fruitless {
  network small
  draw    w = 4..500_000
  when    w == n and n == 40
  sample  1 within 10_500
}
"""


def clock(times: Iterable[float]) -> Callable[[], float]:
    left = iter(times)
    return lambda: next(left)


def lines(sweep: str, capsys: pytest.CaptureFixture[str], times: Iterable[float]) -> list[str]:
    """What is shown of a sweep at these times, of which the first is that of its beginning."""
    found = spec_of(SPEC).sweep(sweep)
    progress = CostingProgress(found, shows=True, clock=clock(times))
    list(found.found(watch=progress))
    progress.clear()
    first, *others = capsys.readouterr().err.split("\r\x1b[K")
    assert first == ""
    return others


def test_a_line_says_how_many_points_are_costed(capsys: pytest.CaptureFixture[str]) -> None:
    found = lines("listed", capsys, [0, 2, 4, 4.1, 5])
    assert found == [*(f"costing: {count} of 4 points" for count in (1, 2, 4)), ""]


def test_nothing_is_shown_of_short_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines("listed", capsys, [0, 0.1, 0.2, 0.3, 0.4]) == []


def test_a_line_says_how_many_points_are_drawn_and_what_leaves_out_others(capsys: pytest.CaptureFixture[str]) -> None:
    *found, last = lines("drawn", capsys, range(0, 1000, 10))
    assert last == ""
    kept = [line for line in found if "left out" not in line]
    assert found[-1].startswith("drawing: 3 of 3 points in ")
    assert all(line.endswith("left out by `when`") for line in found if line not in kept)
    assert len(found) > 3


def test_draws_without_a_point_have_a_note_once(resdsl: Command) -> None:
    resdsl.write("spec.res", SPEC)
    done = resdsl("sweep", "spec.res", "fruitless")
    note = f"note: no new point in the last {FRUITLESS:,} draws; of {FRUITLESS:,} so far, "
    assert done.code == 0
    assert done.err.count(note) == 1
    assert "up to 10,500 are taken" in done.err
    assert "no point was found in 10,500 draws, where one is wanted" in done.err
    assert "drawing:" not in done.err
    assert note not in resdsl("sweep", "spec.res", "fruitless", "--sample", "1 within 10k").err
