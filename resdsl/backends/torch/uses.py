"""What all uses of a block have in common, and by what they differ.

Every number in a class is looked at in all uses of its definition at once, and becomes a text that is
right in each (`resdsl.backends.torch.parameters`). A module that is not of one class in all uses, or
that some of them lack, is a slot: whoever makes the block hands it in.
"""

from __future__ import annotations

from collections.abc import Callable

from resdsl.backends.torch.construction import Construction, Plain, Series, literal, module_of
from resdsl.backends.torch.initial import Filling
from resdsl.backends.torch.members import members_of
from resdsl.backends.torch.names import TOP_NAMES, Taken, variable
from resdsl.backends.torch.parameters import CHANNELS, Parameters, Values, same
from resdsl.ir.modules import MODULE_NAMES
from resdsl.ir.network import INPUT, Body, DimsValue, Layer, Node, Value
from resdsl.ops.forms import TorchExpression, TorchModule
from resdsl.program.classes import BlockClass
from resdsl.program.forms import first_value, form_of, state_of

Maker = Callable[[Node], Construction | Series | None]
"""How a call or a stage is made; None where that cannot be said yet."""
Flow = tuple[str, Values] | None
SEQUENTIAL = "nn.Sequential"


class Uses:
    """The uses of one class.

    Args:
        block: the class, and the bodies that it stands for.
        make: how they make the blocks within them.

    Attributes:
        members: the modules that it holds.
        parameters: the numbers that the class takes.
        slots: the modules that it is given: parameters, and the nodes that they are.
        texts: what makes each of the others, by path.
        fillings: what else is done to them, by path.
        stored: numbers that are kept in the module: the statements.
        arguments: for each layer that is an expression, the texts of its numbers.

    Raises:
        UnusablePath: a path is none that PyTorch can have.
    """

    def __init__(self, block: BlockClass, make: Maker) -> None:
        self._block, self._bodies, self._absent = block, block.bodies, block.absent
        self._nodes = [{node.name: node for node in body.nodes} for body in self._bodies]
        self._make = make
        self.members = members_of(block.whole.nodes, block.forms, block.program.graph.containers)
        self._attributes = Taken({*MODULE_NAMES, *self.members.tree})
        given, from_shapes = self._given(), self._from_shapes()
        found = {name: values for name, values in from_shapes.items() if name not in given}
        self._names = Taken({"self", "x", *TOP_NAMES, *given, *found})
        shortcut = block.whole.origin.kind == "shortcut"
        self.parameters = Parameters(len(self._bodies), given | found, self._names, found, found_first=shortcut)
        self._flows: dict[str, Flow] = {INPUT: (CHANNELS, given[CHANNELS])}
        self._met: set[str] = set()
        self.slots: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.fillings: dict[str, list[Filling]] = {}
        self.stored: list[str] = []
        self.arguments: dict[str, dict[str, str]] = {}
        for node in block.whole.nodes:
            self._meet(node)

    def _given(self) -> dict[str, Values]:
        """What each use was given: channels, then the arguments of the definition."""
        known: dict[str, Values] = {CHANNELS: tuple(body.inputs[0][0] for body in self._bodies)}
        taken = Taken({"self", "x", CHANNELS, *TOP_NAMES})
        given = [{each.name: each.value for each in body.origin.arguments} for body in self._bodies]
        for position, name in enumerate(given[0]):
            values = [_number(each.get(name)) for each in given]
            plain = tuple(value for value in values if value is not None)
            if len(plain) == len(values):
                known[taken.free(variable(name, f"argument{position + 1}"))] = plain
        return known

    def _from_shapes(self) -> dict[str, Values]:
        """What shapes tell of each use; a shortcut knows no more."""
        from_shapes: dict[str, Values] = {"out": tuple(body.shape[0] for body in self._bodies)}
        strides = tuple(_stride(body) for body in self._bodies)
        return {**from_shapes, "stride": strides} if all(strides) else from_shapes

    def _meet(self, node: Node) -> None:
        """Find the text that makes a node's module, or the numbers of its expression."""
        flow = self._flows.get(node.inputs[0].partition(":")[0])
        self._flows[node.name] = None
        if node.path in self._met:
            return
        self._met.add(node.path)
        if node.name in self._absent:
            self._slot(node)
            return
        found: dict[str, Values] = {}
        if isinstance(self._block.forms.get(node.name), TorchExpression):
            self._store(node)
        else:
            found = self._module(node, flow)
        self._flows[node.name] = self._flow_behind(node, flow, found)

    def _module(self, node: Node, flow: Flow) -> dict[str, Values]:
        """Find the text of a module; where uses differ by more than numbers, it is a slot."""
        made = [self._made(node.name, use) for use in range(len(self._bodies))]
        if len({each.kind if each else None for each in made}) > 1 or made[0] is None:
            self._slot(node)
            return {}
        rows = [each for each in made if isinstance(each, Series)]
        if rows:
            self.texts[node.path] = f"{SEQUENTIAL}({', '.join(self.parameters.in_series(rows))})"
            return {}
        singles = [each for each in made if isinstance(each, Construction)]
        self.texts[node.path], found = self.parameters.constructed(singles, flow, own=_own(node))
        self._fill(node)
        return found

    def _made(self, name: str, use: int) -> Construction | Series | None:
        """How one use makes a module."""
        node = self._nodes[use][name]
        if not isinstance(node, Layer):
            return self._make(node)
        form = form_of(self._bodies[use], node)
        return module_of(form, in_place=name in self._block.program.in_place) if isinstance(form, TorchModule) else None

    def _slot(self, node: Node) -> None:
        """Leave a module to whoever makes the block."""
        name = f"part{node.path}" if node.path[0].isdigit() else node.path.replace(".", "_")
        self.slots[self._names.free(name)] = node.name

    def _fill(self, node: Node) -> None:
        """Note what fills the tensors of a layer that PyTorch would fill otherwise."""
        layers = [(form, state_of(body, layer)) for form, body, layer in self._block.uses_of(node.name)]
        names = dict.fromkeys(tensor.name for _, state in layers for tensor in state)
        for name in names:
            first = [first_value(form, each) for form, state in layers for each in state if each.name == name]
            functions = {function for function, _, usual in first if not usual}
            if functions:
                own = f"{_own(node)}_init"
                number = self.parameters.express("init", tuple(number for _, number, _ in first), own=own)
                self.fillings.setdefault(node.path, []).append(Filling(name, functions.pop(), number))

    def _store(self, node: Node) -> None:
        """The numbers of an expression: written where they are the same everywhere, else kept in the module."""
        forms = [form for form, _, _ in self._block.uses_of(node.name)]
        for position, (name, _) in enumerate(forms[0].arguments):
            values = tuple(form.arguments[position][1] for form in forms)
            text = literal(values[0])
            if not same(values[:1] * len(values), values):
                attribute = self._attributes.free(name)
                number = self.parameters.express(name, values, own=_own(node, name))
                self.stored.append(f"self.{attribute} = {number}")
                text = f"self.{attribute}"
            self.arguments.setdefault(node.name, {})[name] = text

    def _flow_behind(self, node: Node, flow: Flow, found: dict[str, Values]) -> Flow:
        """The channels behind a node, as an expression that is right in every use."""
        values = tuple(nodes[node.name].shapes[0][0] for nodes in self._nodes)
        if flow and flow[1] == values:
            return flow
        return next(((text, values) for text, numbers in found.items() if numbers == values), None)


def _own(node: Node, field: str = "") -> str:
    """What a parameter of a node's own is called."""
    place = node.path.rpartition(".")[2]
    kind = node.op.op if isinstance(node, Layer) else "block"
    name = kind if place.isdigit() else place
    return f"{name}_{field}" if field else name


def _number(value: Value) -> Plain:
    """An argument as Python has it; None for what is no number."""
    if isinstance(value, DimsValue):
        return value.dims
    return value if isinstance(value, bool | int | float) else None


def _stride(body: Body) -> int:
    """By how much a body subsamples all axes; 0 where that is not one number."""
    strides = {-(-size // after) for size, after in zip(body.inputs[0][1:], body.shape[1:], strict=False)}
    return strides.pop() if len(strides) == 1 and len(body.shape) == len(body.inputs[0]) else 0
