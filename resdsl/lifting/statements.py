"""Chains as statements of the language, with holes where blocks that are alike have different numbers.

Statements are lines of text in which a mark stands for each hole. Two chains whose lines are equal can be one block;
what stands in the holes is then decided (`blocks`). Where the path of a layer is not the one that the language gives
it, a label says it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from resdsl.ir.names import is_name
from resdsl.lifting.graph import PlainGraph, PlainNode
from resdsl.lifting.paths import within
from resdsl.lifting.segments import is_open
from resdsl.lifting.shortcuts import explains, residual_parts
from resdsl.lifting.structure import Branches, Chain, Part, PlainStep, Tangle
from resdsl.lifting.style import CommonSettings, text
from resdsl.ops.base import Op, Shape
from resdsl.ops.text import OpArgument, op_arguments, op_word
from resdsl.printer.expressions import quoted

HOLES: dict[str, tuple[str, ...]] = {
    "conv": ("kernel", "out", "stride", "dilation", "groups"),
    "std_conv": ("kernel", "out", "stride", "dilation", "groups"),
    "conv_transpose": ("out",),
    "fc": ("out",),
    "channel_fc": ("out",),
    "avgpool": ("stride",),
    "subsample": ("stride",),
    "split": ("parts",),
    "slice_channels": ("start", "end"),
    "channel_shuffle": ("groups",),
    "pad_channels": ("out",),
    "reshape": ("to",),
    "scale": ("factor",),
}
"""The parameters of ops in which blocks that are alike may differ."""
_BEGINS_ROW = frozenset({"conv", "std_conv", "conv_transpose", "fc", "channel_fc", "maxpool", "avgpool", "matmul"})
_WORDS = frozenset(
    {"act", "norm", "input", "stage", "residual", "gate", "parallel", "if", "for", "as", "from", "tap", "drop", "let"}
    | {"require", "expect", "output", "shared"}
)
MARK = re.compile(r"\x02(\d+)\x02")
"""What stands for a hole, by its number."""
NEXT_IN_ROW = "\x04"
"""What stands between the statements of a row, until holes are filled."""
DEPTHWISE = "\x05"
"""What marks a convolution of each channel by itself, which is never the same as another one."""
_PARTS = re.compile(r"\x01([^\x03]*)\x03")


@dataclass(frozen=True, slots=True)
class Hole:
    """A number of a layer that may be another one in another block.

    Attributes:
        parameter: the parameter of the op.
        sign: what stands before it, such as `groups=`.
        written: the number as the language writes it.
        usual: whether it is left out as it is.
        channels: the channels that enter the innermost body around it.
        node: the layer.
    """

    parameter: str
    sign: str
    written: str
    usual: bool
    channels: int
    node: PlainNode


@dataclass
class Statements:
    """The statements of one scope: a block, or the top of a network.

    Attributes:
        graph: the graph.
        style: the settings of the network.
        prefix: the path of the scope.
        shared: paths of modules that are called several times.
        tapped: names of outputs by their values; only at the top.
        inner: writes a chain within branches at the top, where blocks and stages may stand.
    """

    graph: PlainGraph
    style: CommonSettings
    prefix: str = ""
    shared: frozenset[str] = frozenset()
    tapped: dict[str, str] = field(default_factory=dict)
    inner: Callable[[Chain], list[str] | None] = lambda _chain: None
    holes: list[Hole] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)
    _values: dict[str, str] = field(default_factory=dict)
    _channels: int = 0
    _splits: int = 0

    def know(self, names: dict[str, str]) -> None:
        """Take note of values that have names already."""
        self._values.update(names)

    def of_chain(self, chain: Chain, *, gate: bool = False) -> list[str]:
        """The statements of a chain."""
        written = self.inner(chain)
        if not self._channels and chain and chain[0].source:
            self._channels = self.graph.shapes[chain[0].source][0]
        return list(_rows(self._pieces(chain, gate=gate))) if written is None else written

    def _pieces(self, chain: Chain, *, gate: bool) -> Iterator[tuple[str, bool]]:
        """Statements, each with whether it begins a row of its own."""
        for part in chain:
            if isinstance(part, PlainStep):
                yield self.of_layer(part.node, gate=gate), part.node.op.op in _BEGINS_ROW or self._is_global(part)
            else:
                yield from ((line, True) for line in self.of_part(part))
                yield "", True
            for name in self.taps(part.output):
                yield name, False

    @staticmethod
    def _is_global(part: PlainStep) -> bool:
        return part.node.op.op.startswith("global_")

    def taps(self, value: str) -> list[str]:
        """The statement that makes a value an output, if it is one."""
        if value not in self.tapped:
            return []
        name = self.tapped.pop(value)
        return [f"tap {name if is_name(name) else quoted(name)}"]

    def of_part(self, part: Part) -> list[str]:
        """The statements of branches or of a tangle."""
        if isinstance(part, PlainStep):
            return [self.of_layer(part.node)]
        if isinstance(part, Tangle):
            return self._of_tangle(part)
        outer, self._channels = self._channels, self.graph.shapes[part.source][0]
        lines = self._of_join(part)
        self._channels = outer
        return lines

    def _of_join(self, part: Branches) -> list[str]:
        parts = residual_parts(part)
        prefix = self.prefix if self.style.named else None
        if parts is not None and not parts.shortcut and is_open(part):
            return ["residual identity {", *self.of_chain(parts.body), "}"]
        if parts is not None and explains(self.style.policy, self.graph, part, parts, prefix):
            return ["residual {", *self.of_chain(parts.body), "}"]
        if parts is not None and not parts.shortcut:
            return ["residual identity {", *self.of_chain(parts.body), "}"]
        first, *others = part.chains
        if part.node.op.op == "mul" and not first and len(others) == 1:
            return ["gate {", *self.of_chain(others[0], gate=True), "}"]
        return self._of_branches(part)

    def _of_branches(self, part: Branches) -> list[str]:
        lines = [f"parallel {part.node.op.op} {{"]
        for place, chain in enumerate(_flat_chains(part)):
            if place:
                lines.append("} {")
            lines += self.of_chain(chain)
        return [*lines, "}"]

    def of_layer(self, node: PlainNode, *, gate: bool = False) -> str:
        """The statement of a layer."""
        written = text(self.graph, node)
        if written == self.style.norm and node.op.normalises:
            word, call = "norm", "norm"
        elif written == self.style.act and node.op.activates and not gate:
            word, call = "act", "act"
        else:
            word, call = "", self._call(node)
        label = self._label(node, word) if node.tensors and self.style.named and node.path else ""
        return f"{label}{call}"

    def _call(self, node: PlainNode, values: str = "") -> str:
        """A call of an op, with holes; `values` are those that it is called on, in `from`."""
        holes = [name for name in HOLES.get(node.op.op, ()) if name != "kernel" or set(node.op.plain()[name]) != {1}]
        plain = {each.parameter for each in op_arguments(node.op, self.graph.shapes_of(node))}
        pieces = [values] if values else []
        for argument in op_arguments(node.op, self.graph.shapes_of(node), holes):
            if argument.parameter in holes:
                pieces.append(f"\x02{len(self.holes)}\x02")
                usual = argument.parameter not in plain
                self.holes.append(Hole(argument.parameter, argument.sign, argument.value, usual, self._channels, node))
            else:
                pieces.append(argument.sign + _one_number(node.op, argument))
        word = f"{op_word(node.op)}{DEPTHWISE if self._is_depthwise(node) else ''}"
        if not pieces:
            return word
        word, _, given = word.partition(" ")
        joined = "\x01".join([*([given] if given else []), *pieces])
        return f"{word}(\x01{joined}\x03)" if values else f"{word} \x01{joined}\x03"

    def _is_depthwise(self, node: PlainNode) -> bool:
        groups = getattr(node.op, "groups", 1)
        return groups > 1 and groups == self.graph.shapes[node.inputs[0]][0]

    def _label(self, node: PlainNode, word: str) -> str:
        """The label of a layer whose path is not the one that it would have without."""
        path = within(node.path, self.prefix)
        if node.path in self.shared:
            return f"shared {path if is_name(path) else quoted(path)}: "
        kind = "bn" if word == "norm" else word or node.op.op
        number = self._counts[kind] + 1
        expected = f"{kind}{number}" if node.op.numbered or word == "norm" or number > 1 else kind
        if path == expected or not path:
            self._counts[kind] += 1
            return ""
        return f"{path if is_name(path) and path not in _WORDS else quoted(path)}: "

    def _of_tangle(self, part: Tangle) -> list[str]:
        """Layers one by one, with names for what is read by others than the next."""
        return list(_rows(self._tangled(part)))

    def _tangled(self, part: Tangle) -> Iterator[tuple[str, bool]]:
        uses = Counter(value for node in part.nodes for value in node.inputs)
        flow = part.source
        again = uses[part.source] > 1 or [*part.nodes[0].inputs] != [part.source]
        if part.source and part.source not in self._values and again:
            yield f"as {self._name(part.source)}", True
        for place, node in enumerate(part.nodes):
            following = part.nodes[place + 1].inputs if place + 1 < len(part.nodes) else [part.output]
            yield from self._taken_up(node, flow)
            flow = node.output if len(node.outputs) == 1 else ""
            if not flow:
                yield f"as {self._name_parts(node)}", False
            elif uses[flow] > 1 or ([*following] != [flow] and (uses[flow] or flow == part.output)):
                yield f"as {self._name(flow)}", False
            for tap in self.taps(flow):
                yield tap, False
        if flow != part.output:
            yield f"from {self._values[part.output]}", True

    def _taken_up(self, node: PlainNode, flow: str) -> Iterator[tuple[str, bool]]:
        """A layer of named values, or of what flows."""
        if len(node.inputs) > 1:
            values = ", ".join(self._values[value] for value in node.inputs)
            yield f"from {self._call(node, values)}", True
            return
        if node.inputs[0] != flow:
            yield f"from {self._values[node.inputs[0]]}", True
        begins = node.op.op in _BEGINS_ROW and node.inputs[0] == flow
        yield self.of_layer(node), begins

    def _name(self, value: str) -> str:
        if value not in self._values:
            self._values[value] = f"v{len(set(self._values.values())) + 1}"
        return self._values[value]

    def _name_parts(self, node: PlainNode) -> str:
        self._splits += 1
        name = f"parts{self._splits}" if self._splits > 1 else "parts"
        self._values.update({value: f"{name}[{place}]" for place, value in enumerate(node.outputs)})
        return name


def _flat_chains(part: Branches) -> tuple[Chain, ...]:
    """The branches of a sum, where those of a sum within come first."""
    first, *others = part.chains
    inner = first[0] if len(first) == 1 else None
    if isinstance(inner, Branches) and inner.node.op.op == part.node.op.op and not is_open(inner):
        return (*_flat_chains(inner), *others)
    return part.chains


def _one_number(op: Op, argument: OpArgument) -> str:
    """A value; a single number where all axes have the same, but for kernels."""
    numbers = set(argument.value.split("x"))
    if argument.parameter in op.per_axis() and argument.parameter != "kernel" and len(numbers) == 1:
        return numbers.pop()
    return argument.value


def _rows(pieces: Iterator[tuple[str, bool]]) -> Iterator[str]:
    """Statements in rows: a layer with weights, and the norm and the activation behind it."""
    row: list[str] = []
    for piece, begins in pieces:
        if begins and row:
            yield NEXT_IN_ROW.join(row)
            row = []
        if piece:
            row.append(piece)
    if row:
        yield NEXT_IN_ROW.join(row)


def filled(line: str, values: Sequence[str | None]) -> str:
    """A line with expressions in its holes, by their numbers; None leaves an argument out."""

    def arguments(found: re.Match[str]) -> str:
        pieces = [_filled_piece(piece, values) for piece in found[1].split("\x01")]
        return ", ".join(piece for piece in pieces if piece)

    return _PARTS.sub(arguments, line).replace(NEXT_IN_ROW, "; ").replace(DEPTHWISE, "").rstrip()


def _filled_piece(piece: str, values: Sequence[str | None]) -> str:
    mark = MARK.fullmatch(piece)
    return piece if mark is None else values[int(mark[1])] or ""


def as_written(statements: Statements) -> list[str | None]:
    """What stands in each hole where there is only one block."""
    return [None if hole.usual else hole.sign + hole.written for hole in statements.holes]


def shape_text(shape: Shape) -> str:
    """A shape as it stands behind an arrow."""
    return "x".join(map(str, shape))
