"""Two hundred files of weights that are damaged or lie: taken, or refused with a message; never a fault."""

from __future__ import annotations

from pathlib import Path
from time import process_time

from resdsl import Refused, loads
from tests.robustness.hostile_weights import NETWORK, hostile_weights

COUNT = 200
LONGEST = 2.0
"""Seconds of processor time for one file."""


def test_hostile_weights_are_taken_or_refused(tmp_path: Path) -> None:
    net = loads(NETWORK)
    refused = 0
    for path in hostile_weights(tmp_path, COUNT):
        began = process_time()
        try:
            net.to_safetensors(tmp_path / "out.safetensors", weights=path)
        except Refused:
            refused += 1
        assert process_time() - began < LONGEST, path.name
    assert refused > COUNT // 2
    assert not list(tmp_path.glob(".*.part"))
