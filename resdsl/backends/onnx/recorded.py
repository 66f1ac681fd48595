"""What a model records of the file that its weights are in, so that it is noticed when the file changes.

A model of a few kilobytes can point into gigabytes, which nobody wants hashed whenever it is written. The hash is of
all values up to `MOST_HASHED` bytes, and beyond of equally many at both ends of every weight: training changes every
value of what it trains.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from resdsl.backends.onnx.external import Outside
from resdsl.backends.onnx.protobuf import NotAMessage, fields

MOST_HASHED = 1 << 24
"""Bytes of a file that are hashed."""
KEY = "resdsl.external"
_WEIGHTS, _GRAPH, _OUTSIDE, _METADATA = 5, 7, 13, 14
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A file as it was.

    Attributes:
        bytes: its size.
        sha256: the hash of values in it, in the order of the model.
        of_each: the most bytes of one weight that the hash is of, half of them from its start and half from its end.
    """

    bytes: int
    sha256: str
    of_each: int

    def __post_init__(self) -> None:
        if (type(self.bytes), type(self.sha256), type(self.of_each)) != (int, str, int):
            raise TypeError("a record has numbers of bytes and a hash")


def record(folder: Path, places: Iterable[Outside]) -> dict[str, str]:
    """The metadata of a model about the files that its weights are in.

    Args:
        folder: the folder of the model.
        places: where its weights are.

    Raises:
        OSError: a file cannot be read.
    """
    files = {}
    for location, weights in _by_file(places).items():
        path, share = folder / location, _share(weights)
        files[location] = asdict(_Recorded(path.stat().st_size, _hash(path, weights, share), share))
    return {KEY: json.dumps(files, separators=(",", ":"))}


def change_of(model: Path) -> str | None:
    """How a file that a model points into differs from what the model records of it; None if it does not.

    Models of other tools record nothing, and what is no model at all has nothing that could differ.

    Raises:
        OSError: the model cannot be read.
    """
    try:
        recorded, places = _read(model)
        files = {location: _Recorded(**entry) for location, entry in json.loads(recorded).items()}
    except NotAMessage:
        return None
    except (ValueError, TypeError, AttributeError, RecursionError):
        return f"what it records in {KEY} cannot be read"
    for location, weights in _by_file(places).items():
        if location in files and (change := _change(model.parent / location, weights, files[location])) is not None:
            return f"{location} {change}"
    return None


def _change(path: Path, weights: list[Outside], was: _Recorded) -> str | None:
    try:
        if not path.is_file():
            return "is not there"
        if (size := path.stat().st_size) != was.bytes:
            return f"has changed since the model was written: it has {size:,} bytes in place of {was.bytes:,}"
        if any(min(weight.start, weight.size) < 0 or weight.start + weight.size > size for weight in weights):
            return "ends before the weights that the model has in it"
        if _hash(path, weights, was.of_each) != was.sha256:
            return "has changed since the model was written: its values are others"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None


def _by_file(places: Iterable[Outside]) -> dict[str, list[Outside]]:
    files: dict[str, list[Outside]] = {}
    for place in places:
        files.setdefault(place.location, []).append(place)
    return files


def _share(weights: list[Outside]) -> int:
    """How many bytes of each weight are hashed at most."""
    return MOST_HASHED if sum(weight.size for weight in weights) <= MOST_HASHED else MOST_HASHED // len(weights)


def _hash(path: Path, weights: list[Outside], share: int) -> str:
    digest = sha256()
    with path.open("rb", buffering=0) as file:
        for start, size in _pieces(weights, share):
            file.seek(start)
            digest.update(file.read(size))
    return digest.hexdigest()


def _pieces(weights: list[Outside], share: int) -> Iterator[tuple[int, int]]:
    """The offsets and sizes of what is hashed."""
    for weight in weights:
        if weight.size <= share:
            yield from _cut(weight.start, weight.size)
        else:
            yield from _cut(weight.start, share // 2)
            yield from _cut(weight.start + weight.size - share // 2, share // 2)


def _cut(start: int, size: int) -> Iterator[tuple[int, int]]:
    for at in range(start, start + size, _PIECE):
        yield at, min(_PIECE, start + size - at)


def _read(model: Path) -> tuple[str, list[Outside]]:
    """What a model records, as JSON, and where its weights are.

    Raises:
        NotAMessage: it is no model.
    """
    recorded, places = "{}", []
    for field, value in fields(_mapped(model)):
        if field == _METADATA and (entry := _entry(value))[0] == KEY:
            recorded = entry[1]
        elif field == _GRAPH:
            places += [
                place for number, weight in fields(_bytes(value)) if number == _WEIGHTS for place in _place(weight)
            ]
    return recorded, places


def _place(weight: int | memoryview) -> Iterator[Outside]:
    """Where an initialiser is in another file, if it is in one."""
    entries = dict(_entry(value) for field, value in fields(_bytes(weight)) if field == _OUTSIDE)
    if {"location", "offset", "length"} <= entries.keys():
        yield Outside(entries["location"], int(entries["offset"]), int(entries["length"]))


def _entry(message: int | memoryview) -> tuple[str, str]:
    """A key and its value."""
    parts = {field: str(_bytes(value), "utf-8") for field, value in fields(_bytes(message))}
    return parts.get(1, ""), parts.get(2, "")


def _bytes(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise NotAMessage("a number is in place of a message")
    return value


def _mapped(path: Path) -> memoryview:
    """The bytes of a file, which are read as they are looked at."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
