"""Two processes that train together do what one does on all samples."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import torch
from torch import Tensor

from tests.backends.torch import distributed_worker as worker
from tests.backends.torch.noisy import option_a, train

ROOT = Path(__file__).resolve().parents[3]
State = dict[str, Tensor]
LIMIT = 120
"""Seconds; the work takes about ten."""
NOISE = 1e-11
"""Of float64, by the largest value of a tensor: sums over samples are added in another order."""


def together(folder: Path, *jobs: str) -> dict[str, State]:
    """What two processes get out of each of these jobs."""
    loopback = "lo0" if sys.platform == "darwin" else "lo"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GLOO_SOCKET_IFNAME": loopback}
    processes = [
        subprocess.Popen(
            [sys.executable, worker.__file__, str(rank), str(folder), *jobs],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(worker.PROCESSES)
    ]
    try:
        said = [process.communicate(timeout=LIMIT)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert [process.returncode for process in processes] == [0] * worker.PROCESSES, "\n".join(said)
    return {job: torch.load(folder / f"{job}.pth", weights_only=True) for job in jobs}


def alone(**options: str) -> State:
    """What one process gets on the joint batches."""
    module = option_a().to_torch(dtype=torch.float64, seed=worker.SEED, **options)  # type: ignore[arg-type]  # strings
    train(module, worker.batches())
    return module.state_dict()


def assert_trained_alike(found: State, wanted: State) -> None:
    """The same weights, and norms as they were at the start."""
    fresh = option_a().to_torch(dtype=torch.float64, seed=worker.SEED).state_dict()
    assert list(found) == list(wanted)
    for name, value in wanted.items():
        assert difference(found[name], value) < NOISE, name
        assert torch.equal(found[name], fresh[name]) == ("bn" in name), name


def difference(found: Tensor, wanted: Tensor) -> float:
    """The largest, by the largest value."""
    return float((found - wanted).abs().max() / wanted.abs().max().clamp(min=1))


def test_two_processes_with_frozen_batch_norm_are_one(tmp_path: Path) -> None:
    found = together(tmp_path, "replicated", "checkpointed", "unfrozen")
    wanted = alone(freeze="batch_norm")
    assert_trained_alike(found["replicated"], wanted)
    assert_trained_alike(found["checkpointed"], wanted)
    # It is for their statistics that they would not be.
    assert difference(found["unfrozen"]["conv1.weight"], alone()["conv1.weight"]) > 1e6 * NOISE


def test_two_processes_with_shares_of_each_block_are_one(tmp_path: Path) -> None:
    found = together(tmp_path, "sharded", "sharded_from_meta")
    wanted = alone(freeze="batch_norm")
    assert_trained_alike(found["sharded"], wanted)
    assert_trained_alike(found["sharded_from_meta"], wanted)
