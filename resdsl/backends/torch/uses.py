"""What all uses of a block have in common, and how they differ.

Every number in a class is compared across all uses of its definition and becomes a text that is right in each of them
(`resdsl.backends.torch.parameters`). A module that has different classes in different uses, or is missing from some,
becomes a slot, which the caller fills.
"""

from __future__ import annotations

from collections.abc import Callable

from resdsl.backends.torch.construction import Construction, Plain, Series, literal, module_of, parameter_text
from resdsl.backends.torch.initial import Filling
from resdsl.backends.torch.members import members_of
from resdsl.backends.torch.names import TOP_NAMES, Taken, local_name, variable
from resdsl.backends.torch.parameters import CHANNELS, Parameters, Values, same
from resdsl.ir.modules import MODULE_NAMES
from resdsl.ir.network import INPUT, Body, DimsValue, Layer, Node, Value
from resdsl.ops.forms import TorchExpression, TorchModule
from resdsl.ops.records import Constant
from resdsl.program.classes import BlockClass
from resdsl.program.forms import first_value, form_of, state_of

Maker = Callable[[Node], Construction | Series | None]
"""The construction of a call or a stage; None if it is not known yet."""
Flow = tuple[str, Values] | None
SEQUENTIAL = "nn.Sequential"


class Uses:
    """The uses of one class.

    Args:
        block: the class and the bodies that share it.
        make: makes the blocks within these bodies.

    Attributes:
        members: the modules of the class.
        parameters: its number parameters.
        slots: the modules passed to it: parameters with their nodes.
        texts: the expression that makes each of the other modules and parameters, by path.
        fillings: further initialisation, by path.
        stored: the statements that store numbers in the module.
        arguments: for each layer that is an expression, the texts of its numbers.

    Raises:
        UnusablePath: a path is not valid as that of a PyTorch module.
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
        self._met: dict[str, str] = {}
        self.slots: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.fillings: dict[str, list[Filling]] = {}
        self.stored: list[str] = []
        self.arguments: dict[str, dict[str, str]] = {}
        for node in block.whole.nodes:
            self._meet(node)

    def _given(self) -> dict[str, Values]:
        """The values given to each use: channels, then the arguments of the definition."""
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
        """The values inferred from shapes for each use; a shortcut has no others."""
        from_shapes: dict[str, Values] = {"out": tuple(body.shape[0] for body in self._bodies)}
        strides = tuple(_stride(body) for body in self._bodies)
        return {**from_shapes, "stride": strides} if all(strides) else from_shapes

    def _meet(self, node: Node) -> None:
        """Find the text that makes the module of a node, or the numbers of its expression."""
        flow = self._flows.get(node.inputs[0].partition(":")[0])
        self._flows[node.name] = None
        first = self._met.setdefault(node.path, node.name)
        if first != node.name:
            if first in self.arguments:
                self.arguments[node.name] = self.arguments[first]
            return
        if node.name in self._absent:
            self._slot(node)
            return
        found: dict[str, Values] = {}
        form = self._block.forms.get(node.name)
        if isinstance(form, TorchExpression):
            self._store(node)
            if form.holds:
                self.texts[node.path] = self._parameter(node, flow)
        else:
            found = self._module(node, flow)
        if isinstance(node, Layer) or len(node.shapes) == 1:
            self._flows[node.name] = self._flow_behind(node, flow, found)

    def _module(self, node: Node, flow: Flow) -> dict[str, Values]:
        """Find the text of a module; if uses differ by more than numbers, it becomes a slot."""
        made = [self._made(node.name, use) for use in range(len(self._bodies))]
        if len({each.kind if each else None for each in made}) > 1 or made[0] is None:
            self._slot(node)
            return {}
        rows = [each for each in made if isinstance(each, Series)]
        if rows:
            self.texts[node.path] = f"{rows[0].callee}({', '.join(self.parameters.in_series(rows))})"
            return {}
        singles = [each for each in made if isinstance(each, Construction)]
        self.texts[node.path], found = self.parameters.constructed(singles, flow, own=_own(node))
        self._fill(node)
        return found

    def _made(self, name: str, use: int) -> Construction | Series | None:
        """The construction of a module in one use."""
        node = self._nodes[use][name]
        if not isinstance(node, Layer):
            return self._make(node)
        form = form_of(self._bodies[use], node)
        return module_of(form, in_place=name in self._block.program.in_place) if isinstance(form, TorchModule) else None

    def _slot(self, node: Node) -> None:
        """Make a module a slot, to be filled by the caller."""
        self.slots[self._names.free(local_name(node.path))] = node.name

    def _fill(self, node: Node) -> None:
        """Record the tensors of a layer that are initialised differently from PyTorch's default."""
        layers = [(form, state_of(body, layer)) for form, body, layer in self._block.uses_of(node.name)]
        names = dict.fromkeys(tensor.name for _, state in layers for tensor in state)
        for name in names:
            first = [first_value(form, each) for form, state in layers for each in state if each.name == name]
            functions = {each.function for each in first if not each.is_default}
            if functions:
                own = f"{_own(node)}_init"
                number = self.parameters.express("init", tuple(each.number for each in first), own=own)
                self.fillings.setdefault(node.path, []).append(Filling(name, functions.pop(), number))

    def _parameter(self, node: Node, flow: Flow) -> str:
        """The expression that makes a parameter of the block itself."""
        held = [form.holds for form, _, _ in self._block.uses_of(node.name) if isinstance(form, TorchExpression)]
        tensors = [tensor for tensor in held if tensor]
        sizes = zip(*(tensor.shape for tensor in tensors), strict=True)
        firsts = tuple(tensor.init.value for tensor in tensors if isinstance(tensor.init, Constant))
        return parameter_text(
            [self.parameters.express(CHANNELS, each, flow, own=_own(node, CHANNELS)) for each in sizes],
            self.parameters.express("init", firsts, own=_own(node, "init")),
        )

    def _store(self, node: Node) -> None:
        """The numbers of an expression: literals if they agree in all uses, and otherwise stored in the module."""
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
        """The output channels of a node, as an expression that is right in every use."""
        values = tuple(nodes[node.name].shapes[0][0] for nodes in self._nodes)
        if flow and flow[1] == values:
            return flow
        return next(((text, values) for text, numbers in found.items() if numbers == values), None)


def _own(node: Node, field: str = "") -> str:
    """The name for a new parameter of a node."""
    place = node.path.rpartition(".")[2]
    kind = node.op.op if isinstance(node, Layer) else "block"
    name = place if place.isidentifier() else kind
    return f"{name}_{field}" if field else name


def _number(value: Value) -> Plain:
    """An argument as a Python number; None if it is not a number."""
    if isinstance(value, DimsValue):
        return value.dims
    return value if isinstance(value, bool | int | float) else None


def _stride(body: Body) -> int:
    """The subsampling factor of a body; 0 if it differs between axes."""
    strides = {-(-size // after) for size, after in zip(body.inputs[0][1:], body.shape[1:], strict=False)}
    return strides.pop() if len(strides) == 1 and len(body.shape) == len(body.inputs[0]) else 0
