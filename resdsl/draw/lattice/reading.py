"""Reads a network as parts: stages and blocks, layers that follow each other, joins, changes of resolution, outputs.

Norms, activations and other layers without a label belong to the part before them. A block whose layers run in
parallel, such as an inception block, is drawn open as long as the figure stays legible.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from resdsl.analysis.costs import body_costs
from resdsl.analysis.rows.tree import telling_arguments
from resdsl.draw.descriptions import short
from resdsl.draw.errors import NotDrawn
from resdsl.draw.labels import Kind, kind_of, label_of, per_axis_text, size_of, written
from resdsl.draw.lattice.parts import Form, Lattice, LatticePart, Value
from resdsl.draw.lattice.steps import LatticeStep, openable, steps_of
from resdsl.draw.texts import figure_text
from resdsl.ir.network import Body, Call, Layer, Network, Stage
from resdsl.ir.text import call, output_text
from resdsl.ops.base import Shape, Shapes, show
from resdsl.ops.conv import Conv
from resdsl.ops.join import Add, Concat, Mul
from resdsl.ops.pool import GlobalPool, MaxPool, WindowPool
from resdsl.ops.regularise import Scale
from resdsl.ops.resample import Upsample
from resdsl.ops.resize import Resize
from resdsl.ops.shape import Split
from resdsl.ops.text import op_text

MOST = 300
"""The maximum number of parts of one network; more would be illegible."""

_MOST_OPEN = 120
_LINES = 6
_RESAMPLING_DEPTH = 4
_UP, _DOWN = "\N{UPWARDS ARROW}", "\N{DOWNWARDS ARROW}"
_JOINS = ((Add, "+"), (Mul, "\N{MULTIPLICATION SIGN}"), (Concat, "c"))
_LONG_NUMBER = re.compile(r"\d+\.\d{4,}")


def lattice_of(network: Network) -> Lattice:
    """The parts of a network.

    Raises:
        NotDrawn: there are too many parts.
    """
    steps, names = steps_of(network, openable)
    if len(steps) > _MOST_OPEN:
        steps, names = steps_of(network, lambda body: not body.nodes)
    reading = _Reading(network, steps, names)
    parts = reading.parts()
    if len(parts) > MOST:
        raise NotDrawn(
            f"`{short(network.name)}` has {len(parts)} parts outside of stages and blocks, but a lattice shows at most "
            f"{MOST}; use --view ops"
        )
    return Lattice(parts)


class _Reading:
    """Makes parts of steps."""

    def __init__(self, network: Network, steps: Sequence[LatticeStep], names: Mapping[str, str]) -> None:
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

    def _step(self, step: LatticeStep) -> None:
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

    def _new(self, step: LatticeStep, form: Form, label: list[str], kind: Kind, *, words: str = "") -> None:
        reads = tuple([self._values[value] for value in step.reads])
        about = words or (op_text(step.node.op, step.inputs) if isinstance(step.node, Layer) else "")
        shapes = step.node.shapes
        op = [about] if about else []
        shared = [step.path] if step.shared else []
        part = LatticePart(form, label, shapes, reads, step.path, op, kind, step.costs, step.opened, shared)
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

    def _block(self, step: LatticeStep, call_: Call) -> None:
        name = self._name(call_.body)
        if self._is_resampling(step, call_.body):
            self._new(step, "resample", [_ratio(step.inputs[0], step.node.shapes[0])], "block", words=name)
            return
        only = _only_layer(call_.body)
        if only is None:
            self._new(step, "box", [name], "block", words=name)
        else:
            self._labelled(step, only[0], only[1], name)

    def _is_resampling(self, step: LatticeStep, body: Body) -> bool:
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

    def _layer(self, step: LatticeStep, layer: Layer) -> None:
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

    def _labelled(self, step: LatticeStep, label: str, kind: Kind, words: str) -> None:
        """A layer with a label: a line of the box before it, or a box of its own."""
        before = self._before(step)
        if before is not None and _takes(before, label, shared=step.shared):
            self._extend(before, step, words)
            name, _, times = before.label[-1].partition(" x ")
            if name == label:
                before.label[-1] = f"{label} x {int(times or 1) + 1}"
            else:
                before.label.append(label)
        else:
            self._new(step, "box", [label], kind, words=words)

    def _before(self, step: LatticeStep) -> LatticePart | None:
        """The part that a layer continues: it alone reads the only value of that part, and keeps its size.

        What is shared continues only what is shared, as the part has its path.
        """
        if len(step.reads) != 1 or self._readers[step.reads[0]] != 1 or isinstance(step.node, Stage):
            return None
        if isinstance(step.node, Layer) and isinstance(step.node.op, Scale | Split):
            return None
        part = self._parts[self._values[step.reads[0]].part]
        same = size_of(step.node.shapes[0]) == part.size and len(part.shapes) == 1 and part.opened == step.opened
        same = same and (bool(part.shared) or not step.shared)
        return part if same and part.form != "input" and len(step.node.shapes) == 1 else None

    def _extend(self, part: LatticePart, step: LatticeStep, words: str) -> None:
        part.op.append(words)
        part.costs = part.costs + step.costs
        part.shared += [step.path] if step.shared else []
        part.shapes = step.node.shapes
        self._values[step.yields[0]] = self._values[step.reads[0]]


def _takes(part: LatticePart, label: str, *, shared: bool) -> bool:
    """Whether a box has room for one more line; a line that is the same again is only counted."""
    alike = part.form == "box" and part.kind != "block" and bool(part.shared) == shared
    return alike and (len(part.lines) < _LINES or part.label[-1].partition(" x ")[0] == label)


def _only_layer(body: Body) -> tuple[str, Kind] | None:
    """The label and the kind of a block that is a single layer with norms and activations around it."""
    found: list[tuple[str, Kind]] = []
    for node in body.nodes:
        if not isinstance(node, Layer) or node.joins or len(node.inputs) > 1:
            return None
        label = label_of(node.op, tuple([body.values[value] for value in node.inputs]))
        found += [(label, kind_of(node.op))] if label else []
    return found[0] if len(found) == 1 else None


def _sign(step: LatticeStep) -> str:
    """The sign of a join in its circle; empty for everything else."""
    op = step.node.op if isinstance(step.node, Layer) else None
    return next((sign for kind, sign in _JOINS if isinstance(op, kind) and len(step.reads) > 1), "")


def _resampled(layer: Layer, inputs: Shapes) -> str:
    """The label of a layer without weights that changes the resolution; empty for all others."""
    op = layer.op
    if isinstance(op, Conv) or not isinstance(op, GlobalPool | WindowPool | Upsample | Resize):
        return ""
    if isinstance(op, GlobalPool):
        return label_of(op, inputs) or op.op
    ratio = _ratio(inputs[0], layer.shapes[0])
    if isinstance(op, Resize) and ratio and not _is_whole(inputs[0], layer.shapes[0]):
        return f"to {show(op.size)}"
    if isinstance(op, Upsample | Resize):
        return ratio
    return f"{'max' if isinstance(op, MaxPool) else 'avg'} {ratio}" if ratio else ""


def _is_whole(before: Shape, after: Shape) -> bool:
    """Whether every axis becomes a whole number of times larger."""
    return all(to % at == 0 for at, to in zip(before[1:], after[1:], strict=True))


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
