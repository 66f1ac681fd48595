"""Which blocks share a generated class, and so a `forward` that is written for all of them.

A block that changes the shape has a shortcut that its repeats have not, and one class serves for both
(`resdsl.backends.torch.variants`): `x if self.downsample is None else self.downsample(out)`. So `out` lives
until there in the repeats as well. Only that much of the rules is here: who shares, and what each lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from resdsl.ir.network import INPUT, Body, Layer, Network, Node
from resdsl.ir.walk import bodies
from resdsl.ops.base import Shape
from resdsl.ops.forms import TorchModule


@dataclass(frozen=True, slots=True)
class Use:
    """A body as its class runs it.

    Attributes:
        nodes: those of the class, with the ops and the bodies of this use where it has them.
        values: the shape of each value.
        output: the value that it yields.
        absent: nodes that some uses of the class lack, and the value that is read in their stead.
        missing: those of them that this use lacks.
    """

    nodes: tuple[Node, ...]
    values: Mapping[str, Shape]
    output: str
    absent: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()


def uses_of(network: Network) -> dict[Body, Use]:
    """Every distinct body of a network as its class runs it."""
    alike: dict[object, list[Body]] = {}
    for _, body in bodies(network):
        origin = body.origin
        alike.setdefault((origin.kind, origin.name, origin.source, len(body.inputs[0])), []).append(body)
    return {body: use for group in alike.values() for body, use in _uses(group)}


def _uses(group: list[Body]) -> Iterator[tuple[Body, Use]]:
    """The uses of one definition: each body with the first larger one that it fits into."""
    classes: list[tuple[Body, dict[str, str], list[Body]]] = []
    for body in sorted(group, key=lambda each: -len(each.nodes)):
        for whole, absent, parts in classes:
            stands = _absent(whole, body)
            if stands is not None and all(stands.get(name, value) == value for name, value in absent.items()):
                absent.update(stands)
                parts.append(body)
                break
        else:
            classes.append((body, {}, [body]))
    for whole, absent, parts in classes:
        for body in parts:
            yield body, _use(body, whole, absent) if absent else Use(body.nodes, body.values, body.output)


def _use(body: Body, whole: Body, absent: Mapping[str, str]) -> Use:
    own = {node.name: node for node in body.nodes}
    missing = frozenset(node.name for node in whole.nodes if node.name not in own)
    if not missing:
        return Use(body.nodes, body.values, body.output, absent)
    nodes = tuple([_in_class(own[node.name], node) if node.name in own else node for node in whole.nodes])
    values = dict(body.values)
    for node in whole.nodes:  # in this order, for what stands for a node may be missing itself
        if node.name in missing:
            values[node.name] = values[absent[node.name]]
    return Use(nodes, values, whole.output, absent, missing)


def _in_class(own: Node, node: Node) -> Node:
    return own if own.inputs == node.inputs else own.model_copy(update={"inputs": node.inputs})


def _absent(whole: Body, part: Body) -> dict[str, str] | None:
    """The nodes that `part` lacks of `whole`, with what stands for each; None where they differ by more."""
    there = {node.name: node for node in part.nodes}
    missing = {node.name for node in whole.nodes if node.name not in there}
    common = [node.name for node in whole.nodes if node.name in there]
    if common != list(there) or not all(_may_be_none(whole, node) for node in whole.nodes if node.name in missing):
        return None
    stands: dict[str, str] = {}
    pairs = [(whole.output, part.output)]
    for node in whole.nodes:
        other = there.get(node.name)
        if other is None:
            continue
        same = type(node) is type(other) and node.path == other.path and len(node.inputs) == len(other.inputs)
        if not same or _expression(whole, node) != _expression(part, other):
            return None
        pairs += zip(node.inputs, other.inputs, strict=True)
    for value, instead in pairs:
        if (stands.setdefault(value, instead) if value in missing else value) != instead:
            return None
    for node in whole.nodes:
        if node.name in missing:
            stands.setdefault(node.name, node.inputs[0])
    return stands if _known_in_time(whole, stands) else None


def _may_be_none(body: Body, node: Node) -> bool:
    """Whether a node can be a module that a use leaves out."""
    if node.name != node.path or node.path[0].isdigit():
        return False
    if not isinstance(node, Layer):
        return True
    form = node.op.torch(tuple([body.values[value] for value in node.inputs]))
    return len(node.inputs) == len(node.shapes) == 1 and isinstance(form, TorchModule) and form.before is None


def _expression(body: Body, node: Node) -> str | None:
    """What must be equal of a node for one line of source to serve for it."""
    if not isinstance(node, Layer):
        return None
    form = node.op.torch(tuple([body.values[value] for value in node.inputs]))
    return form.before if isinstance(form, TorchModule) else form.template


def _known_in_time(whole: Body, stands: Mapping[str, str]) -> bool:
    """Whether what stands for a node is computed before it."""
    seen = {INPUT}
    for node in whole.nodes:
        if node.name in stands and stands[node.name].partition(":")[0] not in seen:
            return False
        seen.add(node.name)
    return True
