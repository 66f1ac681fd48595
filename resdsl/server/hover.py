"""What is to be said of a place in a text, in Markdown: the problem there, what a name means, what flows and what it
costs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from resdsl.elaborate.linking import Module
from resdsl.elaborate.scope import FUNCTIONS, SETTINGS, op_of
from resdsl.explanations.explanation import explanation_of
from resdsl.ir.network import Body, Call, Layer, Node, Stage
from resdsl.ir.text import call
from resdsl.ops.base import Op, Shapes, show
from resdsl.ops.signature import meaning, parameter_text, signature
from resdsl.ops.text import op_text
from resdsl.server.checking import Checkup
from resdsl.server.facts import MadeNode, short_count
from resdsl.server.items import MAKES_NODES, TextLayout
from resdsl.server.symbols import Symbol, TextView, definition_of, symbol_at
from resdsl.source import Span
from resdsl.syntax import tree

_MOST = 12
"""The most nodes of a block that are listed."""


class Hover(NamedTuple):
    """What is said, and of which stretch of the text."""

    text: str
    start: int
    end: int


def hover(layout: TextLayout, checkup: Checkup, offset: int) -> Hover | None:
    """What is to be said of a place.

    Args:
        layout: the text as it is now.
        checkup: what is known of it, or of what it was a moment ago.
        offset: the place.
    """
    nodes = layout.nodes_at(offset)
    parts: list[str] = []
    extent: Span | None = None
    for problem in checkup.problems:
        place = layout.place(problem.span) if problem.span is not None else None
        if place is not None and place[0] <= offset <= place[1]:
            parts.append(f"**{problem.code}** {' '.join(explanation_of(type(problem)).meaning.split())}")
    if nodes and checkup.module is not None:
        named = _named(nodes, TextView(layout, checkup.module), offset)
        if named is not None:
            parts.append(named[0])
            extent = named[1]
    statement = next((node for node in reversed(nodes) if isinstance(node, _STATEMENTS)), None)
    own = getattr(nodes[0], "name", None) if nodes else None
    name = own.text if isinstance(own, tree.Word) else ""
    made = checkup.made(statement.span, name) if statement is not None else []
    if made and statement is not None:
        parts += _of_nodes(made, checkup)
        extent = extent or statement.span
    if not made and isinstance(nodes[0] if nodes else None, tree.Definition | tree.Variant) and len(nodes) <= 2:
        parts += _of_network(nodes[0], checkup)
    place = layout.place(extent) if extent is not None else None
    start, end = place or (offset, offset)
    return Hover("\n\n".join(parts), start, end) if parts else None


_STATEMENTS = MAKES_NODES | tree.BracketRow


def _named(nodes: list[tree.Node], view: TextView, offset: int) -> tuple[str, Span] | None:
    """The meaning of the name at a place."""
    found = symbol_at(view, offset)
    if found is not None:
        text = _of_symbol(found[0], view.layout)
        return (text, found[1]) if text else None
    for around, node in zip(reversed([None, *nodes]), reversed(nodes), strict=False):
        match node:
            case tree.Name() if len(node.parts) == 1:
                text = _of_word(node.text)
                return (text, node.span) if text else None
            case tree.CallArgument(name=str() as name, slash=False) if offset_within(
                view.layout, node.name_span, offset
            ):
                op = _op_around(around)
                if op is not None and name in op.parameters():
                    return _of_parameter(op, name), node.name_span
    return None


def offset_within(layout: TextLayout, span: Span, offset: int) -> bool:
    """Whether a place lies in a span, or right behind it."""
    place = layout.place(span)
    return place is not None and place[0] <= offset <= place[1]


def _op_around(node: tree.Node | None) -> type[Op] | None:
    if isinstance(node, tree.BracketRow):
        return op_of("conv")
    return op_of(node.target.text) if isinstance(node, tree.Apply | tree.CallExpression) else None


def _of_word(name: str) -> str:
    """What a name of the language means."""
    op = op_of(name)
    if op is not None:
        return f"{_code(signature(op))}\n\n{meaning(op)}"
    if name in SETTINGS:
        return f"`{name}`: the setting in force, passed inward from the network to its stages and their blocks."
    if name == "channels":
        return "`channels`: how many channels flow into the definition."
    if name in FUNCTIONS:
        what = " ".join((FUNCTIONS[name].__doc__ or "").partition("\n\n")[0].split())
        return f"`{name}`: a function of the language. {what}".rstrip()
    return ""


def _of_parameter(op: type[Op], name: str) -> str:
    """What an op says of one of its parameters."""
    words = [part for part in meaning(op).split("\n\n") if f"`{name}`" in part]
    return "\n\n".join([_code(f"{op.kind()}({parameter_text(op, name)})"), *words])


def _of_symbol(symbol: Symbol, layout: TextLayout) -> str:
    if symbol.kind == "parameter" and isinstance(symbol.owner, tree.Definition | tree.Variant):
        parameter = next(each for each in symbol.owner.parameters if each.name == symbol.name)
        return f"`{parameter.span.text}`: a parameter of `{symbol.owner.name.text}`"
    if symbol.kind == "definition":
        return _of_definition(symbol, layout)
    return ""


def _of_definition(symbol: Symbol, layout: TextLayout) -> str:
    named = symbol.module.names.get(symbol.name)
    if isinstance(named, Module):
        return f"`{symbol.name}`: the definitions of {named.source.name}"
    found = definition_of(symbol)
    if found is None:
        return ""
    item, home = found
    end = item.body.span.start if item.body is not None else item.span.end
    heading = _code(item.span.source.text[item.span.start : end].strip())
    place = layout.place(item.span)
    text, at = (layout.whole.text, place[0]) if place is not None else (item.span.source.text, item.span.start)
    where = "" if place is not None else f"Defined in {home.source.name}."
    return "\n\n".join(part for part in (heading, comment_above(text, at), where) if part)


def comment_above(text: str, start: int) -> str:
    """The comment on the lines right above a place."""
    lines: list[str] = []
    for line in reversed(text[:start].split("\n")[:-1]):
        if not line.lstrip().startswith("#"):
            break
        lines.insert(0, line.lstrip().removeprefix("#").strip())
    return "\n".join(lines)


def _code(text: str) -> str:
    return f"```resdsl\n{text}\n```"


def _of_network(item: tree.Node, checkup: Checkup) -> Iterator[str]:
    if isinstance(item, tree.Definition | tree.Variant) and item.name.text in checkup.built:
        network = checkup.built[item.name.text].network
        given = " and ".join(show(each.shape) for each in network.inputs)
        yield f"{checkup.facts.summary(item.name.text)}, for {given}"


def _of_nodes(made: list[MadeNode], checkup: Checkup) -> Iterator[str]:
    """What the nodes of a statement yield and cost: those of its first network, of which it may be several."""
    first = made[0].network
    own = [each for each in made if each.network == first]
    last = own[-1]
    lines = [f"{show(last.entering)} → {show(last.shape)}"]
    params, macs = sum(each.costs.params for each in own), sum(each.costs.macs for each in own)
    if params or macs:
        lines.append(f"{short_count(params)} parameters, {short_count(macs)} multiply-adds")
    whole = checkup.facts.costs[first].macs
    if macs and whole and not last.graph.path:
        lines[-1] += f", {100 * macs / whole:.1f}% of `{first}`"
    shapes = dict.fromkeys(show(each.shape) for each in own)
    if len(shapes) > 1:
        lines.append(f"in turn {', '.join(list(shapes)[:_MOST])}")
    lines.append(f"`{last.path}` in `{first}`")
    yield "  \n".join(lines)
    body = _body(last.node)
    if body is not None:
        yield _expansion(body)


def _body(node: Node) -> Body | None:
    """The block that a statement calls first."""
    if isinstance(node, Call):
        return node.body
    return node.runs[0].body if isinstance(node, Stage) else None


def _expansion(body: Body) -> str:
    """What a block expands to."""
    rows = [f"{call(body.origin)}:"]
    rows += [
        f"  {node.path}: {_text(node, tuple(body.values[each] for each in node.inputs))}" for node in body.nodes[:_MOST]
    ]
    if len(body.nodes) > _MOST:
        rows.append(f"  and {len(body.nodes) - _MOST} more")
    return "```text\n" + "\n".join(rows) + "\n```"


def _text(node: Node, inputs: Shapes) -> str:
    shape = show(node.shapes[0])
    if isinstance(node, Layer):
        return f"{op_text(node.op, inputs)} -> {shape}"
    body = node.body if isinstance(node, Call) else node.runs[0].body
    times = f" x {node.blocks}" if isinstance(node, Stage) else ""
    return f"{call(body.origin)}{times} -> {shape}"
