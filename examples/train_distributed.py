"""Trains the network of `digits.res` in several processes that share every batch.

    torchrun --standalone --nproc-per-node 2 examples/train_distributed.py
    python examples/train_distributed.py

The processes speak over gloo, so that one machine without a GPU will do. Each has the whole network and its share of
every batch of 128 images; DistributedDataParallel makes the mean of their gradients, so that all take the same step.
Batch norms see the share of their own process; the running statistics are those of rank 0, which tells the outcome.
In the end the weights of all ranks are compared, bit by bit.
"""

from __future__ import annotations

import argparse
import os
import sys
from hashlib import sha256
from pathlib import Path

import torch
import torch.distributed as dist
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler
from tqdm import tqdm

import resdsl

SPEC = Path(__file__).with_name("digits.res")
HELD_OUT = 360
BATCH = 128


def digits() -> tuple[TensorDataset, TensorDataset]:
    """Images, 1 x 8 x 8 from -1 to 1, with their labels: what is trained on, and what is held out."""
    pixels, labels = load_digits(return_X_y=True)
    images = torch.tensor(pixels, dtype=torch.float32).view(-1, 1, 8, 8) / 8 - 1
    targets = torch.tensor(labels)
    known = TensorDataset(images[:-HELD_OUT], targets[:-HELD_OUT])
    return known, TensorDataset(images[-HELD_OUT:], targets[-HELD_OUT:])


def train(net: nn.Module, dataset: TensorDataset, epochs: int, seed: int) -> None:
    """Train the network in place, together with the other processes."""
    sampler: DistributedSampler[object] = DistributedSampler(dataset, seed=seed, drop_last=True)
    batches = DataLoader(dataset, BATCH // dist.get_world_size(), sampler=sampler, drop_last=True)
    parallel = DistributedDataParallel(net)
    optimizer = torch.optim.SGD(parallel.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    steps = epochs * len(batches)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [steps // 2, steps * 3 // 4], gamma=0.1)
    parallel.train()
    with tqdm(total=steps, unit="step", disable=None if dist.get_rank() == 0 else True) as bar:
        for epoch in range(epochs):
            sampler.set_epoch(epoch)  # another order in each
            for images, labels in batches:
                loss = F.cross_entropy(parallel(images), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                bar.update()


@torch.inference_mode()
def share_right(net: nn.Module, dataset: TensorDataset) -> float:
    """The share of images that the network gives their label."""
    images, labels = dataset.tensors
    net.eval()
    return float((net(images).argmax(1) == labels).float().mean())


def strangers(net: nn.Module) -> list[int]:
    """The ranks whose weights are not those of rank 0."""
    digest = sha256()
    for parameter in net.parameters():
        digest.update(parameter.detach().numpy().tobytes())
    digests = [""] * dist.get_world_size()
    # DistributedDataParallel keeps the threads of its group alive to the end of the process, where one that still
    # lets go of a tensor aborts it. A group of its own is gone, with its threads, before the process ends.
    group = dist.new_group()
    dist.all_gather_object(digests, digest.hexdigest(), group=group)
    dist.destroy_process_group(group)
    return [rank for rank, each in enumerate(digests) if each != digests[0]]


def main() -> None:
    """Train; rank 0 tells the outcome, every rank fails if weights differ."""
    parser = argparse.ArgumentParser(description="Train a residual network on digits, in several processes.")
    parser.add_argument("--epochs", type=int, default=60, help="passes over the images (default: 60)")
    parser.add_argument("--seed", type=int, default=0, help="of the weights and the order of images (default: 0)")
    parser.add_argument("--at-least", type=float, default=0.0, help="fail below this share of right digits")
    given = parser.parse_args()
    torch.set_num_threads(1)  # the processes share one machine
    join()
    net = resdsl.load(SPEC).to_torch(seed=given.seed)
    known, held_out = digits()
    train(net, known, given.epochs, given.seed)
    different = strangers(net)
    rank, world = dist.get_rank(), dist.get_world_size()
    dist.destroy_process_group()
    if different:
        sys.exit(f"rank {rank}: the weights of ranks {different} are not those of rank 0")
    if rank == 0:
        share = share_right(net, held_out)
        print(f"{world} process{'es' if world > 1 else ''}, equal weights; {share:.2%} of held-out digits are right")
        if share < given.at_least:
            sys.exit(f"{share:.2%} is less than {given.at_least:.2%}")


def join() -> None:
    """Join the processes that torchrun started, or be the only one."""
    if "RANK" in os.environ:
        dist.init_process_group("gloo")
    else:
        dist.init_process_group("gloo", init_method="tcp://localhost:0", rank=0, world_size=1)


if __name__ == "__main__":
    main()
