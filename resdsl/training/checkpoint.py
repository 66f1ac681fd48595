"""The checkpoint of a run: the module, the optimiser, and where the run stands."""

from __future__ import annotations

import io
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from resdsl.files import write_whole
from resdsl.refusal import Refused
from resdsl.training.engine import Engine
from resdsl.training.run import CHECKPOINT, Standing

_WRONG = (RuntimeError, ValueError, KeyError, TypeError, AttributeError, EOFError, UnpicklingError)
"""What PyTorch raises for damaged files and for states of other networks."""


class WrongCheckpoint(Refused):
    """The checkpoint of a run is damaged, or of another network."""


def keep(folder: Path, record: dict[str, Any]) -> None:
    """Replace the checkpoint, completely or not at all.

    Raises:
        OSError: it cannot be written, such as when the disk is full.
    """
    # PyTorch's own writer raises no OSError.
    content = io.BytesIO()
    torch.save(record, content)
    write_whole(folder / CHECKPOINT, content.getvalue())


def kept_in(folder: Path, module: nn.Module, optimiser: Optimizer, engine: Engine) -> Standing | None:
    """Put back the checkpoint in all processes, and say where the run stands; None if there is no checkpoint.

    Only process 0 reads the file.

    Raises:
        WrongCheckpoint: it is damaged, or of another network.
    """
    path = folder / CHECKPOINT
    record = engine.shared(_read(path) if engine.rank == 0 and path.exists() else None)
    if record is None:
        return None
    try:
        engine.restore(module, optimiser, record)
        return Standing.of(record["standing"])
    except _WRONG:
        raise _wrong(path) from None


def _read(path: Path) -> dict[str, Any]:
    content = io.BytesIO(path.read_bytes())
    try:
        record = torch.load(content, weights_only=True, map_location="cpu")
    except (*_WRONG, OSError):  # of the content: the file was read
        raise _wrong(path) from None
    if not isinstance(record, dict):
        raise _wrong(path)
    return record


def _wrong(path: Path) -> WrongCheckpoint:
    return WrongCheckpoint(f"{path} is damaged, or of another network; remove it to begin again")
