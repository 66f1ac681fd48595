"""What the names of a text mean, and everywhere that they stand.

A definition is known to the whole file, and to files that import it; its parameters and the names that it binds are its
own. A parameter also stands in calls, before the `=`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from resdsl.elaborate.linking import Callee, Module, NetworkDefinition
from resdsl.elaborate.scope import global_named
from resdsl.server.items import TextLayout
from resdsl.source import Span
from resdsl.syntax import tree
from resdsl.syntax.mentions import walk

_Defining = tree.Definition | tree.Variant


@dataclass(frozen=True, eq=False)
class TextView:
    """A text and what its names mean.

    Attributes:
        layout: the text.
        module: its definitions, with what it imports.
    """

    layout: TextLayout
    module: Module


class Symbol(NamedTuple):
    """What a name means.

    Attributes:
        kind: a definition or import of a file; a parameter or another name of one definition; or, of the stages and
            layers that variants refer to, a path.
        name: the name.
        module: the file in which it is.
        owner: the definition that it belongs to, if it is none itself.
    """

    kind: Literal["definition", "parameter", "local", "path"]
    name: str
    module: Module
    owner: tree.Item | None = None


def symbol_at(view: TextView, offset: int) -> tuple[Symbol, Span] | None:
    """What the name at an offset means, and where that name stands; None if there is no name of the text's own."""
    nodes = view.layout.nodes_at(offset)
    if not nodes or not isinstance(nodes[0], tree.Definition | tree.Variant | tree.SweepLines | tree.Import):
        return None
    item = nodes[0]
    for around, node in reversed(list(zip([None, *nodes], nodes, strict=False))):
        for found in (_meaning(node, around, item, view.module), _alias(node, view.module)):
            place = view.layout.place(found[1]) if found is not None else None
            if place is not None and place[0] <= offset <= place[1]:
                return found
    return None


def _meaning(node: tree.Node, around: tree.Node | None, item: tree.Item, module: Module) -> tuple[Symbol, Span] | None:
    match node:
        case tree.Name():
            return _named(node, item, module)
        case tree.Word():
            return _word(node, around, item, module)
        case tree.Parameter():
            return Symbol("parameter", node.name, module, item), _head(node.span, node.name)
        case tree.LoopTarget(name=str() as name):
            return Symbol("local", name, module, item), node.span
        case tree.CallArgument(name=str() as name, slash=False):
            callee = callee_of(around, item, module)
            if callee is not None and _parameter(callee[0], name) is not None:
                return Symbol("parameter", name, callee[1], callee[0]), node.name_span
        case tree.Path():
            return Symbol("path", node.text, module, item), node.span
    return None


def _named(node: tree.Name, item: tree.Item, module: Module) -> tuple[Symbol, Span] | None:
    first = _head(node.span, node.parts[0])
    if len(node.parts) == 1 and (own := _own(node.text, item)) is not None:
        return Symbol(own, node.text, module, item), first
    named = global_named(node.parts[0], module)
    if isinstance(named, Module) and len(node.parts) == 2:
        last = Span(node.span.source, node.span.end - len(node.parts[1]), node.span.end)
        return (Symbol("definition", node.parts[1], named), last) if node.parts[1] in named.names else None
    if named is None:
        return None
    home = module if node.parts[0] in module.names else named.module if isinstance(named, Callee) else module
    return Symbol("definition", node.parts[0], home), first


def _alias(node: tree.Node, module: Module) -> tuple[Symbol, Span] | None:
    """The imported file before the dot of a name."""
    if not isinstance(node, tree.Name) or len(node.parts) == 1 or not isinstance(module.find(node.parts[0]), Module):
        return None
    return Symbol("definition", node.parts[0], module), _head(node.span, node.parts[0])


def _word(node: tree.Word, around: tree.Node | None, item: tree.Item, module: Module) -> tuple[Symbol, Span] | None:
    match around:
        case tree.Definition() | tree.Variant() | tree.SweepLines() | tree.Import():
            return Symbol("definition", node.text, module), node.span
        case tree.Let() | tree.As() | tree.Input():
            return Symbol("local", node.text, module, item), node.span
        case tree.PathLabel():
            return Symbol("path", node.text, module, item), node.span
    return None


def _own(name: str, item: tree.Item) -> Literal["parameter", "local"] | None:
    """Whether a definition has a name as a parameter, or binds it."""
    if not isinstance(item, _Defining):
        return None
    if any(parameter.name == name for parameter in item.parameters):
        return "parameter"
    return "local" if any(bound == name for bound, _ in bound_names(item)) else None


def bound_names(node: tree.Node) -> Iterator[tuple[str, Span]]:
    """The names that a tree binds, with the places where it does."""
    for inner in walk(node):
        match inner:
            case tree.Let() | tree.As() | tree.Input(name=tree.Word()):
                assert isinstance(inner.name, tree.Word)
                yield inner.name.text, inner.name.span
            case tree.LoopTarget(name=str() as name):
                yield name, inner.span


def callee_of(node: tree.Node | None, item: tree.Item, module: Module) -> tuple[_Defining, Module] | None:
    """The definition that a call, or a variant, takes its arguments for; None if that is an op or a parameter."""
    match node:
        case tree.Apply() | tree.Unit() | tree.CallExpression():
            name = node.target
        case tree.Variant():
            name = node.base
        case _:
            return None
    found = _named(name, item, module)
    if found is None or found[0].kind != "definition":
        return None
    return definition_of(found[0])


