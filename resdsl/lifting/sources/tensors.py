"""Tensors of ONNX files, whose values are read when they are asked for, in the file or beside it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from resdsl.lifting.graph import FileTensor
from resdsl.lifting.refusals import NotReadable
from resdsl.lifting.sources.wire import Field, content, fields, integers, reals, signed, text

_NUMPY = {
    1: "<f4",
    2: "u1",
    3: "i1",
    4: "<u2",
    5: "<i2",
    6: "<i4",
    7: "<i8",
    9: "?",
    10: "<f2",
    11: "<f8",
    12: "<u4",
    13: "<u8",
}
"""Types of numpy by the numbers that ONNX has for them; bfloat16 is made of its two bytes."""
_BFLOAT16 = 16
_EXTERNAL = 1


def tensor_of(data: memoryview, folder: Path) -> FileTensor:
    """A tensor; its values are read when they are asked for."""
    name, dims, kind, raw, place = "", [], 0, None, 0
    listed: dict[int, list[Field]] = {}
    external: dict[str, str] = {}
    for number, value in fields(data):
        if number == 1:
            dims += integers(value)
        elif number == 2:
            kind = signed(value)
        elif number == 8:
            name = text(value)
        elif number == 9:
            raw = content(value)
        elif number in (4, 5, 7, 10, 11):
            listed.setdefault(number, []).append(value)
        elif number == 13:
            external.update([entry(value)])
        elif number == 14:
            place = signed(value)
    shape = tuple(dims)
    if place == _EXTERNAL:
        values = partial(_elsewhere, name, kind, shape, external, folder)
        return FileTensor(name, shape, values, folder / external.get("location", ""))
    return FileTensor(name, shape, partial(_values, name, kind, shape, raw, listed))


def _values(
    name: str, kind: int, shape: tuple[int, ...], raw: memoryview | None, listed: dict[int, list[Field]]
) -> np.ndarray:
    if raw is not None:
        return _of_bytes(name, kind, shape, raw)
    if kind == 1:
        found = np.array([each for value in listed.get(4, []) for each in reals(value)], dtype="f4")
    elif kind == 11:
        found = np.frombuffer(b"".join(bytes(content(value)) for value in listed.get(10, [])), dtype="<f8")
    else:
        whole = [each for number in (5, 7, 11) for value in listed.get(number, []) for each in integers(value)]
        if kind == 10:
            found = np.array(whole, dtype="<u2").view("<f2")
        elif kind in _NUMPY:
            found = np.array(whole, dtype=_NUMPY[kind])
        else:
            raise NotReadable(f"the tensor `{name}` has a type that no layer has")
    return _shaped(name, found, shape)


def _of_bytes(name: str, kind: int, shape: tuple[int, ...], raw: memoryview | bytes) -> np.ndarray:
    if kind == _BFLOAT16:
        found: np.ndarray = (np.frombuffer(raw, dtype="<u2").astype("<u4") << 16).view("<f4")
    elif kind in _NUMPY:
        try:
            found = np.frombuffer(raw, dtype=_NUMPY[kind])
        except ValueError:
            raise NotReadable(f"the tensor `{name}` is cut off") from None
    else:
        raise NotReadable(f"the tensor `{name}` has a type that no layer has")
    return _shaped(name, found, shape)


def _shaped(name: str, found: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    try:
        return found.reshape(shape)
    except ValueError:
        raise NotReadable(f"the tensor `{name}` has {found.size} values, which its shape does not have") from None


def _elsewhere(name: str, kind: int, shape: tuple[int, ...], where: dict[str, str], folder: Path) -> np.ndarray:
    """Values in a file beside the model, which may not be outside its folder."""
    place = (folder / where.get("location", "")).resolve()
    if not place.is_relative_to(folder.resolve()):
        raise NotReadable(
            f"the tensor `{name}` is in {where.get('location')}, which is outside the folder of the model"
        )
    try:
        with place.open("rb") as file:
            file.seek(int(where.get("offset", "0")))
            raw = file.read(int(where["length"])) if "length" in where else file.read()
    except (OSError, ValueError) as error:
        raise NotReadable(f"the tensor `{name}` cannot be read from {place}: {error}") from error
    return _of_bytes(name, kind, shape, raw)


def entry(data: Field) -> tuple[str, str]:
    """A key and its value."""
    found = {number: text(value) for number, value in fields(content(data))}
    return found.get(1, ""), found.get(2, "")
