"""The plain graph of a model: layers of the registry of ops, the values they read, and the modules they are of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from resdsl.ops.base import Op, Shape, Shapes

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class FileTensor:
    """A tensor of a file, whose values are read when they are asked for.

    Attributes:
        name: its name in the file; empty if it was computed.
        beside: the file that has its values, if that is not the file of the model.
        made: how it was computed, if it was computed from tensors of the model.
        is_buffer: whether a module has it as a buffer, which no training changes.
    """

    name: str
    shape: tuple[int, ...]
    values: Callable[[], np.ndarray]
    beside: Path | None = None
    made: Computation | None = None
    is_buffer: bool = False

    @property
    def size(self) -> int:
        """The number of its values."""
        size = 1
        for each in self.shape:
            size *= each
        return size


@dataclass(frozen=True, slots=True)
class Computation:
    """How a tensor was computed.

    Attributes:
        kind: the operator of ONNX.
        operands: what it was computed from; None where an operand was left out.
        eps: what was added to a variance, of the operators that do so.
    """

    kind: str
    operands: tuple[FileTensor | None, ...]
    eps: float = 0.0


@dataclass(frozen=True, slots=True)
class Unmatched:
    """What the language has no op for by itself; with its neighbours it may become one.

    Attributes:
        kind: the operator of the file.
        why: what about it, if not the operator as such.
        numbers: what it computes with, by name.
    """

    kind: str
    why: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Draft:
    """A layer on its way from a file to an op.

    Attributes:
        op: what it computes.
        inputs: the values it reads.
        outputs: the values it yields.
        shapes: the shapes of these, of one sample.
        kind: the operator of the file, for messages.
        place: the name of the node in the file, for messages.
        path: the path of its module; empty if the file does not tell.
        tensors: its state by the names of PyTorch, as far as the file has it.
        norm: the path of the norm that was folded into it, if the file tells.
    """

    op: Op | Unmatched
    inputs: list[str]
    outputs: list[str]
    shapes: Shapes
    kind: str
    place: str
    path: str = ""
    tensors: dict[str, FileTensor] = field(default_factory=dict)
    norm: str = ""

    @property
    def output(self) -> str:
        """Its first value."""
        return self.outputs[0]


@dataclass(frozen=True, slots=True)
class PlainNode:
    """One layer.

    Attributes:
        op: what it computes.
        inputs: the values it reads.
        outputs: the values it yields.
        path: the path of its module; empty if nothing tells it.
        tensors: its state by the names of PyTorch, as far as a file has it.
        norm: the path of the norm that was folded into it, if the file tells.
    """

    op: Op
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    path: str = ""
    tensors: Mapping[str, FileTensor] = field(default_factory=dict)
    norm: str = ""

    @property
    def output(self) -> str:
        """Its first value."""
        return self.outputs[0]

    def plain(self) -> tuple[PlainNode, ...]:
        """The layers that it stands for: itself."""
        return (self,)


class TrainingOnly(NamedTuple):
    """What a model does in training only, and the text does not.

    Attributes:
        path: where; empty for the whole model.
        what: what it is, such as `Dropout2d 0.1`.
    """

    path: str
    what: str


@dataclass(frozen=True, slots=True)
class PlainGraph:
    """A network without any structure.

    Attributes:
        inputs: names and shapes of one sample.
        nodes: in execution order.
        outputs: the names of outputs and their values; the last one is the result.
        shapes: the shapes of all values, of one sample.
        titles: titles of stages by their paths, if a file has them.
        inputs_called: what the model calls those of its inputs that have another name here.
        unread: the names of further inputs of the model, which no layer reads.
        only_in_training: what acts in training only and is none of the layers.
        untrained: the names of tensors that the model does not train, as buffers or frozen parameters, although they
            are learned ones of the ops.
        second_names: of modules and tensors of the model, the names by which no layer is called, each with the one
            that is.
    """

    name: str
    inputs: Mapping[str, Shape]
    nodes: tuple[PlainNode, ...]
    outputs: tuple[tuple[str, str], ...]
    shapes: Mapping[str, Shape]
    titles: Mapping[str, str] = field(default_factory=dict)
    inputs_called: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    only_in_training: tuple[TrainingOnly, ...] = ()
    untrained: tuple[str, ...] = ()
    second_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def names_of_inputs(self) -> list[str]:
        """What the model calls its inputs."""
        return [self.inputs_called.get(name, name) for name in self.inputs]

    def shapes_of(self, node: PlainNode) -> Shapes:
        """The shapes that a layer reads."""
        return tuple([self.shapes[value] for value in node.inputs])
