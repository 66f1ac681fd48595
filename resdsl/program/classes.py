"""The classes of a network's blocks: which bodies share a class, and what it computes.

A block that changes the shape has a shortcut that its repeats do not have; otherwise they are alike. Such bodies share
a class, in which that module may be None. Bodies that differ in more have classes of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from resdsl.ir.network import INPUT, Body, Layer, Network, Node
from resdsl.ir.walk import bodies, called
from resdsl.ops.forms import TorchForm, TorchModule
from resdsl.program.containers import containers, is_row
from resdsl.program.forms import first_value, form_of, is_filled, state_of
from resdsl.program.schedule import Graph, Program, Variable

FLOWING = Variable("input")
"""The variable for the input of a block: the caller holds it as well, so it is never overwritten."""


@dataclass(eq=False)
class BlockClass:
    """A class, and the bodies that share it.

    Attributes:
        whole: a body that has every node.
        bodies: all bodies, including `whole`.
        absent: nodes that some bodies lack, and the value that is read instead.
    """

    whole: Body
    bodies: list[Body]
    absent: dict[str, str] = field(default_factory=dict)

    @cached_property
    def forms(self) -> dict[str, TorchForm]:
        """The form of each layer of the whole body, by name."""
        return {node.name: form_of(self.whole, node) for node in self.whole.nodes if isinstance(node, Layer)}

    def uses_of(self, name: str) -> list[tuple[TorchForm, Body, Layer]]:
        """The layer in each body that has it."""
        found = [(body, nodes.get(name)) for body, nodes in self._layers]
        return [(form_of(body, layer), body, layer) for body, layer in found if layer is not None]

    @cached_property
    def _layers(self) -> list[tuple[Body, dict[str, Layer]]]:
        return [(body, {node.name: node for node in body.nodes if isinstance(node, Layer)}) for body in self.bodies]

    @cached_property
    def handed_in(self) -> frozenset[str]:
        """Layers whose module some bodies lack, or have of another class; it is passed to the constructor."""
        differ = (name for name in self.forms if len({_module_kind(form) for form, _, _ in self.uses_of(name)}) > 1)
        return frozenset([*differ, *(self.forms.keys() & self.absent)])

    @cached_property
    def is_row(self) -> bool:
        """Whether an `nn.Sequential` made by a function is enough."""
        whole = self.whole
        if len(whole.inputs) > 1 or len(whole.outputs) > 1 or self.handed_in:
            return False
        if not is_row(whole.nodes, self.forms, whole.output):
            return False
        return not any(is_filled(body, layer) for body, layers in self._layers for layer in layers.values())

    @cached_property
    def program(self) -> Program:
        """What the class computes."""
        nodes, outputs = self.whole.nodes, self.whole.outputs
        within = {nodes[0].name: nodes} if self.is_row else containers(nodes, self.forms, outputs)
        fresh = {name for name in self.forms if all(form.fresh for form, _, _ in self.uses_of(name))}
        graph = Graph(nodes, self.forms, outputs, within, self.absent, self.handed_in, fresh, sums_overwrite=True)
        beside = {name: Variable("input", name=name) for name in self.whole.beside}
        return Program(graph, {INPUT: FLOWING, **beside})


def classes_of(network: Network) -> list[BlockClass]:
    """The classes of a network's blocks, each after the classes that it calls."""
    heights: dict[Body, int] = {}
    definitions: dict[object, list[Body]] = {}
    for _, body in bodies(network):
        heights[body] = 1 + max((heights[inner] for _, inner in called(body.nodes)), default=0)
        origin = body.origin
        given = body.beside, tuple(map(len, body.inputs))
        definitions.setdefault((origin.kind, origin.name, origin.source, given), []).append(body)
    in_order = sorted(definitions.values(), key=lambda group: max(heights[body] for body in group))
    return [each for group in in_order for each in _classes(group)]


