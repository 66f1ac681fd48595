"""The class of one block, written from all its uses at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from resdsl.backends.torch.construction import Construction, Plain, Series, literal, module_of
from resdsl.backends.torch.describe import block_docstring
from resdsl.backends.torch.forward import Graph, Statements, overwriting
from resdsl.backends.torch.initial import filling, first_value
from resdsl.backends.torch.layout import INDENT, signature, statement
from resdsl.backends.torch.members import Member, Members, members_of
from resdsl.backends.torch.names import MODULE_NAMES, Taken, class_name, variable
from resdsl.backends.torch.parameters import CHANNELS, Parameter, Parameters, Values, same
from resdsl.backends.torch.variants import Variant, form_of, reads
from resdsl.ir.network import INPUT, Body, DimsValue, Layer, Node, Value
from resdsl.ops.forms import TorchExpression, TorchModule

Maker = Callable[[Body, Node], Construction | Series | None]
"""How a body makes one of its blocks or stages; None where that cannot be said yet."""
Flow = tuple[str, Values] | None
_ONE, _TWO = INDENT, 2 * INDENT
_SEQUENTIAL = "nn.Sequential"


@dataclass(frozen=True)
class Block:
    """A class, or a function that makes a module, and what it takes.

    Attributes:
        name: its name.
        lines: its source.
        parameters: its numbers, those without a default first.
        slots: modules that it is given, by parameter: the nodes that they are.
    """

    name: str
    lines: list[str]
    parameters: list[Parameter]
    slots: dict[str, str]

    def construction(self, use: int, slots: dict[str, Construction]) -> Construction:
        """The call that makes the block of one use."""
        numbers: list[tuple[str, Plain | Construction]] = [(each.name, each.values[use]) for each in self.parameters]
        needed = sum(each.default is None for each in self.parameters)
        defaults = tuple((each.name, each.default) for each in self.parameters if each.default is not None)
        return Construction(self.name, (*numbers, *slots.items()), min(needed, 3), defaults)


class BlockWriter:
    """Writes the class of the bodies of one definition.

    Args:
        variant: the bodies.
        make: how they make the blocks within them.
        taken: the names at the top of the file.

    Raises:
        UnusablePath: a path is none that PyTorch can have.
    """

    def __init__(self, variant: Variant, make: Maker, taken: Taken) -> None:
        self._variant = variant
        self._bodies = variant.bodies
        self._whole = variant.whole
        self._make = make
        forms = {node.name: form_of(self._whole, node) for node in self._whole.nodes if isinstance(node, Layer)}
        self._members = members_of(self._whole.nodes, forms, {self._whole.output})
        self._graph = Graph(self._whole.nodes, forms, self._members, (self._whole.output,), variant.absent)
        self._in_place = overwriting(self._graph)
        self._attributes = Taken({*MODULE_NAMES, *self._members.tree})
        known = self._given()
        found = {name: values for name, values in self._seen().items() if name not in known}
        known |= found
        self._names = Taken({"self", "x", *known})
        self._parameters = Parameters(len(self._bodies), known, self._names, found)
        self._flows: dict[str, Flow] = {INPUT: (CHANNELS, tuple(body.inputs[0][0] for body in self._bodies))}
        self._slots: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._fillings: dict[str, list[str]] = {}
        self._stored: dict[str, dict[str, str]] = {}
        self._storing: list[str] = []
        self._row: list[str] = []
        for node in self._whole.nodes:
            self._meet(node)
        self.block = self._function(taken) if self._is_row() else self._class(taken)

    def _given(self) -> dict[str, Values]:
        """What each use was given: channels, then the arguments of the definition."""
        known: dict[str, Values] = {CHANNELS: tuple(body.inputs[0][0] for body in self._bodies)}
        origin = self._whole.origin
        for position, argument in enumerate(origin.arguments):
            values = [_number(body.origin.arguments[position].value) for body in self._bodies]
            plain = tuple(value for value in values if value is not None)
            if len(plain) == len(values):
                known.setdefault(variable(argument.name, f"argument{position + 1}"), plain)
        return known

    def _seen(self) -> dict[str, Values]:
        """What shapes tell of each use; a shortcut knows no more."""
        seen: dict[str, Values] = {"out": tuple(body.shape[0] for body in self._bodies)}
        strides = tuple(_stride(body) for body in self._bodies)
        return {**seen, "stride": strides} if all(strides) else seen

    def _meet(self, node: Node) -> None:
        """Find the text that makes a node's module, or the numbers of its expression."""
        flow = self._flows.get(node.inputs[0].partition(":")[0])
        self._flows[node.name] = None
        if node.path in self._texts or node.path != node.name:
            return
        if node.name in self._variant.absent:
            self._slot(node)
            return
        found: dict[str, Values] = {}
        form = self._graph.forms.get(node.name)
        if isinstance(form, TorchExpression):
            self._store(node, form)
        else:
            found = self._module(node, flow)
        self._flows[node.name] = self._flow_behind(node, flow, found)

    def _module(self, node: Node, flow: Flow) -> dict[str, Values]:
        made = [self._made(body, node) for body in self._bodies]
        singles = [each for each in made if isinstance(each, Construction)]
        rows = [each for each in made if isinstance(each, Series)]
        if len(singles) == len(made) and len({each.kind for each in singles}) == 1:
            self._texts[node.path], found = self._parameters.constructed(singles, flow, own=_own(node))
            self._fill(node)
            return found
        if len(rows) == len(made) and len({each.kind for each in rows}) == 1:
            self._texts[node.path] = f"{_SEQUENTIAL}({', '.join(self._parameters.in_series(rows))})"
            return {}
        self._slot(node)
        return {}

    def _made(self, body: Body, node: Node) -> Construction | Series | None:
        """How a use makes a module that stands in all of them."""
        if not isinstance(node, Layer):
            return self._make(body, _named(body, node.name))
        layer = _named(body, node.name)
        form = form_of(body, layer) if isinstance(layer, Layer) else None
        return module_of(form, in_place=node.name in self._in_place) if isinstance(form, TorchModule) else None

    def _slot(self, node: Node) -> None:
        """Leave a module to whoever makes the block."""
        name = f"part{node.path}" if node.path[0].isdigit() else node.path.replace(".", "_")
        self._slots[self._names.free(name)] = node.name

    def _fill(self, node: Node) -> None:
        """Note what fills the tensors of a layer that PyTorch would fill otherwise."""
        if not isinstance(node, Layer):
            return
        uses = [(form_of(body, layer), layer.op.state(reads(body, layer))) for body, layer in self._uses(node)]
        for at, tensor in enumerate(uses[0][1]):
            values = [first_value(form, state[at]) for form, state in uses]
            functions = {value[0] for value in values if value}
            if not functions:
                continue
            function = min(functions)
            numbers = tuple(value[1] if value else 1.0 for value in values)
            text = self._parameters.express("init", numbers, own=f"{_own(node)}_init")
            target = f"{self._members.access[node.path]}.{tensor.name}"
            self._fillings.setdefault(node.path, []).append(filling(target, function, text))

    def _uses(self, node: Node) -> list[tuple[Body, Layer]]:
        found = ((body, _named(body, node.name)) for body in self._bodies)
        return [(body, layer) for body, layer in found if isinstance(layer, Layer)]

    def _store(self, node: Node, form: TorchExpression) -> None:
        """The numbers of an expression: written where they are the same everywhere, else kept in the module."""
        uses = [form_of(body, layer) for body, layer in self._uses(node)]
        for position, (name, _) in enumerate(form.arguments):
            values = tuple(each.arguments[position][1] for each in uses)
            text = literal(values[0])
            if not same(values[:1] * len(values), values):
                attribute = self._attributes.free(name)
                number = self._parameters.express(name, values, own=_own(node, name))
                self._storing.append(f"self.{attribute} = {number}")
                text = f"self.{attribute}"
            self._stored.setdefault(node.name, {})[name] = text

    def _flow_behind(self, node: Node, flow: Flow, found: dict[str, Values]) -> Flow:
        """The channels behind a node, as an expression that is right in every use."""
        values = tuple(_named(body, node.name).shapes[0][0] for body in self._bodies)
        if flow and flow[1] == values:
            return flow
        return next(((text, values) for text, numbers in found.items() if numbers == values), None)

    def _is_row(self) -> bool:
        """Whether a function that makes an `nn.Sequential` will do."""
        nodes = self._whole.nodes
        if not nodes or self._slots or self._fillings or self._whole.output != nodes[-1].name:
            return False
        before = INPUT
        for position, node in enumerate(nodes):
            form = self._graph.forms.get(node.name)
            plain = isinstance(form, TorchModule) and form.before is None
            if not plain or node.path != str(position) or node.inputs != (before,):
                return False
            before = node.name
        return True

    def _function(self, taken: Taken) -> Block:
        origin = self._whole.origin
        name = taken.free(variable(f"{origin.kind}_{origin.name}".lower(), origin.kind))
        parameters = self._parameters.needed()
        lines = signature(name, [each.declaration for each in parameters], _SEQUENTIAL, 0)
        lines += block_docstring(self._variant, parameters, self._slots, _ONE)
        row = ", ".join(self._texts[node.path] for node in self._whole.nodes)
        return Block(name, [*lines, *_opened(f"return {_SEQUENTIAL}", row, _ONE)], parameters, {})

    def _class(self, taken: Taken) -> Block:
        origin = self._whole.origin
        prefix = "Shortcut" if origin.kind == "shortcut" else ""
        name = taken.free(prefix + class_name(origin.name, origin.kind.capitalize()))
        base = "nn.ModuleDict" if self._members.numbered else "nn.Module"
        statements = Statements(self._with_stored(), {INPUT: "x"}, "out", sums_overwrite=True)
        parameters = self._parameters.needed()
        slots = [f"{slot}: nn.Module{self._or_none(node)}" for slot, node in self._slots.items()]
        lines = [f"class {name}({base}):", *block_docstring(self._variant, parameters, self._slots, _ONE)]
        if parameters or slots or self._texts:
            declared = sorted((each.declaration for each in parameters), key=lambda text: "=" in text)
            listed = sorted([*declared, *slots], key=lambda text: "=" in text)
            lines += ["", *signature("__init__", ["self", *listed], "None", _ONE), " " * _TWO + "super().__init__()"]
            lines += self._made_members()
            lines += [" " * _TWO + text for text in self._storing]
        lines += ["", *signature("forward", ["self", "x: Tensor"], "Tensor", _ONE), *statements.lines]
        lines.append(f"{' ' * _TWO}return {statements.text(self._whole.output)}")
        return Block(name, lines, parameters, dict(self._slots))

    def _with_stored(self) -> Graph:
        graph = self._graph
        return Graph(graph.nodes, graph.forms, graph.members, graph.outputs, graph.absent, self._stored)

    def _or_none(self, node: str) -> str:
        return " | None = None" if node in self._variant.absent else ""

    def _made_members(self) -> list[str]:
        slots = {self._member_node(node).path: slot for slot, node in self._slots.items()}
        return member_lines(self._members, {**self._texts, **slots}, self._fillings)

    def _member_node(self, name: str) -> Node:
        return _named(self._whole, name)


