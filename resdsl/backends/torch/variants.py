"""Bodies of one definition, told apart by their wiring.

A block whose shapes change has a shortcut that its repeats have not; otherwise they are alike. Such
bodies share a class, in which that module may be None. Bodies that differ by more have classes of
their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from resdsl.backends.torch.initial import first_value
from resdsl.ir.network import Body, Layer, Node
from resdsl.ops.base import Shapes
from resdsl.ops.forms import TorchForm, TorchModule
from resdsl.ops.records import Tensor


@dataclass
class Variant:
    """Bodies that one class can stand for.

    Attributes:
        whole: a body that has every node.
        bodies: all of them, `whole` too.
        absent: nodes that some bodies lack, and the value that is read in their stead.
    """

    whole: Body
    bodies: list[Body]
    absent: dict[str, str] = field(default_factory=dict)


def variants_of(bodies: list[Body]) -> list[Variant]:
    """The bodies, as few classes as will do; those with more nodes first."""
    wirings: dict[object, list[Body]] = {}
    for body in bodies:
        wiring = tuple((node.name, node.path, node.inputs, _kind(body, node)) for node in body.nodes)
        wirings.setdefault((wiring, body.output), []).append(body)
    found: list[Variant] = []
    for alike in sorted(wirings.values(), key=lambda each: -len(each[0].nodes)):
        for variant in found:
            absent = _absent(variant.whole, alike[0])
            if absent is not None and _agree(variant.absent, absent):
                variant.absent |= absent
                variant.bodies += alike
                break
        else:
            found.append(Variant(alike[0], list(alike)))
    return found


def reads(body: Body, node: Node) -> Shapes:
    """Shapes of what a node reads."""
    return tuple(body.values[value] for value in node.inputs)


def form_of(body: Body, layer: Layer) -> TorchForm:
    """The PyTorch form of a layer of the body."""
    return layer.op.torch(reads(body, layer))


def _agree(one: dict[str, str], other: dict[str, str]) -> bool:
    return all(other.get(name, value) == value for name, value in one.items())


def _kind(body: Body, node: Node) -> object:
    """What must be equal of a node for one line of source to serve for it."""
    if not isinstance(node, Layer):
        return type(node).__name__
    form = form_of(body, node)
    if isinstance(form, TorchModule):
        # A module that is handed in cannot be filled by who takes it, and a row stays a row.
        alike = _is_filled(body, node) or node.path[0].isdigit()
        return form.before, (form.name, tuple(each.name for each in _state(body, node))) if alike else None
    return form.template, tuple(name for name, _ in form.arguments)


def _absent(whole: Body, part: Body) -> dict[str, str] | None:
    """The nodes that `part` lacks of `whole`, with what stands for each; None where they differ by more."""
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
    if not _stands(whole.output, part.output, missing, stands):
        return None
    for name, node in missing.items():
        stands.setdefault(name, node.inputs[0])
    return stands if _known_in_time(whole, stands) else None


def _stands(value: str, instead: str, missing: dict[str, Node], stands: dict[str, str]) -> bool:
    """Whether one value may be read in the place of another; notes which."""
    if value not in missing:
        return value == instead
    return stands.setdefault(value, instead) == instead


def _may_be_none(body: Body, node: Node) -> bool:
    """Whether a node can be a module that a use leaves out."""
    if not isinstance(node, Layer) or node.path[0].isdigit():
        return node.name == node.path and not node.path[0].isdigit()
    form = form_of(body, node)
    alone = len(node.inputs) == 1 and len(node.shapes) == 1 and node.name == node.path
    return alone and isinstance(form, TorchModule) and form.before is None and not _is_filled(body, node)


def _is_filled(body: Body, layer: Layer) -> bool:
    """Whether something must be said of a layer's first values."""
    form = form_of(body, layer)
    return not all(first_value(form, tensor)[2] for tensor in _state(body, layer))


def _state(body: Body, layer: Layer) -> tuple[Tensor, ...]:
    return layer.op.state(reads(body, layer))


def _known_in_time(whole: Body, stands: dict[str, str]) -> bool:
    """Whether what stands for a node is computed before it."""
    seen = {"input"}
    for node in whole.nodes:
        if node.name in stands and stands[node.name].partition(":")[0] not in seen:
            return False
        seen.add(node.name)
    return True
