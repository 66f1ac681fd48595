"""Trained weights from a PyTorch checkpoint. Only tensors are read from it, and none of its code is run."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from pickle import UnpicklingError
from struct import error as unpacking_failed
from typing import BinaryIO
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import torch

from resdsl.backends.torch.unwrapping import unwrapped
from resdsl.ir.network import Network
from resdsl.ir.walk import state
from resdsl.ops.records import Tensor
from resdsl.printable import one_line
from resdsl.weights.fitting import Held
from resdsl.weights.kind import UnreadableWeights, refuse_what_is_no_file
from resdsl.weights.source import Values
from resdsl.weights.trained import PIECE, Trained

_DAMAGE = (
    *(RuntimeError, ValueError, LookupError, TypeError, AttributeError, AssertionError, ArithmeticError, EOFError),
    *(MemoryError, UnpicklingError, BadZipFile, unpacking_failed),
)
"""The exceptions of PyTorch and zipfile for files that are damaged or not checkpoints."""
_LONGEST = 160
MOST_PACKED = 20
"""The maximum ratio of the content of an archive to its file size; compressed zeros reach a thousand."""
SMALL = 1 << 24
"""Bytes of content that are read regardless of the ratio."""


class CheckpointFile(Trained):
    """Read weights from a file of `torch.save`, converting half precision to float32. Missing counters are zero.

    The function `unwrapped` finds the weights in the file, and their names.

    Args:
        path: the file; in the zip format, it is mapped, and values are read on demand.
        network: the network, whose names and shapes the file must match.
        reset: modules to initialise from the seed; their tensors in the file are ignored.
        seed: the seed for these modules.

    Raises:
        OSError: the file cannot be read.
        UnreadableWeights: the file is not a checkpoint, or contains more than weights.
        InvalidReset: the network has no such module.
        WeightsMismatch: the file does not fit the network.
    """

    def __init__(self, path: str | PathLike[str], network: Network, reset: tuple[str, ...] = (), seed: int = 0) -> None:
        file = Path(path)
        content = _loaded(file)
        try:
            self._values = unwrapped(content, dict(state(network)), file.name)
        except ValueError as error:
            raise UnreadableWeights(str(error)) from None
        held = {name: _held(value) for name, value in self._values.items()}
        super().__init__(file.name, held, network, reset, seed)

    def _read(self, name: str, tensor: Tensor) -> Iterator[Values]:
        values = self._values[name]
        assert isinstance(values, torch.Tensor)  # or it would not have fitted
        flat = values.detach().resolve_neg().contiguous().view(-1)
        wide = torch.int64 if tensor.dtype == "int64" else torch.float32
        form = "<i8" if tensor.dtype == "int64" else "<f4"
        for start in range(0, len(flat), PIECE):
            yield flat[start : start + PIECE].to(wide).numpy().astype(form, copy=False)


def _held(value: object) -> Held:
    if not isinstance(value, torch.Tensor):
        return Held(type(value).__name__, None)
    dtype = str(value.dtype).removeprefix("torch.")
    if value.is_nested:
        return Held(f"nested {dtype}", None)
    if value.layout is not torch.strided:
        dtype = f"{str(value.layout).removeprefix('torch.')} {dtype}"
    elif value.device.type != "cpu":
        # Saved from the meta device: a shape without values.
        dtype = f"{value.device.type} {dtype}"
    return Held(dtype, tuple(value.shape))


def _loaded(path: Path) -> object:
    """The result of `torch.load` for the file."""
    refuse_what_is_no_file(path)
    with path.open("rb") as file, warnings.catch_warnings():
        # They concern content that is either refused below or read correctly.
        warnings.simplefilter("ignore")
        try:
            entries = _entries(file)
            _refuse_what_is_larger_inside(path, entries)
            if not _is_other_archive(entries):
                mapped = _is_mappable(path, entries)
                return torch.load(str(path) if mapped else file, map_location="cpu", weights_only=True, mmap=mapped)
        except _DAMAGE as error:
            raise UnreadableWeights(_why(path.name, error)) from None
    raise UnreadableWeights(f"{path.name} is a TorchScript program, or another archive not written by torch.save")


def _entries(file: BinaryIO) -> list[ZipInfo]:
    """The entries of a zip archive; none for a checkpoint of the older format."""
    is_archive = file.read(4) == b"PK\3\4"
    entries = ZipFile(file).infolist() if is_archive else []
    file.seek(0)
    return entries


def _refuse_what_is_larger_inside(path: Path, entries: list[ZipInfo]) -> None:
    """Refuse an archive that claims far more content than the file has, by compressed zeros or overlapping entries.

    PyTorch stores values uncompressed. The content of an archive written by other tools may be somewhat larger than
    the file, and reading stops at the size in the directory.

    Raises:
        UnreadableWeights: the archive claims too much content.
    """
    stated, size = sum([entry.file_size for entry in entries]), path.stat().st_size
    if stated > max(MOST_PACKED * size, SMALL):
        raise UnreadableWeights(
            f"{path.name} has {size:_} bytes but claims {stated:_} bytes of content, more than {MOST_PACKED} times as "
            "much; torch.save does not compress weights, and they hardly compress at all"
        )


def _is_other_archive(entries: list[ZipInfo]) -> bool:
    names = {entry.filename.rpartition("/")[2] for entry in entries}
    return bool(names) and ("data.pkl" not in names or "constants.pkl" in names)


def _is_mappable(path: Path, entries: list[ZipInfo]) -> bool:
    """Whether PyTorch can map the values in an archive: it would map compressed ones, too, but to garbage.

    Mapping requires a path, and PyTorch takes one with this suffix for another format.
    """
    if not entries or path.suffix == ".safetensors":
        return False
    return all(entry.compress_type == ZIP_STORED for entry in entries)


def _why(file: str, error: Exception) -> str:
    text = str(error)
    needed = re.search(r"GLOBAL (\S+)", text)
    if needed:
        return (
            f"{file} cannot be read without `{_visible(needed[1])}`; only tensors are read from a checkpoint, since "
            "anything else may run code. If you trust the file, load it in Python and save only its weights: "
            "torch.save(model.state_dict(), PATH)"
        )
    # PyTorch's sentence without the source location before it and the advice after it.
    text = re.sub(r"^\[[^]]*\][ .]*", "", text.rpartition("WeightsUnpickler error:")[2].strip())
    reason = text.partition("\n")[0].partition(". ")[0]
    # A single word, such as the key of a KeyError, says nothing by itself.
    wording = _visible(reason) if " " in reason else type(error).__name__
    return f"{file} is not a PyTorch checkpoint, or is damaged: {wording}"


def _visible(text: str) -> str:
    return one_line(text[:_LONGEST])