def member_lines(members: Members, texts: dict[str, str], fillings: dict[str, list[str]]) -> list[str]:
    """The statements that make the modules of a class.

    Args:
        members: the modules.
        texts: what makes each, by path.
        fillings: what else is done to it, by path.
    """
    lines: list[str] = []
    for member in members.tree.values():
        made = _made_text(member, texts)
        opened = member.node is None
        if opened and member.chain:
            row = ", ".join(texts[node.path] for node in member.chain)
            lines += _opened(f"{member.target} = {_SEQUENTIAL}", row, _TWO)
        else:
            lines += statement(made, _TWO, prefix=f"{member.target} = ")
        lines += [" " * _TWO + filling for path in _paths(member) for filling in fillings.get(path, ())]
    return lines


def _made_text(member: Member, texts: dict[str, str]) -> str:
    if member.node is not None:
        return texts[member.node.path]
    inner = ", ".join(f'"{key}": {_made_text(each, texts)}' for key, each in member.inner.items())
    return f"nn.ModuleDict({{{inner}}})"


def _paths(member: Member) -> list[str]:
    if member.node is not None:
        return [member.node.path]
    return [path for each in member.inner.values() for path in _paths(each)]


def _opened(before: str, row: str, indent: int) -> list[str]:
    """A call whose elements stand on lines of their own, unless all fit."""
    prefix, _, callee = before.rpartition(" ")
    return statement(f"{callee}({row})", indent, prefix=f"{prefix} ")


def _own(node: Node, field: str = "") -> str:
    """What a parameter of a node's own is called."""
    place = node.path.rpartition(".")[2]
    kind = node.op.op if isinstance(node, Layer) else "block"
    name = kind if place.isdigit() else place
    return f"{name}_{field}" if field else name


def _named(body: Body, name: str) -> Node:
    return next(node for node in body.nodes if node.name == name)


def _number(value: Value) -> Plain:
    """An argument as Python has it; None for what is no number."""
    if isinstance(value, DimsValue):
        return value.dims
    return value if isinstance(value, bool | int | float) else None


def _stride(body: Body) -> int:
    """By how much a body subsamples all axes; 0 where that is not one number."""
    strides = {-(-size // after) for size, after in zip(body.inputs[0][1:], body.shape[1:], strict=False)}
    return strides.pop() if len(strides) == 1 and len(body.shape) == len(body.inputs[0]) else 0
