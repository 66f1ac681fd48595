"""Chains as statements of the language, with holes where blocks that are alike have different numbers.

Statements are lines of text in which a mark stands for each hole. Two chains whose lines are equal can be one block;
what stands in the holes is then decided (`blocks`). Where the path of a layer is not the one that the language gives
it, a label says it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from resdsl.ir.names import is_name
from resdsl.lifting.graph import PlainGraph, PlainNode
from resdsl.lifting.modules import BlockNode, ModuleNode
from resdsl.lifting.paths import within
from resdsl.lifting.regions import ValueNames, rows_of_tangle
from resdsl.lifting.rows import NEXT_IN_ROW, Piece, rows_of
from resdsl.lifting.segments import is_open
from resdsl.lifting.shortcuts import explains, residual_parts
from resdsl.lifting.standard_calls import StandardNode
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
    "dropout": ("rate",),
    "drop_path": ("rate",),
}
"""The parameters of ops in which blocks that are alike may differ."""
_BEGINS_ROW = frozenset({"conv", "std_conv", "conv_transpose", "fc", "channel_fc", "maxpool", "avgpool", "matmul"})
WORDS = frozenset(
    {"act", "norm", "input", "stage", "residual", "gate", "parallel", "if", "for", "as", "from", "tap", "drop", "let"}
    | {"require", "expect", "output", "shared", "after", "log"}
    | {"block", "shortcut", "network", "sweep", "import", "resdsl"}
)
"""What cannot be a label or the name of a block, since a statement or a definition may begin with it."""
MARK = re.compile(r"\x02(\d+)\x02")
"""What stands for a hole, by its number."""
DEPTHWISE = "\x08"
"""What marks a convolution of each channel by itself, which is never the same as another one."""
_PARTS = re.compile(r"\x01([^\x01\x03]*)\x03")


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
        values: the names of values.
        modules: the names of blocks by the identities of modules.
        yielded: values that a block yields together.
        at_top: writes a chain within branches at the top, where blocks and stages may stand.
    """

    graph: PlainGraph
    style: CommonSettings
    prefix: str = ""
    shared: frozenset[str] = frozenset()
    tapped: dict[str, str] = field(default_factory=dict)
    at_top: Callable[[Chain], list[str] | None] = lambda _chain: None
    holes: list[Hole] = field(default_factory=list)
    values: ValueNames = field(default_factory=ValueNames)
    modules: Mapping[int, str] = field(default_factory=dict)
    yielded: Collection[str] = ()
    _counts: Counter[str] = field(default_factory=Counter)
    _channels: int = 0

    def of_chain(self, chain: Chain, *, gate: bool = False) -> list[str]:
        """The statements of a chain."""
        written = self.at_top(chain)
        if not self._channels and chain and chain[0].source:
            self._channels = self.graph.shapes[chain[0].source][0]
        return list(rows_of(self.pieces(chain, gate=gate))) if written is None else written

    def pieces(self, chain: Chain, *, gate: bool = False) -> Iterator[Piece]:
        """The statements of a chain."""
        for part in chain:
            if isinstance(part, PlainStep):
                begins = part.node.op.op in _BEGINS_ROW or self._is_global(part) or isinstance(part.node, BlockNode)
                yield self.of_layer(part.node, gate=gate), begins
            else:
                yield from ((line, True) for line in self.of_part(part))
                if isinstance(part, Branches):
                    yield "", True
            for name in self.taps(part.output):
                yield name, False

    @staticmethod
    def _is_global(part: PlainStep) -> bool:
        return part.node.op.op.startswith("global_")

    def taps(self, value: str) -> list[str]:
        """The statements that make a value an output, if it is one: one for each name.

        A value that is computed before those of earlier outputs is given a name, for `late_taps`.
        """
        if value in self.yielded or (value in self.tapped and value != next(iter(self.tapped))):
            return self.values.statement(value)
        if self.tapped.pop(value, None) is None:
            return []
        return self._taps(value)

    def late_taps(self) -> list[str]:
        """The rows that make outputs of the values that are left, in the order of the outputs."""
        return [f"from {self.values.of(value)}; {tap}" for value in self.tapped for tap in self._taps(value)]

    @property
    def ends(self) -> frozenset[str]:
        """The values that stay what they are, since they are outputs of the scope."""
        return frozenset(value for _, value in self.graph.outputs)

    def _taps(self, value: str) -> list[str]:
        names = [name for name, each in self.graph.outputs[:-1] if each == value]
        return [f"tap {output_text(self.graph, name)}" for name in names]

    def of_part(self, part: Part) -> list[str]:
        """The statements of branches or of a tangle."""
        if isinstance(part, PlainStep):
            return [self.of_layer(part.node)]
        if isinstance(part, Tangle):
            return list(rows_of_tangle(part, self))
        outer, self._channels = self._channels, self.graph.shapes[part.source][0]
        lines = self._of_join(part)
        self._channels = outer
        return lines

    def _of_join(self, part: Branches) -> list[str]:
        parts = None if self._is_spread(part) else residual_parts(part)
        prefix = self.prefix if self.style.named else None
        if parts is not None and not parts.shortcut and is_open(part):
            return ["residual identity {", *self.of_chain(parts.body), "}"]
        if parts is not None and explains(self.style.policy, self.graph, part, parts, self.style.norm, prefix):
            return ["residual {", *self.of_chain(parts.body), "}"]
        if parts is not None and not parts.shortcut:
            return ["residual identity {", *self.of_chain(parts.body), "}"]
        first, *others = part.chains
        if part.node.op.op == "mul" and not first and len(others) == 1:
            return ["gate {", *self.of_chain(others[0], gate=True), "}"]
        return self._of_branches(part)

    def _is_spread(self, part: Branches) -> bool:
        """Whether what one of the branches yields is spread over the others, as no body of a residual may be."""
        ends = [chain[-1].output if chain else part.source for chain in part.chains]
        return len({self.graph.shapes[end] for end in ends}) > 1

    def _of_branches(self, part: Branches) -> list[str]:
        lines = [f"parallel {part.node.op.op} {{"]
        for place, chain in enumerate(part.chains):
            if place:
                lines.append("} {")
            lines += self.of_chain(chain)
        return [*lines, "}"]

    def of_layer(self, node: PlainNode, *, gate: bool = False) -> str:
        """The statement of a layer."""
        if isinstance(node, BlockNode):
            return self.of_call(node)
        written = text(self.graph, node)
        if written == self.style.norm and node.op.normalises:
            word, call = "norm", "norm"
        elif written == self.style.act and node.op.activates and not gate:
            word, call = "act", "act"
        else:
            word, call = "", self.of_call(node)
        is_known = bool(node.path) and (self.style.named or self._is_shared(node))
        label = self._label(node, word) if node.tensors and is_known else ""
        return f"{label}{call}"

    def of_call(self, node: PlainNode, values: str = "") -> str:
        """A call of an op, with holes; `values` are those that it is called on, in `from`."""
        if isinstance(node, BlockNode):
            return self._of_block(node, values)
        holes = [name for name in HOLES.get(node.op.op, ()) if name != "kernel" or set(node.op.plain()[name]) != {1}]
        plain = {each.parameter for each in op_arguments(node.op, self.graph.shapes_of(node))}
        pieces = [values] if values else []
        for argument in op_arguments(node.op, self.graph.shapes_of(node), holes):
            if argument.parameter in holes:
                pieces.append(f"\x02{len(self.holes)}\x02")
                usual, written = argument.parameter not in plain, _one_number(node.op, argument)
                self.holes.append(Hole(argument.parameter, argument.sign, written, usual, self._channels, node))
            else:
                pieces.append(argument.sign + _one_number(node.op, argument))
        word = f"{op_word(node.op)}{DEPTHWISE if self._is_depthwise(node) else ''}"
        if not pieces:
            return word
        word, _, given = word.partition(" ")
        if given:
            pieces.insert(1 if values else 0, given)
        joined = "\x04".join(pieces)
        return f"{word}(\x01{joined}\x03)" if values else f"{word} \x01{joined}\x03"

    def _is_depthwise(self, node: PlainNode) -> bool:
        groups = getattr(node.op, "groups", 1)
        return groups > 1 and groups == self.graph.shapes[node.inputs[0]][0]

    def _of_block(self, node: BlockNode, values: str) -> str:
        name = self.modules[id(node.module)] if isinstance(node, ModuleNode) else ""
        if isinstance(node, StandardNode):
            name, values = node.name, node.arguments
        label = self._label(node, name) if self.style.named or self._is_shared(node) else ""
        return f"{label}{name}({values})" if values else f"{label}{name}"

    def _is_shared(self, node: PlainNode) -> bool:
        """Whether the module of a layer is called several times, or what a block of the library stands for."""
        if node.path in self.shared:
            return True
        layers = node.layers if isinstance(node, StandardNode) and node.path else ()
        return any(layer.path in self.shared for layer in layers if layer.tensors)

    def _label(self, node: PlainNode, word: str) -> str:
        """The label of a layer whose path is not the one that it would have without."""
        path = within(node.path, self.prefix)
        if self._is_shared(node):
            return f"shared {label_text(path)}: "
        kind = "bn" if word == "norm" else word or node.op.op
        number = self._counts[kind] + 1
        expected = f"{kind}{number}" if node.op.numbered or word == "norm" or number > 1 else kind
        if path == expected or not path:
            self._counts[kind] += 1
            return ""
        return f"{label_text(path)}: "


