"""A call of PyTorch with its arguments, and the nodes that say the same in the terms of ONNX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from resdsl.lifting.graph import FileTensor
from resdsl.lifting.sources.onnx_file import Attribute, FileNode
from resdsl.lifting.sources.reading import NoOp

Shape = tuple[int, ...]


class TorchValue(NamedTuple):
    """A tensor that is computed, or a tensor of the module, with its full shape."""

    name: str
    shape: Shape


@dataclass
class TorchCall:
    """One call.

    Attributes:
        kind: the function, without what tells its forms apart.
        name: the name of the call.
        given: all arguments by their names, also those that were left out; the first one is called `input`.
        yields: the names and full shapes of what it returns; a name is empty if nothing reads it.
        scopes: the paths of the modules around it, the outermost first.
        readers: the kinds of the calls that read what it returns.
        nodes: what says the same.
        constants: the numbers that these nodes read.
    """

    kind: str
    name: str
    given: Mapping[str, object]
    yields: Sequence[TorchValue]
    scopes: Sequence[str] = ()
    readers: frozenset[str] = frozenset()
    nodes: list[FileNode] = field(default_factory=list)
    constants: dict[str, FileTensor] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The path of the module that makes the call."""
        return self.scopes[-1] if self.scopes else ""

    def value(self, argument: str) -> TorchValue:
        """An argument that is a tensor.

        Raises:
            NoOp: it is none.
        """
        found = self.given.get(argument)
        if not isinstance(found, TorchValue):
            raise NoOp(f"its argument {argument} is no single tensor")
        return found

    @property
    def axes(self) -> int:
        """The number of spatial axes of what it reads."""
        return len(self.value("input").shape) - 2

    def tensors(self, argument: str) -> list[TorchValue]:
        """An argument that is a list of tensors."""
        found = self.given[argument]
        return [each for each in found if isinstance(each, TorchValue)] if isinstance(found, list | tuple) else []

    def whole(self, argument: str, usual: int = 0) -> int:
        """An argument that is an integer or a truth value."""
        found = self.given.get(argument)
        return int(found) if isinstance(found, int) else usual

    def axis(self, argument: str, rank: int = 0) -> int:
        """An argument that is an axis of what it reads, or of a value of so many axes, counted from the first."""
        return self.whole(argument) % (rank or len(self.value("input").shape))

    def real(self, argument: str, usual: float) -> float:
        """An argument that is a number."""
        found = self.given.get(argument)
        return float(found) if isinstance(found, int | float) else usual

    def sizes(self, argument: str, count: int = 0, usual: int = 1) -> Shape:
        """An argument that is a list of integers; a single one stands for all axes."""
        found = self.given.get(argument)
        if found is None or found == [] or found == ():
            return (usual,) * count
        if isinstance(found, int):
            return (found,) * max(count, 1)
        if not isinstance(found, list | tuple) or not all(isinstance(each, int) for each in found):
            raise NoOp(f"its argument {argument} is not known before it runs")
        return tuple(found) * count if len(found) == 1 and count else tuple(found)

    def names(self, *arguments: str) -> list[str]:
        """Arguments as operands of a node: tensors, numbers, or nothing."""
        found = [self._operand(argument) for argument in arguments if argument in self.given]
        while found and not found[-1]:
            found.pop()
        return found

    def _operand(self, argument: str) -> str:
        found = self.given.get(argument)
        if isinstance(found, TorchValue):
            return found.name
        return "" if found is None else self.constant(found)

    def constant(self, numbers: object) -> str:
        """Numbers as an operand."""
        values = np.array(numbers)
        if values.dtype.kind not in "iufb":
            raise NoOp("of an argument that is no number")
        name = f"{self.name}/{len(self.constants)}"
        self.constants[name] = FileTensor("", values.shape, lambda: values)
        return name

    def node(
        self, kind: str, inputs: Sequence[str], outputs: Sequence[str] | None = None, **attributes: Attribute
    ) -> None:
        """Say that the call is this node, or that this is the last of its nodes."""
        made = [value.name for value in self.yields] if outputs is None else list(outputs)
        self.nodes.append(FileNode(self.name, kind, "", list(inputs), made, attributes))