def definition_of(symbol: Symbol) -> tuple[_Defining, Module] | None:
    """The definition that a symbol is, with its file."""
    home = symbol.module
    named = home.names.get(symbol.name)
    if not isinstance(named, Callee | NetworkDefinition):
        return None
    for item in home.file.items:
        if isinstance(item, _Defining) and item.name.text == symbol.name:
            return item, home
    return None


def _parameter(item: _Defining, name: str) -> tree.Parameter | None:
    return next((parameter for parameter in item.parameters if parameter.name == name), None)


def _head(span: Span, name: str) -> Span:
    """The first characters of a span."""
    return Span(span.source, span.start, span.start + len(name))


def declarations(symbol: Symbol) -> list[Span]:
    """Where a symbol is defined."""
    if symbol.kind == "definition":
        found = symbol.module.spans.get(symbol.name)
        return [found.span] if found is not None else []
    if symbol.kind == "path":
        return [span for span, _ in _labels(symbol)][:1]
    assert isinstance(symbol.owner, _Defining)
    if symbol.kind == "parameter":
        parameter = _parameter(symbol.owner, symbol.name)
        return [_head(parameter.span, symbol.name)] if parameter is not None else []
    return [span for bound, span in bound_names(symbol.owner) if bound == symbol.name]


def references(symbol: Symbol, modules: Iterable[Module]) -> list[Span]:
    """Everywhere that a symbol stands: where it is defined first, then in the order of the texts.

    Args:
        symbol: what is looked for.
        modules: the files to look in.
    """
    found = dict.fromkeys(declarations(symbol))
    if symbol.kind == "path":
        return list(found | dict.fromkeys(_paths(symbol)))
    for module in modules:
        for item in module.file.items:
            if symbol.kind == "local" and item is not symbol.owner:
                continue
            found |= dict.fromkeys(_uses(symbol, item, module))
    return list(found)


def _uses(symbol: Symbol, item: tree.Item, module: Module) -> Iterator[Span]:
    """Where a definition uses a symbol."""
    for node in walk(item):
        if isinstance(node, tree.Name):
            for found in (_named(node, item, module), _alias(node, module)):
                if found is not None and _same(found[0], symbol):
                    yield found[1]
        elif symbol.kind == "parameter" and isinstance(
            node, tree.Apply | tree.Unit | tree.CallExpression | tree.Variant
        ):
            callee = callee_of(node, item, module)
            if callee is not None and _same(Symbol("parameter", symbol.name, callee[1], callee[0]), symbol):
                yield from (
                    argument.name_span
                    for argument in node.arguments
                    if argument.name == symbol.name and not argument.slash
                )


def _same(one: Symbol, other: Symbol) -> bool:
    same_file = one.module is other.module or (
        one.module.source.path is not None and one.module.source.path == other.module.source.path
    )
    return one.kind == other.kind and one.name == other.name and same_file and _owner(one) == _owner(other)


def _owner(symbol: Symbol) -> str:
    """The name of the definition that a symbol belongs to; a file may have been read twice."""
    return symbol.owner.name.text if isinstance(symbol.owner, _Defining) else ""


def _labels(symbol: Symbol) -> Iterator[tuple[Span, tree.Item]]:
    """The labels of stages and layers with a path, in its network and those that it is a variant of."""
    for item in _with_bases(symbol.owner, symbol.module):
        for node in walk(item):
            if isinstance(node, tree.PathLabel) and isinstance(node.name, tree.Word) and node.name.text == symbol.name:
                yield node.name.span, item


def _with_bases(item: tree.Item | None, module: Module) -> Iterator[_Defining]:
    """A network, and those that it is a variant of."""
    met = set[str]()
    while isinstance(item, _Defining) and item.name.text not in met:
        met.add(item.name.text)
        yield item
        base = callee_of(item, item, module)
        item = base[0] if base is not None else None


def sweep_over(symbol: Symbol, modules: Iterable[Module]) -> str | None:
    """The name of a sweep that names a parameter of its network."""
    for module in modules:
        for item in module.file.items:
            if isinstance(item, tree.SweepLines) and _is_of(item, symbol.owner, module):
                for node in walk(item):
                    if isinstance(node, tree.Name | tree.Word) and node.text == symbol.name:
                        return item.name.text
    return None


def _is_of(sweep: tree.SweepLines, owner: tree.Item | None, module: Module) -> bool:
    """Whether a sweep is of a network, or of a variant of it."""
    names = [node for node in walk(sweep) if isinstance(node, tree.Name)]
    named = [found[0] for name in names if (found := _named(name, sweep, module)) is not None]
    networks = [defined[0] for symbol in named if (defined := definition_of(symbol)) is not None]
    return any(base is owner for network in networks for base in _with_bases(network, module))


def _paths(symbol: Symbol) -> Iterator[Span]:
    """Where a path stands in its own network and in all networks of the file that are variants of it."""
    homes = [item for _, item in _labels(symbol)]
    for item in symbol.module.file.items:
        if not isinstance(item, _Defining):
            continue
        own = Symbol("path", symbol.name, symbol.module, item)
        if not any(home in homes for _, home in _labels(own)):
            continue
        for node in walk(item):
            if isinstance(node, tree.PathLabel) and node.name.span.text == symbol.name:
                yield node.name.span
            elif isinstance(node, tree.Path) and node.text == symbol.name:
                yield node.span