def _classes(group: list[Body]) -> list[BlockClass]:
    """The bodies of one definition in as few classes as possible; those with more nodes come first."""
    wirings: dict[object, list[Body]] = {}
    for body in group:
        wiring = tuple((node.name, node.path, node.inputs, _kind(body, node)) for node in body.nodes)
        wirings.setdefault((wiring, body.outputs), []).append(body)
    found: list[BlockClass] = []
    for alike in sorted(wirings.values(), key=lambda each: -len(each[0].nodes)):
        for one in found:
            absent = _absent(one.whole, alike[0])
            if absent is not None and _agree(one.absent, absent):
                one.absent |= absent
                one.bodies += alike
                break
        else:
            found.append(BlockClass(alike[0], list(alike)))
    return found


def _agree(one: dict[str, str], other: dict[str, str]) -> bool:
    return all(other.get(name, value) == value for name, value in one.items())


def _module_kind(form: TorchForm) -> object:
    """A key that is equal for modules that differ in numbers only."""
    if not isinstance(form, TorchModule):
        return None
    return form.name, form.definition, form.positional, tuple(name for name, _ in form.arguments)


def _kind(body: Body, node: Node) -> object:
    """A key that must be equal for nodes that share one line of source."""
    if not isinstance(node, Layer):
        return type(node).__name__
    form = form_of(body, node)
    if isinstance(form, TorchModule):
        # A module that is handed in cannot be filled by who takes it, and a row stays a row.
        alike = is_filled(body, node) or node.path[0].isdigit()
        starts = ((each.name, first_value(form, each).function) for each in state_of(body, node))
        return form.before, (form.name, tuple(starts)) if alike else None
    return form.template, tuple(name for name, _ in form.arguments), form.holds and len(form.holds.shape)


def _absent(whole: Body, part: Body) -> dict[str, str] | None:
    """The nodes of `whole` that `part` lacks, with the value that replaces each; None if they differ in more."""
    there = {node.name: node for node in part.nodes}
    missing = {node.name: node for node in whole.nodes if node.name not in there}
    if not missing or len(whole.nodes) - len(missing) != len(there):
        return None
    if not all(_may_be_none(whole, node) for node in missing.values()):
        return None
    common = [node for node in whole.nodes if node.name in there]
    if [node.name for node in common] != [node.name for node in part.nodes]:
        return None
    stands: dict[str, str] = {}
    for node in common:
        other = there[node.name]
        if (node.path, _kind(whole, node), len(node.inputs)) != (other.path, _kind(part, other), len(other.inputs)):
            return None
        for value, instead in zip(node.inputs, other.inputs, strict=True):
            if not _stands(value, instead, missing, stands):
                return None
    if len(whole.outputs) != len(part.outputs):
        return None
    for value, instead in zip(whole.outputs, part.outputs, strict=True):
        if not _stands(value, instead, missing, stands):
            return None
    for name, node in missing.items():
        stands.setdefault(name, node.inputs[0])
    return stands if _known_in_time(whole, stands) else None


def _stands(value: str, instead: str, missing: dict[str, Node], stands: dict[str, str]) -> bool:
    """Whether one value may be read instead of another; if so, it is recorded."""
    if value not in missing:
        return value == instead
    return stands.setdefault(value, instead) == instead


def _may_be_none(body: Body, node: Node) -> bool:
    """Whether a node can be a module that some bodies leave out; a container cannot have None."""
    if node.name != node.path or "." in node.path or node.path.isdigit():
        return False
    if not isinstance(node, Layer):
        return len(node.shapes) == 1
    form = form_of(body, node)
    alone = len(node.inputs) == 1 and len(node.shapes) == 1
    return alone and isinstance(form, TorchModule) and form.before is None and not is_filled(body, node)


def _known_in_time(whole: Body, stands: dict[str, str]) -> bool:
    """Whether the value that replaces a node is computed before it."""
    known = {INPUT, *whole.beside}
    for node in whole.nodes:
        if node.name in stands and stands[node.name].partition(":")[0] not in known:
            return False
        known.add(node.name)
    return True
