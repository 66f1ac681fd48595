"""The verifier, which checks that a network is consistent.

Why it exists: elaboration infers shapes while it expands blocks, and a network may also come from JSON that was edited
by hand. Here every shape is inferred again from the ops, and everything that the backends rely on is checked: names,
paths, references, repeats, shared modules and outputs.

A body that was found sound is remembered as long as it lives, so a thousand variants that share their bodies only cost
the time for their top graphs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from weakref import WeakKeyDictionary

from resdsl.ir.modules import may_hold
from resdsl.ir.names import is_name, is_output_name, is_path, wrong_names, wrong_names_of, wrong_text
from resdsl.ir.network import INPUT, OUTPUT, Body, Call, Layer, Network, Node, Stage, output_name
from resdsl.ir.sharing import same_module
from resdsl.ir.walk import bodies, called
from resdsl.ops.base import Shape, Shapes
from resdsl.ops.records import ShapeError
from resdsl.printable import phrase
from resdsl.refusal import Refused

DEEPEST = 64
"""The deepest nesting of bodies."""

_LONGEST_PATH = 200
_MOST_LISTED = 100

Finding = tuple[str, str]
"""A path within a graph, or "" for the graph itself, and what is wrong there."""

_sound: WeakKeyDictionary[Body, int] = WeakKeyDictionary()
"""Bodies without a fault, including their inner bodies, and how deeply these are nested."""


class InvalidNetwork(Refused):
    """A network that contradicts itself.

    Args:
        findings: everything that is wrong, as sentences that name the path.
    """

    def __init__(self, findings: Sequence[str]) -> None:
        more = len(findings) - _MOST_LISTED
        mentioned = [*findings[:_MOST_LISTED], f"... and {more:,} more"] if more > 0 else findings
        super().__init__("\n".join(mentioned))
        self.findings = tuple(findings)


def verify(network: Network) -> None:
    """Check everything that backends rely on, and infer every shape again.

    Raises:
        InvalidNetwork: with everything that is wrong; a body that is called several times is reported at its first
            place.
    """
    found: list[str] = []
    if any(body not in _sound for _, body in called(network.nodes)):
        for place, body in bodies(network):
            found += [_sentence(f"{place}.{path}".rstrip("."), text) for path, text in verify_body(body)]
    found += [_sentence(path, text) for path, text in _top_findings(network)]
    if found:
        raise InvalidNetwork(found)


def verify_body(body: Body) -> list[Finding]:
    """What is wrong with a body itself; the bodies that it calls must have been checked before."""
    if body in _sound:
        return []
    found = [("", text) for text in wrong_names_of(body.origin)]
    found += _input_findings(body)
    if found:
        return found
    values = body.entered(body.inputs)
    found += _graph_findings(body.nodes, values)
    unknown = [value for value in body.outputs if value not in values]
    found += [("", f"the output `{value}` is not a value of the body") for value in unknown]
    inner = [_sound.get(each) for _, each in called(body.nodes)]
    depth = 1 + max((each for each in inner if each is not None), default=0)
    if depth > DEEPEST:
        found.append(("", f"bodies are nested more than {DEEPEST} levels deep"))
    if not found and None not in inner:
        _sound[body] = depth
    return found


def _input_findings(body: Body) -> Iterator[Finding]:
    """What is wrong with the names of the values that a body reads beside what flows."""
    for place, name in enumerate(body.beside):
        if not is_name(name):
            yield name, "the name of this input is not an identifier"
        if name == INPUT or name in body.beside[:place]:
            yield name, "two inputs of the body have the same name"


def _sentence(path: str, text: str) -> str:
    return phrase(f"`{path[:_LONGEST_PATH]}`: {text}" if path else text)


def _top_findings(network: Network) -> Iterator[Finding]:
    values = {given.name: given.shape for given in network.inputs}
    yield from (("", text) for text in wrong_names(network))
    if len(values) < len(network.inputs):
        yield "", "two inputs of the network have the same name"
    for name in values:
        if not is_name(name):
            yield name, "the name of this input is not an identifier"
    yield from _graph_findings(network.nodes, values)
    taken = {given.name for given in network.inputs}
    for tap in network.outputs:
        if not is_output_name(tap.name):
            yield tap.name, "the name of this output is not made of letters, digits and underscores"
        if tap.name in taken:
            yield tap.name, "an input or another output already has the name of this output"
        if tap.value not in values:
            yield tap.name, f"the value of this output, `{tap.value}`, does not exist"
        taken.add(tap.name)
    if network.outputs[-1].training:
        yield network.outputs[-1].name, "the last output is one in inference too"
    if any(tap.name == OUTPUT for tap in network.outputs[:-1]):
        yield OUTPUT, "only the last output can have this name"


def _graph_findings(nodes: tuple[Node, ...], values: dict[str, Shape]) -> Iterator[Finding]:
    """The faults of one graph; `values` begins with its inputs and grows. Bodies called here are not checked again."""
    modules: dict[str, tuple[Node, Shapes]] = {}
    for node in nodes:
        found = [*_name_findings(node, values)]
        unknown = [value for value in node.inputs if value not in values]
        found += [(node.name, f"reads `{value}`, which no earlier node yields") for value in unknown]
        read = tuple([values[value] for value in node.inputs if value in values])
        if not unknown:
            found += _node_findings(node, read)
        if not found and all(body in _sound for _, body in called((node,))):
            first, first_read = modules.setdefault(node.path, (node, read))
            if first is not node and not same_module(first, first_read, node, read):
                found.append((node.name, f"calls `{node.path}` again, but with another op or another state"))
        yield from found
        for index, shape in enumerate(_yields(node)):
            values[output_name(node.name, index)] = shape
    yield from _prefix_findings(nodes)


def _name_findings(node: Node, values: Mapping[str, Shape]) -> Iterator[Finding]:
    if node.name in values:
        yield node.name, "an earlier value already has this name"
    for text in dict.fromkeys((node.name, node.path)):
        if not is_path(text):
            yield (
                node.name,
                f"`{text}` is not a valid path of letters, digits, underscores and hyphens, in parts joined by dots",
            )


def _yields(node: Node) -> Shapes:
    """The shapes of a node's outputs; empty if its body has no output."""
    try:
        return node.shapes
    except KeyError:
        return ()


