"""A graph under construction: which values of a file are constants, and which flow."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from resdsl.lifting.graph import Draft, FileTensor, Unmatched
from resdsl.lifting.refusals import Unknown
from resdsl.lifting.sources.onnx_file import FileNode
from resdsl.ops.base import Op, Shapes
from resdsl.ops.conv import Conv
from resdsl.ops.records import ShapeError
from resdsl.ops.registry import op_named
from resdsl.records.checks import Invalid

Shape = tuple[int, ...]
SCOPES = "pkg.torch.onnx.name_scopes"
_STATE = re.compile(r"([A-Za-z_0-9][\w.-]*)\.(weight|bias|running_mean|running_var|gain)")
_LEARNED = re.compile(r"[A-Za-z_][\w-]*(\.[\w-]+)*|\d+(\.[\w-]+)*\.[A-Za-z_][\w-]*")
_MADE_UP = re.compile(r"(onnx__|val_|_val_|node_|scalar_tensor|_to_copy|expand|arange|full|ones|zeros)\w*")
MOST_FOLDED = 65_536
"""The most values of a constant that is computed while a file is read."""


class NoOp(Exception):
    """The language has no op for a node; says why."""


@dataclass
class Reading:
    """What is known of the values of a file so far.

    Attributes:
        batch: the size of the batch for which shapes are computed.
        constants: values that do not depend on the input.
        opset: the version of the operators.
        shapes: the full shapes of values that do.
        same: values that are another one under a second name.
        nodes: the layers so far.
        unknown: the nodes that no op stands for, by kind and reason.
        lost: values that depend on such nodes.
        turned: values with their channels last, and the same values with their channels first.
        of_file: the shapes that tensors have in the file.
        scopes: the modules around nodes, by their names, where the model tells it for all of them.
        renamed: norms with the path of their node in place of that of their tensors: the latter, and the tensors as
            they are called in the file, by what a norm yields.
    """

    batch: int
    constants: dict[str, FileTensor] = field(default_factory=dict)
    opset: int = 0
    shapes: dict[str, Shape] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)
    nodes: list[Draft] = field(default_factory=list)
    unknown: dict[tuple[str, str], Unknown] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    turned: dict[str, str] = field(default_factory=dict)
    of_file: dict[str, Shape] = field(default_factory=dict)
    scopes: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, tuple[str, dict[str, FileTensor]]] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """A value by the name under which it was first known."""
        return self.same.get(name, name)

    def sample(self, name: str) -> Shape:
        """The shape of one sample of a value."""
        return self.shapes[name][1:]

    def settled(self, name: str) -> str:
        """A value in the order of its axes; a layer turns it if its channels are last and somebody wants them so."""
        first = self.turned.pop(name, None)
        if first is None:
            return name
        shape = self.shapes[first][1:]
        order = (*range(1, len(shape)), 0)
        made = op_named("permute").build({"order": order}, (shape,))
        self.nodes.append(Draft(made, [first], [name], made.infer((shape,)), "Transpose", name))
        return name

    def scope(self, node: FileNode) -> str:
        """The path of the module that metadata have for a node; empty if there are none."""
        scopes = node.metadata.get(SCOPES) or self.scopes.get(node.name)
        return _path_of_scopes(scopes) if scopes else ""

    def path(self, node: FileNode) -> str:
        """The path of the module that a node is of, as far as the file tells it."""
        return self.scope(node) or _path_of_name(node.name)

    def miss(self, node: FileNode, why: str) -> None:
        """Count a node that no op stands for."""
        key = node.kind, why
        known = self.unknown.get(key)
        if known is None:
            place = node.name or next(iter(node.outputs), node.kind)
            self.unknown[key] = Unknown(node.kind, why, place, node.path or self.path(node))
        else:
            self.unknown[key] = Unknown(known.kind, known.why, known.place, known.path, known.count + 1)


class FileCall:
    """One node of a file with its operands, and what may be made of it."""

    def __init__(self, node: FileNode, reading: Reading) -> None:
        self.node = node
        self.reading = reading
        self.operands = [reading.value(name) for name in node.inputs]
        self.flowing = [name for name in self.operands if name in reading.shapes]

    @property
    def shape(self) -> Shape:
        """The full shape of the first value that flows in."""
        return self.reading.shapes[self.flowing[0]]

    @property
    def axes(self) -> int:
        """The number of spatial axes of the first value that flows in."""
        return len(self.shape) - 2

    def axis(self, given: int, rank: int | None = None) -> int:
        """An axis of the first value that flows in, or of a value of so many axes, counted from the first.

        Raises:
            NoOp: there is none of this number.
        """
        count = len(self.shape) if rank is None else rank
        if not -count <= given < count:
            raise NoOp(f"along the axis {given}, of {count}")
        return given % count

    def flows(self, position: int) -> bool:
        """Whether an operand depends on the input."""
        return position < len(self.operands) and self.operands[position] in self.reading.shapes

    def constant(self, position: int) -> FileTensor | None:
        """An operand that is a constant; None if it was left out.

        Raises:
            NoOp: it is computed from the input.
        """
        if position >= len(self.operands) or not self.operands[position]:
            return None
        found = self.reading.constants.get(self.operands[position])
        if found is None:
            raise NoOp(f"operand {position + 1} is computed from the input")
        return found

    def numbers(self, position: int) -> list[float]:
        """The values of a small constant operand; empty if it was left out."""
        found = self.constant(position)
        return [] if found is None else list(small(found).reshape(-1).tolist())

    def whole(self, position: int) -> list[int]:
        """Likewise, as integers."""
        return [int(number) for number in self.numbers(position)]

    def attribute(self, name: str, usual: int = 0) -> int:
        """An attribute that is an integer."""
        value = self.node.attributes.get(name, usual)
        if not isinstance(value, int):
            raise NoOp(f"its attribute `{name}` is not an integer")
        return value

    def real(self, name: str, usual: float) -> float:
        """An attribute that is a number, as somebody would have written it: float32 has seven digits."""
        value = self.node.attributes.get(name, usual)
        if not isinstance(value, float | int):
            raise NoOp(f"its attribute `{name}` is not a number")
        return single(value) if name in self.node.attributes else value

    def word(self, name: str, usual: str) -> str:
        """An attribute that is a text."""
        value = self.node.attributes.get(name, usual)
        if not isinstance(value, str):
            raise NoOp(f"its attribute `{name}` is not a text")
        return value

    def integers(self, name: str, usual: Sequence[int]) -> tuple[int, ...]:
        """An attribute that is a list of integers."""
        value = self.node.attributes.get(name, tuple(usual))
        if not isinstance(value, tuple) or not all(isinstance(each, int) for each in value):
            raise NoOp(f"its attribute `{name}` is not a list of integers")
        return value

    def add(
        self,
        op: str,
        given: Mapping[str, object] | None = None,
        inputs: Sequence[str] | None = None,
        tensors: Mapping[str, FileTensor | None] | None = None,
        path: str | None = None,
    ) -> None:
        """Add an op of the language, with the shapes that follow.

        Raises:
            NoOp: the op cannot have these parameters or inputs.
        """
        reads = list(self.flowing if inputs is None else inputs)
        shapes = tuple([self.reading.sample(name) for name in reads])
        try:
            made = op_named(op).build(dict(given or {}), shapes)
            yielded = made.infer(shapes)
        except (Invalid, ShapeError) as error:
            raise NoOp(str(error)) from error
        state = {name: tensor for name, tensor in (tensors or {}).items() if tensor is not None}
        _check_state(made, shapes, state)
        self._append(made, reads, yielded, state, path)

    def leave(
        self,
        why: str,
        shape: Shape,
        numbers: Mapping[str, float] | None = None,
        tensors: Mapping[str, FileTensor | None] | None = None,
    ) -> None:
        """Add what no op stands for by itself; `shape` is the full one of what it yields."""
        reads = list(self.flowing)
        state = {name: tensor for name, tensor in (tensors or {}).items() if tensor is not None}
        self._append(Unmatched(self.node.op_type, why, numbers or {}), reads, (shape[1:],), state, None)
        self.reading.shapes[self.node.outputs[0]] = shape

    def settle(self) -> None:
        """Turn the operands whose channels are last."""
        for name in self.flowing:
            self.reading.settled(name)

    def each_number(self, operator: Callable[[FileCall], None]) -> None:
        """Apply what works on each number by itself, so that where the channels are does not matter."""
        reading, out = self.reading, self.node.outputs[0]
        first = reading.turned.get(self.flowing[0])
        if first is None:
            operator(self)
            return
        shape = self.shape
        inner = replace(self.node, inputs=[first, *self.node.inputs[1:]], outputs=[f"{out}/first"])
        operator(FileCall(inner, reading))
        reading.turned[out] = reading.value(f"{out}/first")
        reading.shapes[out] = shape

    def pass_on(self) -> None:
        """Make what the node yields another name of what flows in."""
        self.reading.same[self.node.outputs[0]] = self.flowing[0]

    def _path(self, state: Mapping[str, FileTensor]) -> str:
        """The path of the module: that of its weight, that of the node, or that of any of its tensors."""
        own = {name: tensor for name, tensor in state.items() if name == "weight"}
        return path_of_state(own) or self.reading.path(self.node) or path_of_state(state)

    def _append(
        self, op: Op | Unmatched, reads: list[str], yielded: Shapes, state: dict[str, FileTensor], path: str | None
    ) -> None:
        reading, node = self.reading, self.node
        outputs = [name for name in node.outputs if name][: len(yielded)] if len(yielded) > 1 else node.outputs[:1]
        for name, shape in zip(outputs, yielded, strict=True):
            reading.shapes[name] = (reading.batch, *shape)
        where = path if path is not None else self._path(state)
        scope = reading.scope(node)
        if isinstance(op, Op) and op.normalises and scope and path is None and scope != where:
            # Norms with equal numbers share their tensors in the file; each has a module of its own.
            reading.renamed[outputs[0]] = where, state
            where, state = scope, {name: replace(tensor, name=f"{scope}.{name}") for name, tensor in state.items()}
        norm = scope if isinstance(op, Conv) and where and scope not in ("", where) else ""
        place = node.name or node.outputs[0]
        reading.nodes.append(Draft(op, reads, outputs, yielded, node.kind, place, where, state, norm))


def _check_state(op: Op, shapes: Shapes, state: Mapping[str, FileTensor]) -> None:
    """Refuse tensors that are not those of an op.

    Raises:
        NoOp: one is missing, or is of another shape.
    """
    wanted = {each.name: each.shape for each in op.state(shapes) if each.dtype != "int64"}
    for name, shape in wanted.items() if state else ():
        if name not in state:
            raise NoOp(f"it has no `{name}`")
        if state[name].size != prod(shape):
            raise NoOp(f"its `{name}` is {_stated(state[name].shape)}, where {_stated(shape)} is needed")


def _stated(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "a single number"


def small(constant: FileTensor) -> np.ndarray:
    """The values of a constant that is small enough to be looked at.

    Raises:
        NoOp: it is not.
    """
    if constant.size > MOST_FOLDED:
        raise NoOp("a computation with large constants")
    return constant.values()


def single(number: float) -> float:
    """The shortest number that is the same float32."""
    return float(str(np.float32(number)))


def is_state(name: str) -> bool:
    """Whether a name is that of a tensor of a module."""
    return _STATE.fullmatch(name) is not None


def is_learned(name: str) -> bool:
    """Whether a name is that of a parameter, and not one that an exporter has made up."""
    return _LEARNED.fullmatch(name) is not None and _MADE_UP.fullmatch(name) is None


def path_of_state(state: Mapping[str, FileTensor]) -> str:
    """The path that the names of tensors have in common; empty if they have none."""
    for constant in state.values():
        found = _STATE.fullmatch(constant.name)
        if found:
            return found[1]
    return ""


def _path_of_scopes(scopes: str) -> str:
    """Of the names of the modules around a node and its own, the last but one."""
    try:
        names = [name for name in literal_eval(scopes) if name]
    except (ValueError, SyntaxError, TypeError):
        return ""
    return names[-2] if len(names) > 1 and isinstance(names[-2], str) else ""


def _path_of_name(name: str) -> str:
    """The path in a name such as /layer1/layer1.0/conv1/Conv, each part of which is a path within a list of modules."""
    if not name.startswith("/"):
        return ""
    path = last = ""
    for part in name.strip("/").split("/")[:-1]:
        kept = path.removesuffix(last) if last and part.startswith(f"{last}.") else f"{path}." if path else ""
        path, last = kept + part, part
    return path
