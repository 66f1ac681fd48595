"""The names and shapes of the tensors in a weight file, without their values.

A checkpoint is a pickle that builds tensors from storages. Here it is read with a pickle machine that builds nothing: a
tensor becomes its shape and everything else an inert placeholder, so that no code of the file runs, storages are not
read, and PyTorch is not needed.
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, NamedTuple

from resdsl.identifying.signature import Shapes, without_counters
from resdsl.ops.base import Shape
from resdsl.weights.kind import UnreadableWeights, kind_of, refuse_larger_content

_LARGEST_PICKLE = 256 << 20
"""The most bytes of the part of a checkpoint that describes its tensors; that of 10,000 tensors takes 2 MB."""
_STATES = ("state_dict", "model", "model_state_dict", "state_dict_ema", "model_ema", "net", "params")
_BEFORE_ZIP = 5
"""How many pickles a checkpoint from before PyTorch 1.6 begins with; the fourth has the tensors."""


class Outline(NamedTuple):
    """The tensors of a weight file.

    Attributes:
        shapes: the shape of each tensor, counters aside.
        key: the dictionary of a checkpoint that has them; empty for its top, and for a safetensors file.
        others: how many tensors its other dictionaries have, by their keys.
    """

    shapes: Shapes
    key: str = ""
    others: Mapping[str, int] = MappingProxyType({})


def shapes_in(path: str | PathLike[str], key: str | None = None) -> Shapes:
    """The shape of each tensor in a safetensors file or a PyTorch checkpoint, counters aside; see `outline_of`."""
    return outline_of(path, key).shapes


def outline_of(path: str | PathLike[str], key: str | None = None) -> Outline:
    """The tensors of a safetensors file or a PyTorch checkpoint.

    Args:
        path: the file.
        key: the dictionary to take in a checkpoint; by default its top, a usual one, or the first one with tensors.

    Raises:
        OSError: the file cannot be read.
        UnreadableWeights: the file is neither, is damaged, or has no tensors, or none under the key.
    """
    file = Path(path)
    if kind_of(file) == "safetensors":
        if key is not None:
            raise UnreadableWeights(f"{file.name} is a safetensors file, which has no dictionaries to choose from")
        found = {"": _stored(file)}
    else:
        found = _dictionaries(_unpickled(file))
    sizes = {each: len(shapes) for each, shapes in found.items() if each}
    if key is not None and (not key or key not in found):
        has = f"; it has tensors under {', '.join(map(_sized, sizes.items()))}" if sizes else ""
        raise UnreadableWeights(f"{file.name} holds no tensors under {key!a:.160}{has}")
    chosen = next(iter(found), "") if key is None else key
    if not found.get(chosen):
        raise UnreadableWeights(f"{file.name} has no tensors with names")
    sizes.pop(chosen, None)
    return Outline(without_counters(found[chosen]), chosen, sizes)


def _sized(each: tuple[str, int]) -> str:
    return f"{each[0]!a:.160} ({each[1]})"


def _stored(path: Path) -> dict[str, Shape]:
    """The shapes that the header of a safetensors file states; this needs no numpy, which takes long to import."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as opened:
            return {name: tuple(opened.get_slice(name).get_shape()) for name in opened.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise UnreadableWeights(f"{path.name} is not a valid safetensors file: {error}") from None


class _Tensor(tuple[int, ...]):
    """The shape of a tensor in a checkpoint."""


class _Placeholder:
    """Stands for any object of a checkpoint that is not a tensor; it accepts and ignores whatever is done to it."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass

    def __call__(self, *args: object, **kwargs: object) -> _Placeholder:
        return _Placeholder()

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def append(self, item: object) -> None:
        """Ignored."""

    def extend(self, items: object) -> None:
        """Ignored."""

    def add(self, item: object) -> None:
        """Ignored."""


def _strided(storage: object, offset: object, size: tuple[int, ...], *rest: object) -> _Tensor:
    return _Tensor(size)


def _parameter(tensor: object, *rest: object) -> object:
    return tensor


_BUILDERS: dict[tuple[str, str], Any] = {
    ("torch._utils", "_rebuild_tensor"): _strided,
    ("torch._utils", "_rebuild_tensor_v2"): _strided,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
    ("collections", "OrderedDict"): OrderedDict,
}


class _Outline(pickle.Unpickler):
    """A pickle machine that knows how tensors are built, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        return _BUILDERS.get((module, name), _Placeholder)

    def persistent_load(self, pid: object) -> Any:
        return _Placeholder()


def _unpickled(path: Path) -> object:
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive, archive.open(_description(archive, path)) as opened:
                return _Outline(opened).load()
        with path.open("rb") as opened:
            return _from_before_zip(opened)
    except (OSError, UnreadableWeights):
        raise
    except RecursionError:
        raise UnreadableWeights(f"{path.name} is nested too deeply to be a checkpoint") from None
    except Exception as error:  # noqa: BLE001 - what a damaged pickle can raise is not limited
        raise UnreadableWeights(f"{path.name} is not a valid PyTorch checkpoint: {error}") from None


def _description(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    refuse_larger_content(path, sum([info.file_size for info in archive.infolist()]))
    found = [info for info in archive.infolist() if info.filename.endswith("data.pkl")]
    if not found:
        raise UnreadableWeights(f"{path.name} is a zip archive, but not a PyTorch checkpoint")
    if found[0].file_size > _LARGEST_PICKLE:
        raise UnreadableWeights(f"{path.name} describes its tensors in {found[0].file_size:_} bytes, which is too much")
    return found[0]


def _from_before_zip(opened: IO[bytes]) -> object:
    for at in range(_BEFORE_ZIP):
        loaded = _Outline(opened).load()
        if at == 3 or (at == 0 and isinstance(loaded, Mapping)):
            return loaded
    return None


def _dictionaries(loaded: object) -> dict[str, dict[str, Shape]]:
    """The dictionaries of a checkpoint with named tensors by their keys: its top, the usual ones, and all others."""
    if not isinstance(loaded, Mapping):
        return {}
    order = {"": loaded, **{name: loaded[name] for name in _STATES if name in loaded}}
    order |= {str(name): each for name, each in loaded.items() if str(name) not in order}
    found = {name: _tensors(each) for name, each in order.items() if isinstance(each, Mapping)}
    return {name: shapes for name, shapes in found.items() if shapes}


def _tensors(entries: Mapping[object, object]) -> dict[str, Shape]:
    return {str(name): tuple(value) for name, value in entries.items() if isinstance(value, _Tensor)}