def _node_findings(node: Node, read: Shapes) -> Iterator[Finding]:
    if isinstance(node, Layer):
        yield from _layer_findings(node, read)
    elif isinstance(node, Call):
        if node.body.inputs != read:
            yield node.name, _unfit(node.body, read)
    else:
        yield from _stage_findings(node, read)


def _layer_findings(layer: Layer, read: Shapes) -> Iterator[Finding]:
    arity = layer.op.arity
    if len(read) != arity if arity is not None else len(read) < 2:
        wanted = "two or more inputs" if arity is None else f"{arity} input" + "s" * (arity != 1)
        yield layer.name, f"`{layer.op.op}` takes {wanted}, but is given {len(read)}"
        return
    if layer.joins and len(read) < 2:
        yield layer.name, f"joins a {layer.joins}, but has only one input"
    try:
        inferred = layer.op.infer(read)
    except ShapeError as error:
        yield layer.name, error.message
        return
    if inferred != layer.shapes:
        stated, actual = (", ".join(map(_text, shapes)) for shapes in (layer.shapes, inferred))
        yield layer.name, f"the shape is given as {stated}, but is {actual}"


def _unfit(body: Body, read: Shapes) -> str:
    expected, found = (", ".join(map(_text, shapes)) for shapes in (body.inputs, read))
    return f"the body expects {expected}, but its input is {found}"


def _stage_findings(stage: Stage, read: Shapes) -> Iterator[Finding]:
    yield from ((stage.name, text) for text in wrong_text(stage.title or "", "a title"))
    taken: list[range] = []
    flowing, *beside = read
    for run in stage.runs:
        place = f"{stage.name}.{run.first}"
        if run.body.inputs != (flowing, *beside):
            yield place, _unfit(run.body, (flowing, *beside))
        if any(run.first < other.stop and other.start < run.first + run.count for other in taken):
            yield place, "the indices of two runs overlap"
        taken.append(run.indices)
        if run.body.also:
            yield place, f"the body yields {len(run.body.outputs)} values, but a block of a stage yields one"
        if run.body not in _sound:
            return
        flowing = run.body.shape
        if run.count > 1 and flowing != run.body.inputs[0]:
            yield place, f"is repeated, but changes the shape from {_text(run.body.inputs[0])} to {_text(flowing)}"


def _prefix_findings(nodes: tuple[Node, ...]) -> Iterator[Finding]:
    """A path that passes through the path of another node would put one module inside another."""
    whole = {text: node for node in reversed(nodes) for text in (node.name, node.path)}
    before: set[str] = set()
    for node in nodes:
        before |= {node.name, node.path}
        for text in dict.fromkeys((node.name, node.path)):
            at = text.rfind(".")
            while at > 0:
                if text[:at] in whole and not (text[:at] in before and may_hold(whole[text[:at]], text)):
                    yield node.name, f"`{text}` passes through `{text[:at]}`, which is a node itself"
                at = text.rfind(".", 0, at)


def _text(shape: Shape) -> str:
    return "x".join(map(str, shape))
