"""Sums that may be written over their first term, and those that may not: the term is read once more."""

from __future__ import annotations

from pathlib import Path

import pytest

import resdsl
from tests.random.trial import Trial

AGAIN = {
    "read by a later layer": "conv 1, channels; as v; tanh; as t; from add(v, t); as s; from mul(s, v)",
    "read by the sum of another": "conv 1, channels; as v; sigmoid; as t; from add(v, t); as s; from add(v, s)",
    "both terms of the sum": "conv 1, channels; as v; from add(v, v)",
    "yielded twice": "conv 1, channels; as v; tanh; as t; from add(v, t); as s; from concat(s, v)",
}


def net_of(body: str) -> resdsl.Net:
    return resdsl.loads(f"block b {{ {body} }}\nnetwork n {{ input 3x4x4; conv 1, 4; b; conv 1, 2 }}")


@pytest.mark.parametrize("body", AGAIN.values(), ids=AGAIN)
def test_a_term_that_is_read_again_keeps_its_value(body: str, tmp_path: Path) -> None:
    net = net_of(body)
    assert "out += " not in net.to_torch_source()
    Trial(net, tmp_path).run()


def test_a_term_that_is_read_once_is_written_over(tmp_path: Path) -> None:
    net = net_of("residual identity { conv 1, channels }")
    assert "out += " in net.to_torch_source()
    Trial(net, tmp_path).run()
