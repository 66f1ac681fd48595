"""One of two processes that train the same networks together: `python distributed_worker.py RANK FOLDER JOB ...`.

What comes out of each job is left in the folder by process 0.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict, set_model_state_dict
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel

from tests.backends.torch.noisy import images, option_a, train

PROCESSES, BATCH, STEPS, SEED = 2, 8, 3, 5
PATIENCE = timedelta(seconds=60)
"""How long a process waits for the other."""


def batches(rank: int | None = None) -> list[Tensor]:
    """The joint batches of all steps, or the share of a process."""
    share = slice(None) if rank is None else slice(rank * BATCH // PROCESSES, (rank + 1) * BATCH // PROCESSES)
    return [images(option_a(), BATCH, seed)[share].double() for seed in range(STEPS)]


def replicated(rank: int, **options: object) -> dict[str, Tensor]:
    """Weights and statistics after training with the gradients averaged."""
    module = option_a().to_torch(dtype=torch.float64, seed=SEED, **options)  # type: ignore[arg-type]  # of a job below
    train(DistributedDataParallel(module), batches(rank))
    return module.state_dict()


def blocks(module: nn.Module) -> Iterator[nn.Module]:
    """The blocks of all stages."""
    for name, stage in module.named_children():
        if name.startswith("layer"):
            yield from stage.children()


def shard(module: nn.Module) -> None:
    """Shard a module by block, then what is left of it."""
    for block in blocks(module):
        fully_shard(block)
    fully_shard(module)


def sharded(rank: int) -> dict[str, Tensor]:
    """As `replicated`, every tensor shared out among the processes."""
    module = option_a().to_torch(dtype=torch.float64, seed=SEED, freeze="batch_norm")
    shard(module)
    return trained_in_shards(module, rank)


def sharded_from_meta(rank: int) -> dict[str, Tensor]:
    """As `sharded`, without a whole module in any process but the first."""
    module = option_a().to_torch(device="meta", dtype=torch.float64, freeze="batch_norm")
    shard(module)
    module.to_empty(device="cpu")
    whole = option_a().to_torch(dtype=torch.float64, seed=SEED).state_dict() if rank == 0 else {}
    set_model_state_dict(module, whole, options=StateDictOptions(full_state_dict=True, broadcast_from_rank0=True))
    return trained_in_shards(module, rank)


def trained_in_shards(module: nn.Module, rank: int) -> dict[str, Tensor]:
    """Whole tensors after training; process 0 has them."""
    for parameter in module.parameters():
        assert isinstance(parameter, DTensor)
        assert parameter.to_local().numel() < parameter.numel()
    train(module, batches(rank))
    whole = get_model_state_dict(module, options=StateDictOptions(full_state_dict=True))
    return {name: value for name, value in whole.items() if isinstance(value, Tensor)}


JOBS: dict[str, Callable[[int], dict[str, Tensor]]] = {
    "replicated": lambda rank: replicated(rank, freeze="batch_norm"),
    "checkpointed": lambda rank: replicated(rank, freeze="batch_norm", checkpointing=True),
    "unfrozen": replicated,
    "sharded": sharded,
    "sharded_from_meta": sharded_from_meta,
}


def work(rank: int, folder: Path, names: list[str]) -> None:
    """Do some of the jobs in one group of processes."""
    torch.set_num_threads(1)
    meeting = f"file://{folder / 'meeting'}"
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=PROCESSES, timeout=PATIENCE)
    try:
        for name in names:
            found = JOBS[name](rank)
            if rank == 0:
                torch.save(found, folder / f"{name}.pth")
        dist.barrier()
    finally:
        dist.destroy_process_group()


if __name__ == "__main__":
    work(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
    # A thread of gloo that is still at work can abort an interpreter that shuts down.
    os._exit(0)
