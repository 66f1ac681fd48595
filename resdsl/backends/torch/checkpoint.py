"""Trained weights from a PyTorch checkpoint. Only tensors are read from it, and none of its code is run."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import cached_property
from hashlib import sha256
from os import PathLike
from pathlib import Path
from pickle import UnpicklingError
from struct import error as unpacking_failed
from typing import BinaryIO
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import torch

from resdsl.backends.torch.unwrapping import dictionaries, key_of
from resdsl.ir.network import Network
from resdsl.printable import one_line
from resdsl.weights.fitting import Held
from resdsl.weights.kind import UnreadableWeights, refuse_larger_content, refuse_what_is_no_file
from resdsl.weights.selection import WHOLE, Selection
from resdsl.weights.source import Values
from resdsl.weights.trained import PIECE, Trained

_DAMAGE = (
    *(RuntimeError, ValueError, LookupError, TypeError, AttributeError, AssertionError, ArithmeticError, EOFError),
    *(MemoryError, UnpicklingError, BadZipFile, unpacking_failed),
)
"""The exceptions of PyTorch and zipfile for files that are damaged or not checkpoints."""
_LONGEST = 160
_IN_PYTHON = "name one as weights_key"
"""How the function that generated files have a copy of says what to do."""


class CheckpointFile(Trained):
    """Read weights from a file of `torch.save`, converting half precision to float32. Missing counters are zero.

    Args:
        path: the file; in the zip format, it is mapped, and values are read on demand.
        network: the network, whose names and shapes the file must match.
        selection: what is taken from the file.
        seed: the seed for modules that are reset.

    Raises:
        OSError: the file cannot be read.
        UnreadableWeights: the file is not a checkpoint, contains more than weights, or has none under the key.
        the errors of `Trained`.
    """

    def __init__(
        self, path: str | PathLike[str], network: Network, selection: Selection = WHOLE, seed: int = 0
    ) -> None:
        checkpoint = SavedTensors(Path(path))
        key = checkpoint.key_of(selection.key)
        self._values = checkpoint.values(key)
        super().__init__(checkpoint.path.name, checkpoint.held, key, network, selection, seed)

    def _read(self, name: str) -> Iterator[Values]:
        values = self._values[name]
        assert isinstance(values, torch.Tensor)  # or it would not have fitted
        flat = values.detach().resolve_neg().contiguous().view(-1)
        wide, form = (torch.int64, "<i8") if values.dtype is torch.int64 else (torch.float32, "<f4")
        for start in range(0, len(flat), PIECE):
            yield flat[start : start + PIECE].to(wide).numpy().astype(form, copy=False)


def _for_commands(message: str) -> str:
    """A message of the function that generated files have a copy of, also for who gives options to a command."""
    if not message.endswith(_IN_PYTHON):
        return message
    return f"{message.removesuffix(_IN_PYTHON)}name one with --weights-key, which is weights_key in Python"


class SavedTensors:
    """The content of a file of `torch.save`: its dictionaries of tensors.

    Args:
        path: the file.

    Raises:
        OSError: the file cannot be read.
        UnreadableWeights: the file is not a checkpoint, or contains more than tensors, numbers and strings.
    """

    kind = "PyTorch checkpoint"

    def __init__(self, path: Path) -> None:
        self.path = path
        self._content = _loaded(path)

    def key_of(self, key: str | None) -> str:
        """The key of the dictionary to take: the one that is asked for, or a usual one.

        Raises:
            UnreadableWeights: there are no tensors under it, or under none or several of the usual ones.
        """
        try:
            return key_of(self._content, key, self.path.name)
        except ValueError as error:
            raise UnreadableWeights(_for_commands(str(error)) + self._deeper()) from None

    def _deeper(self) -> str:
        """Where the tensors of a checkpoint are that has all of them in dictionaries within dictionaries."""
        top = self._content if isinstance(self._content, dict) else {}
        if dictionaries(top):
            return ""
        inner = {(key, name): held for key, each in top.items() for name, held in dictionaries(each).items() if name}
        places = [f"[{key!a:.160}][{name!a:.160}] ({len(held)})" for (key, name), held in inner.items()]
        if not places:
            return ""
        return f"; they are deeper in it, under {', '.join(places[:10])}: save the dictionary that is wanted by itself"

    def values(self, key: str) -> dict[str, object]:
        """What is under a key, by names of tensors."""
        return {str(name): value for name, value in dictionaries(self._content)[key].items()}

    def digest(self, key: str, name: str) -> str | None:
        """The SHA-256 of the values of a tensor in C order; None if it has no plain values.

        Raises:
            UnreadableWeights: it repeats its values so often that they are far more than the file.
        """
        value = self.values(key)[name]
        if not isinstance(value, torch.Tensor) or value.is_nested or value.is_quantized:
            return None
        if value.layout is not torch.strided or value.device.type != "cpu":
            return None
        refuse_larger_content(self.path, value.nbytes)
        plain = value.detach().resolve_conj().resolve_neg().contiguous()
        return sha256(plain.view(-1).view(torch.uint8).numpy().data).hexdigest()

    @cached_property
    def held(self) -> dict[str, dict[str, Held]]:
        """The entries of all dictionaries whose keys are names, by these and by their own."""
        return {
            key: {str(name): _held(value) for name, value in each.items()}
            for key, each in dictionaries(self._content).items()
            if all(isinstance(name, str) for name in each)
        }


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
            refuse_larger_content(path, sum([entry.file_size for entry in entries]))
            if not _is_other_archive(entries):
                mapped = _is_mappable(path, entries)
                return torch.load(str(path) if mapped else file, map_location="cpu", weights_only=True, mmap=mapped)
        except UnreadableWeights:
            raise
        except _DAMAGE as error:
            raise UnreadableWeights(_why(path.name, error)) from None
    raise UnreadableWeights(f"{path.name} is a TorchScript program, or another archive not written by torch.save")


def _entries(file: BinaryIO) -> list[ZipInfo]:
    """The entries of a zip archive; none for a checkpoint of the older format."""
    is_archive = file.read(4) == b"PK\3\4"
    entries = ZipFile(file).infolist() if is_archive else []
    file.seek(0)
    return entries


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
