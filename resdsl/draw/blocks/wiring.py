"""The wiring of a block: its boxes and circles, and the wires between them, without positions.

Figures 2 and 5 of He et al. 2015 do not show norms, and show activations as words beside an arrow. A norm or activation
is therefore merged into the layer before it if nothing else reads the value between them; otherwise, and if a block
starts with a norm, norms and activations are drawn as layers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from resdsl.analysis.costs import Costs, body_costs, layer_costs, stage_costs, total
from resdsl.draw.blocks.elements import Element, ElementKind, Wire, Wiring, drawn_as
from resdsl.draw.blocks.forks import folded, forked
from resdsl.draw.errors import NotDrawn
from resdsl.ir.network import INPUT, Body, Call, Layer, Node, Role, Stage, output_name
from resdsl.ir.text import call
from resdsl.ops.base import Op, Shape, Shapes
from resdsl.ops.join import Add, Mul
from resdsl.ops.shape import Flatten, Identity, Split
from resdsl.ops.text import op_text

MOST = 400
"""The maximum number of boxes in one block; more would be illegible."""

_INLINE = 30
_UNSEEN = (Identity, Flatten)


@dataclass(slots=True)
class _Item:
    """A layer, or a body drawn as one box, while reading a block. Values are indices of items and of their outputs."""

    op: Op | None
    inputs: list[tuple[int, int]]
    read: Shapes
    shapes: Shapes
    role: Role
    path: str
    costs: Costs
    joins: str | None = None
    label: tuple[str, ...] = ()
    words: list[str] = field(default_factory=list)
    about: list[str] = field(default_factory=list)


@lru_cache(maxsize=512)
def wiring(body: Body) -> Wiring:
    """The wiring of a block.

    Raises:
        NotDrawn: the block has too many layers for a legible figure.
    """
    if body.also:
        raise NotDrawn(f"{body.origin.name} yields {len(body.outputs)} values, but a figure of a block shows one")
    return graph_wiring(body.nodes, body.values, (INPUT, *body.beside), body.output, body.origin.name)


def graph_wiring(
    nodes: tuple[Node, ...], values: Mapping[str, Shape], given: Sequence[str], output: str, name: str
) -> Wiring:
    """The wiring of any graph; several inputs share one entrance.

    Raises:
        NotDrawn: see `wiring`.
    """
    reading = _Reading(nodes, values, given, output)
    if len(reading.items) > MOST:
        raise NotDrawn(
            f"{name} has {len(reading.items)} layers in one block, but a figure of a block shows at most {MOST}"
        )
    return folded(reading.wiring())


@lru_cache(maxsize=1024)
def layers_in(body: Body) -> int:
    """The number of layers of a body, counting repeats once."""
    return sum(
        1 if isinstance(node, Layer) else layers_in(node.body) if isinstance(node, Call) else len(node.runs)
        for node in body.nodes
    )


@lru_cache(maxsize=1024)
def stands_apart(body: Body) -> bool:
    """Whether a body within a block is a single box there and gets its own figure."""
    return body.origin.kind != "shortcut" and (_has_residual(body) or layers_in(body) > _INLINE)


@lru_cache(maxsize=1024)
def _has_residual(body: Body) -> bool:
    return any(
        node.joins == "residual"
        if isinstance(node, Layer)
        else isinstance(node, Stage) or (node.body.origin.kind != "shortcut" and _has_residual(node.body))
        for node in body.nodes
    )


class _Reading:
    """Reads a graph, with the bodies that it calls inlined."""

    def __init__(self, nodes: tuple[Node, ...], values: Mapping[str, Shape], given: Sequence[str], output: str) -> None:
        entering = tuple([values[name] for name in given])
        self.items = [_Item(None, [], (), entering, "main", "", Costs())]
        names = {name: (0, index) for index, name in enumerate(given)}
        self._read(nodes, values, names, "", "main")
        last = names[output]
        shape = self.items[last[0]].shapes[last[1]]
        self.items.append(_Item(None, [last], (shape,), (), "main", "", Costs()))

    def _read(
        self,
        nodes: tuple[Node, ...],
        values: Mapping[str, Shape],
        names: dict[str, tuple[int, int]],
        path: str,
        role: Role,
    ) -> None:
        for node in nodes:
            inner = node.role if role == "main" else role
            inputs = [names[value] for value in node.inputs]
            read = tuple([values[value] for value in node.inputs])
            if isinstance(node, Call) and not stands_apart(node.body):
                within = node.body.entered(inputs)
                self._read(node.body.nodes, node.body.values, within, f"{path}{node.path}.", inner)
                for index, value in enumerate(node.body.outputs):
                    names[output_name(node.name, index)] = within[value]
                continue
            if isinstance(node, Layer):
                self._add(
                    _Item(
                        node.op, inputs, read, node.shapes, inner, path + node.path, layer_costs(node, read), node.joins
                    )
                )
            else:
                self._blocks(node, inputs, read, inner, path)
            for index in range(len(node.shapes)):
                names[output_name(node.name, index)] = (len(self.items) - 1, index)

    def _blocks(self, node: Call | Stage, inputs: list[tuple[int, int]], read: Shapes, role: Role, path: str) -> None:
        """Blocks within a block; each run of equal ones becomes a box."""
        if isinstance(node, Call):
            runs = [(node.body, 1, body_costs(node.body))]
        else:
            runs = [(run.body, run.count, stage_costs(node.replace(runs=(run,)))) for run in node.runs]
        for body, times, costs in runs:
            label = (short_call(body), *([f"x {times}"] if times > 1 else []))
            self._add(_Item(None, inputs, read, body.shapes, role, path + node.path, costs, label=label))
            inputs, read = [(len(self.items) - 1, 0), *inputs[1:]], (body.shape, *read[1:])

    def _add(self, item: _Item) -> None:
        wording = op_text(item.op, item.read) if item.op else " ".join(item.label)
        item.about.append(f"{item.path}: {wording}")
        self.items.append(item)

    # ---------------------------------------------------------------- merging items

    def wiring(self) -> Wiring:
        """Elements and wires, with a fork wherever a value has several readers."""
        source = self._absorb()
        made: list[Element] = []
        number: dict[int, int] = {}
        wires: list[Wire] = []
        shortcuts = self._shortcuts(source)
        for index, item in enumerate(self.items):
            if index in source:
                continue
            number[index] = len(made)
            made.append(self._element(item, first=index == 0))
            for port, value in enumerate(item.inputs):
                start, output = _behind(source, value)
                style = shortcuts.get((index, port)) or shortcuts.get((index, -1)) or _style(item, port)
                wires.append(Wire(number[start], number[index], output, port, self._beside(item, port), style))
        return forked(made, wires)

    def _absorb(self) -> dict[int, tuple[int, int]]:
        """For each item without its own element, the value that represents its output."""
        readers: dict[tuple[int, int], list[int]] = defaultdict(list)
        for index, item in enumerate(self.items):
            for value in item.inputs:
                readers[value].append(index)
        source: dict[int, tuple[int, int]] = {}
        full = any(op is not None and (op.normalises or op.activates) for op in self._first_significant(readers))
        for index, item in enumerate(self.items):
            if item.op is None:
                continue
            value = item.inputs[0]
            start = _behind(source, value)
            if isinstance(item.op, _UNSEEN):
                source[index] = start
            elif not full and self._is_alone(value, readers, source) and self._goes_into(item, self.items[start[0]]):
                source[index] = start
                into = self.items[start[0]]
                into.costs = total([into.costs, item.costs])
                into.about += item.about
                if item.op.activates:
                    into.words.append(op_text(item.op, item.read))
        return source

    def _first_significant(self, readers: Mapping[tuple[int, int], list[int]]) -> Iterator[Op | None]:
        """The first significant ops, ignoring shortcuts and gates."""
        waiting = [(0, output) for output in range(len(self.items[0].shapes))]
        for value in waiting:
            for index in readers[value]:
                item = self.items[index]
                if isinstance(item.op, _UNSEEN):
                    waiting.append((index, 0))
                elif item.role == "main":
                    yield item.op

    def _is_alone(
        self, value: tuple[int, int], readers: Mapping[tuple[int, int], list[int]], source: Mapping[int, object]
    ) -> bool:
        """Whether nothing else reads a value, or an earlier value merged into the same element."""
        while len(readers[value]) == 1:
            if value[0] not in source:
                return True
            value = self.items[value[0]].inputs[0]
        return False

    @staticmethod
    def _goes_into(item: _Item, into: _Item) -> bool:
        """Whether an op is a norm right after a layer with weights, or an activation after something with a box."""
        if item.op is None or into.role != item.role:
            return False
        if item.op.normalises:
            return into.op is not None and into.op.weighted and not into.words
        return item.op.activates and not into.words and not isinstance(into.op, Split) and bool(into.op or into.label)

    def _shortcuts(self, source: Mapping[int, tuple[int, int]]) -> dict[tuple[int, int], str]:
        """The styles of wires on shortcuts, by the item and input where they end; -1 is any input."""
        found: dict[tuple[int, int], str] = {}
        for index, item in enumerate(self.items):
            if item.joins != "residual":
                continue
            for port in range(1, len(item.inputs)):
                start, output = _behind(source, item.inputs[port])
                along = []
                while self.items[start].role == "shortcut" and item.role == "main" and self.items[start].inputs:
                    along.append(start)
                    start, output = _behind(source, self.items[start].inputs[0])
                changes = self.items[start].shapes[output] != item.shapes[0]
                style = _shortcut_style([self.items[each] for each in along], changes=changes)
                found[index, port] = style
                found.update(((each, -1), style) for each in along)
        return found

    @staticmethod
    def _beside(item: _Item, port: int) -> bool:
        if item.joins is None:
            return isinstance(item.op, Add | Mul) and port > 0
        return item.joins in {"residual", "gate"} and port > 0

    @staticmethod
    def _element(item: _Item, *, first: bool) -> Element:
        about = "; ".join(item.about)
        words = tuple(item.words)
        if item.op is None:
            kind: ElementKind = "block" if item.label else "entrance" if first else "exit"
            shape = item.shapes[0] if item.shapes else item.read[0]
            return Element(kind, shape, item.label, words, about, item.role, item.costs)
        kind, label = drawn_as(item.op, item.read)
        return Element(kind, item.shapes[0], label, words, about, item.role, item.costs)


def short_call(body: Body) -> str:
    """The label of a body: its definition and its first argument, as in `basic(64)`."""
    return call(body.origin, frozenset(argument.name for argument in body.origin.arguments[:1]))


def _behind(source: Mapping[int, tuple[int, int]], value: tuple[int, int]) -> tuple[int, int]:
    """The value of the element that a value is read from."""
    while value[0] in source:
        value = source[value[0]]
    return value


def _style(item: _Item, port: int) -> str:
    return "gate" if item.role == "gate" or (item.joins == "gate" and port > 0) else "flow"


def _shortcut_style(along: Sequence[_Item], *, changes: bool) -> str:
    """Dotted if the dimensions change, as in Figure 3 of He et al. 2015."""
    weighted = any(item.op is not None and item.op.weighted for item in along)
    if changes:
        return "projection" if weighted else "padded"
    return "projected" if weighted else "identity"
