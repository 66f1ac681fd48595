"""The validated network: the result of elaboration and the source of every output.

Why it exists: reports, diagrams, PyTorch and ONNX must agree to the last digit, so all of them read this one value, and
none of them reads the text. It is hierarchical, and equal things are one object:

    Network ── nodes ──┬─ Layer   one op applied to values
                       ├─ Call    a body called under a path (a block, a shortcut)
                       └─ Stage ── runs ── a body, the index of its first repeat, its count

A `Body` knows the definition and the arguments that it came from; code generators make a class of them, and figures a
label. Two hundred equal repeats are one `Run` with `count=200`, and a body that occurs in two places is one object. The
flat view is an iterator (`resdsl.ir.walk`).

Within a graph every value has a name: the input is `input`, what a body reads beside it has the name of the parameter,
the first output of a node has the name of the node, and its other outputs are `name:1`, `name:2`, and so on. Nodes are
in execution order. Every value has the shape of one sample: channels, then spatial sizes. The batch is implicit.

Stop and think before adding a field: the JSON form (`resdsl.ir.json`) is public and versioned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Annotated, Literal, TypeVar

from resdsl.ops.base import Op, Shape, Shapes
from resdsl.records.checks import Bounds, Invalid, Length
from resdsl.records.record import Record

LONGEST = 4 * 1024 * 1024
Text = Annotated[str, Length(most=LONGEST)]
"""Characters that a file can contain, and no more of them than a text file may have."""
Whole = Annotated[int, Bounds(ge=0)]
Positive = Annotated[int, Bounds(ge=1)]
SampleShape = Annotated[tuple[Positive, ...], Length(1)]
SampleShapes = tuple[SampleShape, ...]
Role = Literal["main", "shortcut", "gate"]
INPUT = "input"
OUTPUT = "output"
T = TypeVar("T")


class DimsValue(Record):
    """A value of type dims, such as `3x3`."""

    dims: tuple[Whole, ...]


class ListValue(Record):
    """A list of values."""

    items: tuple[Value, ...]


class Reference(Record):
    """A block, shortcut or op that is used as a value, with the arguments bound to it."""

    name: Text
    arguments: tuple[Argument, ...] = ()


Scalar = bool | int | float | Text | None
Value = Scalar | DimsValue | ListValue | Reference


class Argument(Record):
    """A parameter and its value."""

    name: Text
    value: Value


class Origin(Record):
    """The definition that a body came from, and all of its arguments in order.

    Attributes:
        source: the file of the definition, as it was imported, or of the standard library; None for the
            text of the network itself. Together with the name it identifies the definition.
    """

    kind: Literal["block", "bracket", "shortcut"]
    name: Text
    source: Text | None = None
    arguments: tuple[Argument, ...] = ()

    def argument(self, name: str) -> Value:
        """The value of the argument of that name; raises KeyError if there is none."""
        for argument in self.arguments:
            if argument.name == name:
                return argument.value
        raise KeyError(name)


class Layer(Record):
    """One op applied to values.

    Attributes:
        name: name of its first output, unique in the graph.
        path: the module path within the graph; differs from `name` only where a module that was
            called before is called again.
        inputs: names of the values it reads.
        shapes: shapes of its outputs.
        role: whether it is on the main path, in a shortcut, or in a gate.
        joins: what the op joins, if it ends a residual, a gate or parallel branches.
            The first input comes from the body, or for a gate from the value that is gated.
    """

    name: Text
    path: Text
    op: Op
    inputs: tuple[Text, ...]
    shapes: Annotated[SampleShapes, Length(1)]
    role: Role = "main"
    joins: Literal["residual", "gate", "parallel"] | None = None


class Body(Record):
    """A graph that can be called: a block with its arguments, for inputs of these shapes.

    Attributes:
        inputs: the shape of what flows in, then those of the values that are read beside it.
        beside: the names of the latter; what flows in is `input`.
        output: the value that it yields.
        also: further values that it yields.
    """

    origin: Origin
    inputs: Annotated[SampleShapes, Length(1)]
    beside: tuple[Text, ...] = ()
    nodes: tuple[Node, ...]
    output: Text
    also: tuple[Text, ...] = ()

    @cached_property
    def values(self) -> dict[str, Shape]:
        """Every value of the graph with its shape."""
        return {**self.entered(self.inputs), **value_shapes(self.nodes)}

    @property
    def shape(self) -> Shape:
        """The shape of the output."""
        return self.values[self.output]

    @property
    def outputs(self) -> tuple[str, ...]:
        """All values that it yields."""
        return (self.output, *self.also)

    @cached_property
    def shapes(self) -> Shapes:
        """The shapes of all values that it yields."""
        return tuple([self.values[value] for value in self.outputs])

    def entered(self, given: Sequence[T]) -> dict[str, T]:
        """What a caller gives, by the names that the body has for its inputs.

        Raises:
            ValueError: the body has more inputs, or fewer.
        """
        return dict(zip((INPUT, *self.beside), given, strict=True))

    def _checked(self) -> None:
        if len(self.beside) != len(self.inputs) - 1:
            raise Invalid(("beside",), "a name for each input after the first", self.beside)

    @property
    def _parts(self) -> tuple[object, ...]:
        return self.origin, self.inputs, self.beside, self.nodes, self.output, self.also

    @cached_property
    def _hash(self) -> int:
        return hash(self._parts)

    def __repr__(self) -> str:
        # What it calls is named and not written out: bodies within bodies would have no end.
        return f"<{self.origin.kind} {self.origin.name}: {len(self.nodes)} nodes>"

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        # A body may stand in another many times, level upon level: what was found equal once is
        # remembered, so that a comparison takes as long as there are distinct bodies.
        if self is other:
            return True
        if not isinstance(other, Body) or self._hash != other._hash:
            return False
        if self.__dict__.get("_twin") is other or other.__dict__.get("_twin") is self:
            return True
        equal = self._parts == other._parts
        if equal:
            self.__dict__["_twin"] = other
            other.__dict__["_twin"] = self
        return equal


class Call(Record):
    """A body called once.

    Attributes:
        inputs: what flows in, then what the body reads beside it.
    """

    name: Text
    path: Text
    body: Body
    inputs: Annotated[tuple[Text, ...], Length(1)]
    role: Role = "main"

    @property
    def shapes(self) -> Shapes:
        """The shapes of the outputs."""
        return self.body.shapes


class Run(Record):
    """Consecutive equal repeats: `count` calls of one body, each reading the output of the one before.

    Their paths within the stage are `first`, `first + 1`, ...
    """

    body: Body
    first: Whole
    count: Positive

    @property
    def indices(self) -> range:
        """The indices of the repeats within their stage."""
        return range(self.first, self.first + self.count)


class Stage(Record):
    """Repeats of a block, like one row of the paper's Table 1.

    Attributes:
        inputs: what flows into the first block, then the values that every block reads beside what flows.
    """

    name: Text
    path: Text
    title: Text | None = None
    runs: Annotated[tuple[Run, ...], Length(1)]
    inputs: Annotated[tuple[Text, ...], Length(1)]
    role: Role = "main"

    @property
    def shapes(self) -> Shapes:
        """The shape of the output."""
        return (self.runs[-1].body.shape,)

    @property
    def blocks(self) -> int:
        """The number of blocks in the stage, including the one that changes the shape."""
        return sum(run.count for run in self.runs)


Node = Layer | Call | Stage


class NamedShape(Record):
    """A named input of the network."""

    name: Text
    shape: SampleShape


class Tap(Record):
    """A named output of the network and its value.

    Attributes:
        training: whether it is an output in training alone, as that of an auxiliary head is.
    """

    name: Text
    value: Text
    training: bool = False


class Place(Record):
    """A place in a text; lines and columns count from one."""

    file: Text
    line: Positive
    column: Positive


Quantity = Literal["depth", "params", "macs", "flops", "activations", "shape"]


class Expectation(Record):
    """A figure that the text states about the network; `resdsl.analysis.expectations` checks it.

    Attributes:
        text: the statement as written.
        quantity: what is stated; a `shape` was already checked while the network was built.
        relation: `=`, `<`, `<=`, `>` or `>=`.
        value: the figure, or the shape.
        tolerance: by how much an `=` may be missed: half a unit of the last digit written.
        skipped: the reason why it is not checked, if it is not.
    """

    text: Text
    quantity: Quantity
    relation: Literal["=", "<", "<=", ">", ">="]
    value: int | float | tuple[int, ...]
    tolerance: int | float = 0
    place: Place
    skipped: Text | None = None

    def _checked(self) -> None:
        if isinstance(self.value, tuple) != (self.quantity == "shape"):
            raise Invalid(("value",), "sizes for a shape, and a number for any other quantity", self.value)


class Network(Record):
    """A network in which every shape is known.

    Attributes:
        name: its name in the text.
        arguments: its parameters and their values, in order.
        settings: the settings in force at its top.
        inputs: its named inputs.
        nodes: its graph, in execution order.
        outputs: taps in the order of the text, then the last value, which is named `output` unless the text names it
            and is an output in inference too.
        expectations: what the text states about it.
    """

    name: Text
    arguments: tuple[Argument, ...] = ()
    settings: tuple[Argument, ...] = ()
    inputs: Annotated[tuple[NamedShape, ...], Length(1)]
    nodes: tuple[Node, ...]
    outputs: Annotated[tuple[Tap, ...], Length(1)]
    expectations: tuple[Expectation, ...] = ()

    @cached_property
    def values(self) -> dict[str, Shape]:
        """Every value of the top graph with its shape."""
        return {**{given.name: given.shape for given in self.inputs}, **value_shapes(self.nodes)}

    @cached_property
    def trained_only(self) -> frozenset[str]:
        """The nodes on which outputs of training depend, and no others, by name; with layers whose values nothing uses
        that read what these yield.
        """
        trained = [tap.value for tap in self.outputs if tap.training]
        lasting = [tap.value for tap in self.outputs if not tap.training]
        found = {*self.behind(trained)} - self.behind(lasting) if trained else set()
        for node in self.nodes if found else ():
            if any(value.partition(":")[0] in found for value in node.inputs):
                found.add(node.name)
        return frozenset(found)

    def behind(self, values: Iterable[str]) -> frozenset[str]:
        """The nodes on which values depend, by name."""
        read = {value.partition(":")[0] for value in values}
        for node in reversed(self.nodes):
            if node.name in read:
                read.update([value.partition(":")[0] for value in node.inputs])
        return frozenset(node.name for node in self.nodes if node.name in read)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages at the top, in order."""
        return tuple(node for node in self.nodes if isinstance(node, Stage))


def value_shapes(nodes: tuple[Node, ...]) -> dict[str, Shape]:
    """The names and shapes of all values that these nodes yield."""
    shapes: dict[str, Shape] = {}
    for node in nodes:
        for index, shape in enumerate(node.shapes):
            shapes[output_name(node.name, index)] = shape
    return shapes


def output_name(node: str, index: int) -> str:
    """The name of an output of a node: the name of the node for the first output, `node:1` for the second."""
    return node if index == 0 else f"{node}:{index}"
