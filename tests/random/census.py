"""What a network uses of the language, as its text and what the compiler made of it have it.

Nothing here knows how networks are drawn: it counts what is there, so that what nobody draws is missed.
"""

from __future__ import annotations

from collections.abc import Iterator

import resdsl
from resdsl.checkpoints import inferring
from resdsl.ir.network import Call, Layer, Network, Node, Stage
from resdsl.ir.reparameterizing import NothingToJoin
from resdsl.ir.walk import bodies
from resdsl.ops.base import Shape
from resdsl.ops.registry import ops
from resdsl.source import Source
from resdsl.syntax import tree
from resdsl.syntax.parser import parse
from tests.random.generator import Drawn

PADS = ("zeros", "reflect", "replicate")
BORDERS = ("reflect", "replicate", "circular")
STARTS = ("a number", "fan_in", "uniform", "truncated")
SPREADS = ("channels", "map", "one", "scalar")
AXES = ("no axis", "one axis", "two axes", "three axes")
CONSTRUCTS = (
    *("several inputs", "several outputs", "a named output", "an output with a number", "a computed name of a tap"),
    *("a tap within a block", "a block that reads values", "a stage that reads values"),
    *("a block that yields several values", "a value indexed twice", "shape(x)", "divisible", "upsample like="),
    *("a shared layer", "a shared call", "a shared stage", "a bracket", "a list as parameter"),
    *("a residual", "a gate", "a parallel", "a gate by channel", "a gate by position", "an add that spreads"),
    *("a mul that spreads", "a shortcut with modules", "a shortcut with a path of its own"),
    *("for", "if", "let", "a label with a dot", "a label with a hyphen", "a variant", "a variant with a body"),
    *("values from outside", "another input", *AXES, "reshape like=", "softmax along an axis"),
    *("groups", "depthwise", "dilation", "output_pad", "gain of std_conv", "uneven margins"),
    *(f"margins of {mode}" for mode in PADS),
    *(f"init as {start}" for start in STARTS),
    *(f"learned by {spread}" for spread in SPREADS),
    *(f"a border of {mode}" for mode in BORDERS),
    *("learned without a module", "branches that can be joined", "padding at one end", "an output in training"),
)


def wanted() -> tuple[str, ...]:
    """All that must be drawn: the constructs above, and every op of the registry."""
    return (*CONSTRUCTS, *(f"op {name}" for name in ops()))


def uses(drawn: Drawn, net: resdsl.Net) -> frozenset[str]:
    """What a network uses of it."""
    found = {*_of_network(net.ir), *_of_text(drawn, net.ir)}
    unknown = found - set(wanted())
    assert not unknown, f"{unknown} is no construct of the list"
    return frozenset(found)


# ------------------------------------------------------------------------------------------ the network


def joinable(network: Network) -> bool:
    """Whether inference can join branches of it."""
    try:
        inferring(network, reparameterize=True)
    except NothingToJoin:
        return False
    return True


def _of_network(network: Network) -> Iterator[str]:
    outputs = [tap.name for tap in network.outputs]
    yield from ["several inputs"] * (len(network.inputs) > 1)
    yield from ["branches that can be joined"] * joinable(network)
    yield from ["several outputs"] * (len(outputs) > 1)
    yield from ["an output in training"] * any(tap.training for tap in network.outputs)
    yield from ["a named output"] * (outputs[-1] != "output")
    yield from ["an output with a number"] * any(name[0].isdigit() for name in outputs)
    yield from _of_graph(network.nodes, network.values)
    for _, body in bodies(network):
        yield from ["a block that reads values"] * bool(body.beside)
        yield from _of_graph(body.nodes, body.values)


def _of_graph(nodes: tuple[Node, ...], values: dict[str, Shape]) -> Iterator[str]:
    for node in nodes:
        again = node.name != node.path
        if isinstance(node, Layer):
            given = [values[name] for name in node.inputs]
            yield from ["a shared layer"] * again
            yield from _of_layer(node, given)
        elif isinstance(node, Call):
            yield from ["a shared call"] * again
            yield from ["a shortcut with modules"] * (node.role == "shortcut")
        elif isinstance(node, Stage):
            yield from ["a shared stage"] * again
            yield from ["a stage that reads values"] * (len(node.inputs) > 1)
            yield from ["a bracket"] * (node.runs[0].body.origin.kind == "bracket")


