"""The benchmarks run; what they measure is theirs to say."""

from __future__ import annotations

import json
import subprocess
import sys

import torch

from benchmarks.plain_resnet import PlainResNet34
from benchmarks.processes import resdsl, run_in_turn
from benchmarks.within import POINTS


def test_peer_is_the_network_that_is_compiled() -> None:
    import resdsl as package

    module = PlainResNet34()
    assert sum(p.numel() for p in module.parameters()) == package.load("resnet34").params
    assert module.eval()(torch.zeros(1, 3, 64, 64)).shape == (1, 1000)


def test_processes_are_measured_in_turn() -> None:
    runs = run_in_turn({"pass": [sys.executable, "-c", "pass"], "help": resdsl("--help")}, 2)
    assert [len(run.seconds) for run in runs.values()] == [2, 2]
    assert all(run.mebibytes > 1 for run in runs.values())


def test_measurements_within_a_process_are_complete() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks.within", "1"], check=True, capture_output=True, text=True)
    assert set(json.loads(done.stdout)) >= {"resnet34", "resnet20", "resnet1202", "parse_10000", "sweep_2000"}
    assert len(POINTS) == 2000
