"""ONNX files as plain records: nodes, names and tensors. Weights stay where they are until somebody asks for them."""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from resdsl.lifting.graph import FileTensor
from resdsl.lifting.refusals import NotReadable
from resdsl.lifting.sources.tensors import entry, tensor_of
from resdsl.lifting.sources.wire import Malformed, content, fields, integers, reals, signed, text

Attribute = int | float | str | tuple[Any, ...] | FileTensor | None
"""None stands for a graph, which no node that can be lifted has."""
Shape = tuple[int | None, ...]
"""The full shape of a value, None where a size is open."""

_ABSENT: dict[int, Attribute] = {1: 0.0, 2: 0, 3: "", 6: (), 7: (), 8: ()}
"""What an attribute of a type is that has no value: some writers leave out zeros, and what is empty."""
_MOST_NODES = 1_000_000
_DEEPEST = 32
"""Functions that call functions may double with each line of a file."""


@dataclass(slots=True)
class FileNode:
    """A node of a file.

    Attributes:
        why: why no op can stand for it, if that is known before it is read.
        path: the path of the module that calls it, for messages, if that is known.
        called: what the model calls the operator, for messages, if that is not the name of ONNX.
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
    called: str = ""

    @property
    def kind(self) -> str:
        """What messages call the operator."""
        return self.called or self.op_type


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
        called: names of outputs, by their values, where these are not the names.
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
    called: dict[str, str] = field(default_factory=dict)


def read_model(path: Path) -> FileModel:
    """The model in a file.

    Raises:
        NotReadable: the file is no ONNX model, or not all of one.
        OSError: the file cannot be opened.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise NotReadable(f"{path} is no regular file")
    with path.open("rb") as file:
        try:
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError:
            raise NotReadable(f"{path} is empty") from None
    try:
        model = _model(data, path.parent)
    except Malformed as error:
        what = _another_kind(bytes(data[:16]))
        if what:
            raise NotReadable(f"{path} is not an ONNX file, but {what}") from None
        raise NotReadable(f"{path} is not a complete ONNX file: {error}") from error
    if not model.nodes:
        raise NotReadable(f"{path} is not an ONNX file: it has no graph with nodes")
    return model


def _another_kind(start: bytes) -> str:
    """What a file is that begins so, where that is known."""
    weights = "which has weights and no graph; `resdsl identify` says of what network they are"
    if start.startswith((b"PK", b"\x80\x02")):
        return f"an archive or a checkpoint of PyTorch, {weights}"
    if start[8:9] == b"{":
        return f"a file of safetensors, {weights}"
    return "a text" if start and all(32 <= byte < 127 or byte in b"\t\r\n" for byte in start) else ""


def _model(data: memoryview, folder: Path) -> FileModel:
    model = FileModel()
    for number, value in fields(data):
        if number == 7:
            _graph(content(value), model, folder)
        elif number == 8:
            domain, version = _opset(content(value))
            model.opset = version if domain in ("", "ai.onnx") else model.opset
        elif number == 14:
            model.metadata.update([entry(value)])
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
            constant = tensor_of(content(value), folder)
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
            node.metadata.update([entry(value)])
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
            single = tensor_of(content(value), folder)
        elif number == 7:
            many += reals(value)
        elif number == 8:
            many += integers(value)
        elif number == 9:
            many.append(str(content(value), "utf-8", "replace"))
        elif number == 20:
            found = _ABSENT.get(signed(value))
    return name, tuple(many) if many else single if single is not None else found


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


def _opset(data: memoryview) -> tuple[str, int]:
    found = dict(fields(data))
    return text(found.get(1, memoryview(b""))), signed(found.get(2, 0))


def inlined(model: FileModel) -> list[FileNode]:
    """The nodes with those of functions in place of their calls.

    Raises:
        NotReadable: functions call each other without end, or come to far too many nodes.
    """
    count = _count(model.nodes, model, {}, 0)
    if count > _MOST_NODES:
        raise NotReadable(f"the functions of the file come to {count:_} nodes, of which {_MOST_NODES:_} can be read")
    return list(_inlined(model.nodes, model))


def _count(nodes: Iterable[FileNode], model: FileModel, known: dict[tuple[str, str], int], depth: int) -> int:
    """How many nodes come of these."""
    if depth > _DEEPEST:
        raise NotReadable("functions of the file call each other without end")
    total = 0
    for node in nodes:
        key = node.domain, node.op_type
        function = model.functions.get(key)
        if function is not None and key not in known:
            known[key] = _count(function.nodes, model, known, depth + 1)
        total += known.get(key, 1)
    return total


def _inlined(nodes: Iterable[FileNode], model: FileModel) -> Iterable[FileNode]:
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
        yield from _inlined(body, model)


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