def _of_layer(layer: Layer, given: list[Shape]) -> Iterator[str]:
    op, shape = layer.op, given[0]
    yield f"op {op.kind()}"
    yield AXES[len(shape) - 1]
    yield from [f"a {layer.joins}"] * bool(layer.joins)
    if layer.joins == "gate" and given[1] != shape:
        yield "a gate by channel" if set(given[1][1:]) == {1} else "a gate by position"
    elif op.kind() in ("add", "mul") and len(set(given)) > 1:
        yield f"{'an' if op.kind() == 'add' else 'a'} {op.kind()} that spreads"
    has = {name: getattr(op, name) for name in op.parameters()}
    if op.kind() in ("conv", "std_conv", "conv_transpose"):
        yield from ["groups"] * (has["groups"] > 1)
        yield from ["depthwise"] * (has["groups"] == shape[0] > 1)
        yield from ["dilation"] * (set(has["dilation"]) != {1})
        yield from ["padding at one end"] * (has.get("pad_after") is not None)
        yield from [f"a border of {mode}" for mode in BORDERS if has.get("pad_mode") == mode]
        yield from ["output_pad"] * any(has.get("output_pad", ()))
        yield from ["gain of std_conv"] * bool(has.get("gain"))
    if op.kind() == "softmax":
        yield from ["softmax along an axis"] * (has["axis"] > 0)
    if op.kind() == "pad":
        yield f"margins of {has['mode']}"
        yield from ["uneven margins"] * (has["before"] != has["after"])
    if has.get("init") in STARTS or (op.kind() in ("conv", "std_conv", "fc") and not isinstance(has["init"], str)):
        yield f"init as {has['init'] if isinstance(has['init'], str) else 'a number'}"
    if op.kind() in ("learned_scale", "learned_bias"):
        yield f"learned by {has['shape']}"
        yield from ["learned without a module"] * (not has["module"])


# --------------------------------------------------------------------------------------------- the text


def _of_text(drawn: Drawn, network: Network) -> Iterator[str]:
    items = parse(Source("drawn.res", drawn.text)).items
    names = {item.name.text: item for item in items if isinstance(item, tree.Definition | tree.Variant)}
    called = {body.origin.name for _, body in bodies(network)}
    item = names[drawn.name]
    yield from ["values from outside"] * any(name != "input" for name in drawn.given)
    yield from ["another input"] * ("input" in drawn.given)
    if isinstance(item, tree.Variant):
        yield "a variant with a body" if item.body else "a variant"
        yield from _of_nodes(item.body, network, within=False)
        item = names[item.base.text]
    yield from _of_nodes(item, network, within=False)
    for name in sorted(called & set(names)):
        yield from _of_nodes(names[name], network, within=True)


def _of_nodes(item: object, network: Network, *, within: bool) -> Iterator[str]:
    """What the syntax says; `within` a block."""
    outputs = {tap.name for tap in network.outputs}
    resized = any(isinstance(node, Layer) and node.op.kind() == "resize" for node in _nodes(network))
    for node in _parts(item):
        match node:
            case tree.TapStatement(name=tree.StringLiteral(parts=parts)) if len(parts) > 1:
                yield "a computed name of a tap"
            case tree.TapStatement(name=tree.Word(text=text)) if within and text in outputs:
                yield "a tap within a block"
            case tree.From(value=tree.Items()) if within:
                yield "a block that yields several values"
            case tree.As(indices=indices) if len(indices) > 1:
                yield "a value indexed twice"
            case tree.CallExpression(target=target) if target.text in ("shape", "divisible"):
                yield {"shape": "shape(x)"}.get(target.text, target.text)
            case tree.Apply(target=target, arguments=arguments) if target.text == "upsample" and resized:
                yield from ["upsample like="] * any(argument.name == "like" for argument in arguments)
            case tree.Apply(target=target, arguments=arguments) if target.text == "reshape":
                yield from ["reshape like="] * any(argument.name == "like" for argument in arguments)
            case tree.Parameter(default=tree.Items()):
                yield "a list as parameter"
            case tree.Parameter(name="shortcut", default=tree.CallExpression(arguments=arguments)):
                yield from ["a shortcut with a path of its own"] * any(each.name == "path" for each in arguments)
            case tree.Apply(label=tree.PathLabel(name=tree.StringLiteral(parts=parts))):
                literal = "".join(part for part in parts if isinstance(part, str))
                yield from ["a label with a dot"] * ("." in literal) + ["a label with a hyphen"] * ("-" in literal)
            case tree.For() | tree.If() | tree.Let():
                yield type(node).__name__.lower()


def _nodes(network: Network) -> Iterator[Node]:
    yield from network.nodes
    for _, body in bodies(network):
        yield from body.nodes


def _parts(item: object) -> Iterator[object]:
    """A tree and all that is in it."""
    if isinstance(item, tuple):
        for part in item:
            yield from _parts(part)
    elif isinstance(item, tree.Node | tree.LoopTarget):
        yield item
        for part in item.children():
            yield from _parts(part)
