"""ONNX files as plain records: nodes, names and tensors. Weights stay where they are until somebody asks for them."""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from resdsl.lifting.graph import FileTensor
from resdsl.lifting.refusals import NotReadable
from resdsl.lifting.sources.wire import Field, Malformed, content, fields, integers, reals, signed, text

Attribute = int | float | str | tuple[Any, ...] | FileTensor | None
"""None stands for a graph, which no node that can be lifted has."""
Shape = tuple[int | None, ...]
"""The full shape of a value, None where a size is open."""

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


@dataclass(slots=True)
class FileNode:
    """A node of a file.

    Attributes:
        why: why no op can stand for it, if that is known before it is read.
        path: the path of the module that calls it, for messages, if that is known.
    """

    name: str = ""
    op_type: str = ""
    domain: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    attributes: dict[str, Attribute] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    why: str = ""
    path: str = ""


@dataclass(slots=True)
class FileFunction:
    """What nodes of another domain stand for, by the names of its values."""

    name: str = ""
    domain: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    nodes: list[FileNode] = field(default_factory=list)


@dataclass(slots=True)
class FileModel:
    """A model.

    Attributes:
        opset: the version of ONNX's own operators.
        inputs: names and full shapes, without those of weights.
        ends: the values with which modules end, by their paths, where they are known.
    """

    name: str = ""
    opset: int = 0
    nodes: list[FileNode] = field(default_factory=list)
    inputs: dict[str, Shape] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    constants: dict[str, FileTensor] = field(default_factory=dict)
    functions: dict[tuple[str, str], FileFunction] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)


def read_model(path: Path) -> FileModel:
    """The model in a file.

    Raises:
        NotReadable: the file is no ONNX model, or not all of one.
        OSError: the file cannot be opened.
    """
    with path.open("rb") as file:
        try:
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError:
            raise NotReadable(f"{path} is empty") from None
    try:
        model = _model(data, path.parent)
    except Malformed as error:
        raise NotReadable(f"{path} is not a complete ONNX file: {error}") from error
    if not model.nodes:
        raise NotReadable(f"{path} is not an ONNX file: it has no graph with nodes")
    return model


def _model(data: memoryview, folder: Path) -> FileModel:
    model = FileModel()
    for number, value in fields(data):
        if number == 7:
            _graph(content(value), model, folder)
        elif number == 8:
            domain, version = _opset(content(value))
            model.opset = version if domain in ("", "ai.onnx") else model.opset
        elif number == 14:
            model.metadata.update([_entry(value)])
        elif number == 25:
            function = _function(content(value), folder)
            model.functions[function.domain, function.name] = function
    return model


def _graph(data: memoryview, model: FileModel, folder: Path) -> None:
    inputs: dict[str, Shape] = {}
    for number, value in fields(data):
        if number == 1:
            model.nodes.append(_node(content(value), folder))
        elif number == 2:
            model.name = text(value)
        elif number == 5:
            constant = _tensor(content(value), folder)
            model.constants[constant.name] = constant
        elif number == 11:
            inputs.update([_value(content(value))])
        elif number == 12:
            model.outputs.append(_value(content(value))[0])
    model.inputs = {name: shape for name, shape in inputs.items() if name not in model.constants}


def _node(data: memoryview, folder: Path) -> FileNode:
    node = FileNode()
    for number, value in fields(data):
        if number == 1:
            node.inputs.append(text(value))
        elif number == 2:
            node.outputs.append(text(value))
        elif number == 3:
            node.name = text(value)
        elif number == 4:
            node.op_type = text(value)
        elif number == 5:
            node.attributes.update([_attribute(content(value), folder)])
        elif number == 7:
            node.domain = text(value)
        elif number == 9:
            node.metadata.update([_entry(value)])
    return node


def _attribute(data: memoryview, folder: Path) -> tuple[str, Attribute]:
    name, many = "", list[Any]()
    single: Attribute = None
    found: Attribute = None
    for number, value in fields(data):
        if number == 1:
            name = text(value)
        elif number == 2:
            single = reals(value)[0]
        elif number == 3:
            single = signed(value)
        elif number == 4:
            single = str(content(value), "utf-8", "replace")
        elif number == 5:
            single = _tensor(content(value), folder)
        elif number == 7:
            many += reals(value)
        elif number == 8:
            many += integers(value)
        elif number == 9:
            many.append(str(content(value), "utf-8", "replace"))
        elif number == 20:
            found = () if value in (6, 7, 8) else found
    return name, tuple(many) if many else single if single is not None else found


def _tensor(data: memoryview, folder: Path) -> FileTensor:
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
            external.update([_entry(value)])
        elif number == 14:
            place = signed(value)
    shape = tuple(dims)
    if place == _EXTERNAL:
        return FileTensor(name, shape, partial(_elsewhere, name, kind, shape, external, folder))
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


def _function(data: memoryview, folder: Path) -> FileFunction:
    function = FileFunction()
    for number, value in fields(data):
        if number == 1:
            function.name = text(value)
        elif number == 4:
            function.inputs.append(text(value))
        elif number == 5:
            function.outputs.append(text(value))
        elif number == 7:
            function.nodes.append(_node(content(value), folder))
        elif number == 10:
            function.domain = text(value)
    return function


def _value(data: memoryview) -> tuple[str, Shape]:
    """The name and the shape of an input or an output."""
    name = ""
    shape: Shape = ()
    for number, value in fields(data):
        if number == 1:
            name = text(value)
        elif number == 2:
            tensor = _part(_part(content(value), 1), 2)
            shape = tuple(_size(content(each)) for number, each in fields(tensor) if number == 1)
    return name, shape


def _size(data: memoryview) -> int | None:
    return next((signed(value) for number, value in fields(data) if number == 1), None)


def _part(data: memoryview, wanted: int) -> memoryview:
    """A message within another; an empty one if there is none."""
    return next((content(value) for number, value in fields(data) if number == wanted), memoryview(b""))


def _entry(data: Field) -> tuple[str, str]:
    found = {number: text(value) for number, value in fields(content(data))}
    return found.get(1, ""), found.get(2, "")


def _opset(data: memoryview) -> tuple[str, int]:
    found = dict(fields(data))
    return text(found.get(1, memoryview(b""))), signed(found.get(2, 0))


def inlined(model: FileModel) -> list[FileNode]:
    """The nodes with those of functions in place of their calls.

    Raises:
        NotReadable: functions call each other without end.
    """
    return list(_inlined(model.nodes, model, 0))


def _inlined(nodes: Iterable[FileNode], model: FileModel, depth: int) -> Iterable[FileNode]:
    if depth > 32:
        raise NotReadable("functions of the file call each other without end")
    for node in nodes:
        function = model.functions.get((node.domain, node.op_type))
        if function is None:
            yield node
            continue
        names = {"": "", **dict(zip(function.inputs, node.inputs, strict=False))}
        names.update(dict.fromkeys(function.inputs[len(node.inputs) :], ""))
        names.update(zip(function.outputs, node.outputs, strict=False))
        prefix = f"{node.name or node.outputs[0]}."
        body = [_renamed(inner, names, prefix) for inner in function.nodes]
        yield from _inlined(body, model, depth + 1)


def _renamed(node: FileNode, names: dict[str, str], prefix: str) -> FileNode:
    for name in (*node.inputs, *node.outputs):
        names.setdefault(name, prefix + name)
    return FileNode(
        prefix + node.name if node.name else "",
        node.op_type,
        node.domain,
        [names[name] for name in node.inputs],
        [names[name] for name in node.outputs],
        node.attributes,
        node.metadata,
    )
