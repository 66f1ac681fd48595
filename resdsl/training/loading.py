"""Batches that other processes make ahead of the steps that take them: the same ones, whatever their number."""

from __future__ import annotations

import os
from collections.abc import Iterator
from multiprocessing import parent_process
from typing import Protocol

from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from resdsl.data.images import Array, ImageSet, WrongData
from resdsl.data.pictures import Files, Pictures
from resdsl.interrupts import ignore_signals
from resdsl.refusal import Refused
from resdsl.training.batches import Batches

_AHEAD = 2
"""Batches that each process makes ahead."""
_USUAL = 8
"""Processes, at most, unless another number is given."""


class Feed(Protocol):
    """What the steps of a run take."""

    @property
    def size(self) -> int:
        """Images in a batch, of all processes of the run together."""

    @property
    def per_epoch(self) -> int:
        """Steps in an epoch."""

    def at(self, step: int) -> tuple[Array, Array]:
        """Images and targets of a step, the first of which is 0."""

    def close(self) -> None:
        """No step is asked for any more."""


class Loaded:
    """Batches made by other processes, which begin with the first step that is asked for.

    Args:
        batches: what they make.
        steps: the steps of the run.
        workers: how many processes there are.
    """

    def __init__(self, batches: Batches, steps: int, workers: int) -> None:
        self._batches, self._steps, self._workers = batches, steps, workers
        self._made: Iterator[tuple[Tensor, Tensor] | Refused] = iter(())
        self._next = -1

    @property
    def size(self) -> int:
        """Images in a batch."""
        return self._batches.size

    @property
    def per_epoch(self) -> int:
        """Steps in an epoch."""
        return self._batches.per_epoch

    def at(self, step: int) -> tuple[Array, Array]:
        """Images and targets of a step; steps are asked for in their order.

        Raises:
            WrongData: an image cannot be read, or a process has died.
        """
        if step != self._next:
            self._begin(step)
        made = self._taken()
        self._next = step + 1
        if isinstance(made, Refused):
            raise made
        images, targets = made
        return images.numpy(), targets.numpy()

    def _taken(self) -> tuple[Tensor, Tensor] | Refused:
        try:
            return next(self._made)
        except RuntimeError as error:
            reason = str(error)
        # Not in the handler: the error would keep the other processes from ending.
        return WrongData(f"a process that makes batches has failed: {reason}")

    def close(self) -> None:
        """End the processes."""
        self._made, self._next = iter(()), -1

    def _begin(self, step: int) -> None:
        loader = DataLoader(
            _Steps(self._batches),
            batch_size=None,
            sampler=range(step, self._steps),
            num_workers=self._workers,
            prefetch_factor=_AHEAD,
            worker_init_fn=_leave_signals,
        )
        self._made = iter(loader)


def _leave_signals(worker: int) -> None:
    """Leave signals to the process that trains, which takes another step or two when all processes get one."""
    ignore_signals()


class _Steps(Dataset[tuple[Array, Array] | Refused]):
    """The batches of a run as the items of a data set of PyTorch; what a process refuses is handed over, too."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches

    def __getitem__(self, step: int) -> tuple[Array, Array] | Refused:
        try:
            return self._batches.at(step)
        except Refused as refusal:
            return refusal


def fed(batches: Batches, steps: int, workers: int | None) -> Feed:
    """The batches of a run, made by other processes, or by this one.

    Args:
        batches: what is made.
        steps: the steps of the run.
        workers: how many processes there are, of each process of the run; None for the usual number: for pictures in
            files as many as there are cores, up to 8; none for others, and none in a process of a pool.
    """
    if workers is None:
        alone = parent_process() is None
        workers = max(1, min(_USUAL, _cores() // batches.ranks)) if alone and _in_files(batches.split) else 0
    return Loaded(batches, steps, workers) if workers else batches


def _in_files(split: ImageSet) -> bool:
    return isinstance(split, Pictures) and isinstance(split.source, Files)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