def _one_number(op: Op, argument: OpArgument) -> str:
    """A value; a single number where all axes have the same, but for kernels."""
    numbers = set(argument.value.split("x"))
    if argument.parameter in op.per_axis() and argument.parameter != "kernel" and len(numbers) == 1:
        return numbers.pop()
    return argument.value


def filled(line: str, values: Sequence[str | None]) -> str:
    """A line with expressions in its holes, by their numbers; None leaves an argument out."""

    def arguments(found: re.Match[str]) -> str:
        pieces = [_filled_piece(piece, values) for piece in found[1].split("\x04")]
        return ", ".join(piece for piece in pieces if piece)

    count = 1
    while count:
        line, count = _PARTS.subn(arguments, line)
    return line.replace(NEXT_IN_ROW, "; ").replace(DEPTHWISE, "").rstrip()


def _filled_piece(piece: str, values: Sequence[str | None]) -> str:
    mark = MARK.fullmatch(piece)
    return piece if mark is None else values[int(mark[1])] or ""


def as_written(statements: Statements) -> list[str | None]:
    """What stands in each hole where there is only one block."""
    return [None if hole.usual else hole.sign + hole.written for hole in statements.holes]


def label_text(path: str) -> str:
    """A path as a label."""
    return path if is_name(path) and path not in WORDS else quoted(path)


def output_text(graph: PlainGraph, name: str) -> str:
    """The name of an output, as a text has it; those of inputs and of the result are taken."""
    if len(graph.inputs) > 1 and name in graph.inputs:
        name = f"{name}_out"
    if name in ("input", "output"):
        name = f"{name}_value"
    return label_text(name)


def shape_text(shape: Shape) -> str:
    """A shape as it stands behind an arrow."""
    return "x".join(map(str, shape))
