"""Reads a network as parts: stages and blocks, layers that follow each other, joins, changes of resolution, outputs.

Norms, activations and other layers without a label belong to the part before them. A block whose layers run in
parallel, such as an inception block, is drawn open as long as the figure stays legible.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from resdsl.analysis.costs import Costs, body_costs, node_costs
from resdsl.analysis.rows.tree import telling_arguments
from resdsl.draw.descriptions import short
from resdsl.draw.errors import NotDrawn
from resdsl.draw.labels import Kind, kind_of, label_of, per_axis_text, size_of, written
from resdsl.draw.lattice.parts import Form, Lattice, LatticePart, Value
from resdsl.draw.texts import figure_text
from resdsl.ir.network import Body, Call, Layer, Network, Node, Stage, output_name
from resdsl.ir.text import call, output_text
from resdsl.ops.base import Shape, Shapes, show
from resdsl.ops.conv import Conv
from resdsl.ops.join import Add, Concat, Mul
from resdsl.ops.pool import GlobalPool, MaxPool, WindowPool
from resdsl.ops.regularise import Scale
from resdsl.ops.resample import Upsample
from resdsl.ops.shape import Split
from resdsl.ops.text import op_text

MOST = 300
"""The maximum number of parts of one network; more would be illegible."""

_MOST_OPEN = 120
_LINES = 6
_BRANCHES = 3
_RESAMPLING_DEPTH = 4
_UP, _DOWN = "\N{UPWARDS ARROW}", "\N{DOWNWARDS ARROW}"
_JOINS = ((Add, "+"), (Mul, "\N{MULTIPLICATION SIGN}"), (Concat, "c"))
_LONG_NUMBER = re.compile(r"\d+\.\d{4,}")


@dataclass(frozen=True, slots=True)
class _Step:
    """A node of the network, with the names that its values have in the whole figure."""

    node: Node
    path: str
    reads: tuple[str, ...]
    yields: tuple[str, ...]
    inputs: Shapes
    costs: Costs
    title: str


def lattice_of(network: Network) -> Lattice:
    """The parts of a network.

    Raises:
        NotDrawn: there are too many parts.
    """
    steps, names = _steps(network, _openable)
    if len(steps) > _MOST_OPEN:
        steps, names = _steps(network, lambda body: not body.nodes)
    reading = _Reading(network, steps, names)
    parts = reading.parts()
    if len(parts) > MOST:
        raise NotDrawn(
            f"`{short(network.name)}` has {len(parts)} parts outside of stages and blocks, but a lattice shows at most "
            f"{MOST}; use --view ops"
        )
    return Lattice(parts)


def _openable(body: Body) -> bool:
    """Whether a block is drawn as the branches that it consists of; an empty one is nothing but its input."""
    wide = [node for node in body.nodes if isinstance(node, Layer) and len(node.inputs) >= _BRANCHES]
    return not body.nodes or (len(wide) == 1 and isinstance(wide[0].op, Add | Concat))


def _steps(network: Network, opened: Callable[[Body], bool]) -> tuple[list[_Step], dict[str, str]]:
    names = {given.name: given.name for given in network.inputs}
    walk = _Steps(opened)
    return list(walk.of(network.nodes, network.values, names, "", "")), names


class _Steps:
    """Walks a graph and the blocks in it that are drawn open."""

    def __init__(self, opened: Callable[[Body], bool]) -> None:
        self._opened = opened
        self._called: set[str] = set()

    def of(
        self, nodes: Sequence[Node], values: Mapping[str, Shape], names: dict[str, str], prefix: str, title: str
    ) -> Iterator[_Step]:
        """The nodes in order; `names` gets the names that values of the graph have in the figure."""
        for node in nodes:
            reads = tuple([names[value] for value in node.inputs])
            outputs = [output_name(node.name, index) for index in range(len(node.shapes))]
            path = f"{prefix}{node.path}"
            if isinstance(node, Call) and self._opened(node.body):
                inner = node.body.entered(reads)
                origin = node.body.origin.name
                yield from self.of(node.body.nodes, node.body.values, inner, f"{path}.", title or origin)
                names[node.name] = inner[node.body.output]
                continue
            own = tuple([f"{prefix}{output}" for output in outputs])
            names.update(zip(outputs, own, strict=True))
            costs = node_costs(node, values)
            again = path in self._called
            self._called.add(path)
            inputs = tuple([values[value] for value in node.inputs])
            yield _Step(node, path, reads, own, inputs, costs.stateless() if again else costs, title)


class _Reading:
    """Makes parts of steps."""

    def __init__(self, network: Network, steps: Sequence[_Step], names: Mapping[str, str]) -> None:
        self._network = network
        self._steps = steps
        self._telling = telling_arguments(network)
        self._outputs = [(output_text(tap), names[tap.value]) for tap in network.outputs]
        read: Iterable[str] = [*(value for step in steps for value in step.reads), *(name for _, name in self._outputs)]
        self._readers = Counter(read)
        self._joined = {value for step in steps if _sign(step) for value in step.reads}
        self._parts: list[LatticePart] = []
        self._values: dict[str, Value] = {}

    def parts(self) -> list[LatticePart]:
        for given in self._network.inputs:
            many = len(self._network.inputs) > 1
            label = [given.name, show(given.shape)] if many else ["input", show(given.shape)]
            self._add(LatticePart("input", label, (given.shape,), kind="input"), (given.name,))
        for step in self._steps:
            self._step(step)
        for name, value in self._outputs:
            made = self._values[value]
            shape = self._parts[made.part].shapes[made.output]
            self._add(LatticePart("output", [short(name)], (shape,), (made,), short(name)), ())
        return self._parts

    def _add(self, part: LatticePart, yields: Sequence[str]) -> None:
        for output, value in enumerate(yields):
            self._values[value] = Value(len(self._parts), output)
        self._parts.append(part)

    def _step(self, step: _Step) -> None:
        node = step.node
        sign = _sign(step)
        if sign:
            self._new(step, "join", [sign], "join")
        elif isinstance(node, Stage):
            title = node.title or node.path
            self._new(step, "box", [title, *self._runs(node)], "block")
        elif isinstance(node, Call):
            self._block(step, node)
        else:
            self._layer(step, node)

    def _new(self, step: _Step, form: Form, label: list[str], kind: Kind, *, words: str = "") -> None:
        reads = tuple([self._values[value] for value in step.reads])
        about = words or (op_text(step.node.op, step.inputs) if isinstance(step.node, Layer) else "")
        shapes = step.node.shapes
        part = LatticePart(
            form, label, shapes, reads, step.path, [about] if about else [], kind, step.costs, step.title
        )
        self._add(part, step.yields)

    # --------------------------------------------------------- blocks and stages

    def _runs(self, stage: Stage) -> list[str]:
        counts: Counter[str] = Counter()
        for run in stage.runs:
            counts[self._name(run.body)] += run.count
        lines = [f"{name} x {figure_text(count)}" if count > 1 else name for name, count in counts.items()]
        if len(lines) <= 2:
            return lines
        return [f"{stage.runs[0].body.origin.name} x {figure_text(stage.blocks)}"]

    def _block(self, step: _Step, call_: Call) -> None:
        name = self._name(call_.body)
        if self._is_resampling(step, call_.body):
            self._new(step, "resample", [_ratio(step.inputs[0], step.node.shapes[0])], "block", words=name)
            return
        only = _only_layer(call_.body)
        if only is None:
            self._new(step, "box", [name], "block", words=name)
        else:
            self._labelled(step, only[0], only[1], name)

    def _is_resampling(self, step: _Step, body: Body) -> bool:
        """Whether a block only brings a value to the resolution of what it is joined with."""
        before, after = size_of(step.inputs[0]), size_of(step.node.shapes[0])
        plain = not any(isinstance(node, Layer) and node.joins for node in body.nodes)
        short_enough = body_costs(body).depth <= _RESAMPLING_DEPTH
        return (
            before != after != (1,)
            and plain
            and short_enough
            and self._readers[step.yields[0]] == 1
            and (step.yields[0] in self._joined)
        )

    def _name(self, body: Body) -> str:
        origin = body.origin
        visible = self._telling.get((origin.source, origin.name), frozenset())
        return _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.3g}", call(origin, visible))

    # ------------------------------------------------------------------ layers

    def _layer(self, step: _Step, layer: Layer) -> None:
        op = layer.op
        resampled = _resampled(layer, step.inputs)
        if resampled:
            self._new(step, "resample", [resampled], kind_of(op))
            return
        label = label_of(op, step.inputs)
        before = self._before(step)
        if label is None and before is not None:
            self._extend(before, step, op_text(op, step.inputs))
        elif label is None:
            small = isinstance(op, Scale | Split)
            self._new(step, "resample", [written(op, step.inputs) if small else op.op], kind_of(op))
        else:
            self._labelled(step, label, kind_of(op), label)

    def _labelled(self, step: _Step, label: str, kind: Kind, words: str) -> None:
        """A layer with a label: a line of the box before it, or a box of its own."""
        before = self._before(step)
        if before is not None and before.form == "box" and before.kind != "block" and _fits(before, label):
            self._extend(before, step, words)
            name, _, times = before.label[-1].partition(" x ")
            if name == label:
                before.label[-1] = f"{label} x {int(times or 1) + 1}"
            else:
                before.label.append(label)
        else:
            self._new(step, "box", [label], kind, words=words)

    def _before(self, step: _Step) -> LatticePart | None:
        """The part that a layer continues: it alone reads the only value of that part, and keeps its size."""
        if len(step.reads) != 1 or self._readers[step.reads[0]] != 1 or isinstance(step.node, Stage):
            return None
        if isinstance(step.node, Layer) and isinstance(step.node.op, Scale | Split):
            return None
        part = self._parts[self._values[step.reads[0]].part]
        same = size_of(step.node.shapes[0]) == part.size and len(part.shapes) == 1 and part.title == step.title
        return part if same and part.form != "input" and len(step.node.shapes) == 1 else None

    def _extend(self, part: LatticePart, step: _Step, words: str) -> None:
        part.op.append(words)
        part.costs = part.costs + step.costs
        part.shapes = step.node.shapes
        self._values[step.yields[0]] = self._values[step.reads[0]]


def _fits(part: LatticePart, label: str) -> bool:
    """Whether a box has room for one more line; a line that is the same again is only counted."""
    return len(part.label) < _LINES or part.label[-1].partition(" x ")[0] == label


def _only_layer(body: Body) -> tuple[str, Kind] | None:
    """The label and the kind of a block that is a single layer with norms and activations around it."""
    found: list[tuple[str, Kind]] = []
    for node in body.nodes:
        if not isinstance(node, Layer) or node.joins or len(node.inputs) > 1:
            return None
        label = label_of(node.op, tuple([body.values[value] for value in node.inputs]))
        found += [(label, kind_of(node.op))] if label else []
    return found[0] if len(found) == 1 else None


def _sign(step: _Step) -> str:
    """The sign of a join in its circle; empty for everything else."""
    op = step.node.op if isinstance(step.node, Layer) else None
    return next((sign for kind, sign in _JOINS if isinstance(op, kind) and len(step.reads) > 1), "")


def _resampled(layer: Layer, inputs: Shapes) -> str:
    """The label of a layer without weights that changes the resolution; empty for all others."""
    op = layer.op
    if isinstance(op, Conv) or not isinstance(op, GlobalPool | WindowPool | Upsample):
        return ""
    if isinstance(op, GlobalPool):
        return label_of(op, inputs) or op.op
    ratio = _ratio(inputs[0], layer.shapes[0])
    if isinstance(op, Upsample):
        return ratio
    return f"{'max' if isinstance(op, MaxPool) else 'avg'} {ratio}" if ratio else ""


def _ratio(before: Shape, after: Shape) -> str:
    """How a resolution changes, as an arrow and a factor; empty if it does not."""
    axes = max(len(before), len(after)) - 1
    one, other = [shape[1:] or (1,) * axes for shape in (before, after)]
    if one == other:
        return ""
    up = all(to >= at for at, to in zip(one, other, strict=True))
    pairs = zip(other, one, strict=True) if up else zip(one, other, strict=True)
    ratios = tuple([max(1, round(large / small)) for large, small in pairs])
    return f"{_UP if up else _DOWN}{per_axis_text(ratios)}"
