"""Names and words checked before anything is run, so that a slip in a block that nobody calls is found too.

A definition is read without values: a name is in order if anything in the definition or around it could
give it. What depends on values is found when the definition is run.
"""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics.problem import Problem, SpecError
from resdsl.elaborate import errors
from resdsl.elaborate.dispatch import FUNCTIONS
from resdsl.elaborate.expressions import names_in
from resdsl.elaborate.linking import Module, NetworkDefinition
from resdsl.elaborate.scope import SETTINGS, op_of
from resdsl.elaborate.session import MOST_LEVELS
from resdsl.elaborate.stages import REPEAT_NAMES
from resdsl.elaborate.stated import QUANTITIES
from resdsl.ops.base import Op
from resdsl.ops.registry import ops
from resdsl.syntax import tree

OF_SHORTCUTS = ("out", "stride", "changes")
RESERVED = frozenset({*SETTINGS, "channels", "global", "default"})
"""Names that stand for something of the language wherever they occur."""
_Written = tree.Definition | tree.Variant


def check_names(module: Module) -> tuple[Problem, ...]:
    """Warnings about the definitions of a module and of what it imports.

    Raises:
        SpecError: with every name that stands for nothing, and every statement that stands where it cannot.
    """
    found = [problem for one in _modules(module, set()) for problem in _of_module(one)]
    wrong = [problem for problem in found if problem.severity == "error"]
    if wrong:
        raise SpecError(wrong)
    return tuple(found)


def _modules(module: Module, seen: set[int]) -> Iterator[Module]:
    if id(module) in seen:
        return
    seen.add(id(module))
    yield module
    for named in module.names.values():
        if isinstance(named, Module):
            yield from _modules(named, seen)


def _of_module(module: Module) -> Iterator[Problem]:
    for item in module.file.items:
        if isinstance(item, tree.Definition | tree.Variant):
            yield from _of_definition(item, module)


def _of_definition(item: _Written, module: Module) -> Iterator[Problem]:
    given = {parameter.name for parameter in item.parameters}
    if item.name.text in RESERVED or item.name.text in FUNCTIONS or op_of(item.name.text) is not None:
        yield errors.LibraryNameTaken(span=item.name.span, name=item.name.text, by="the language")
    yield from _given_twice(item)
    inside = (item.parameters, item.body) if isinstance(item, tree.Definition) else (item.arguments, item.body)
    known = given | set(_bound_in(inside)) | _around(item, module)
    for name in names_in((*item.parameters, *(part for part in inside if part is not None))):
        if name.parts[0] not in known and op_of(name.parts[0]) is None:
            names = tuple(sorted({*known, *module.visible(), *ops(), *FUNCTIONS}))
            yield errors.UnknownName(span=name.span, name=name.text, known=names)
    mentioned = {name.parts[0] for name in names_in((item.parameters, *inside))}
    for parameter in item.parameters:
        if parameter.name not in mentioned and parameter.name not in (*SETTINGS, "input"):
            yield errors.UnusedParameter(span=parameter.span, name=parameter.name)
    if item.body is not None:
        yield from _of_body(item.body, _Place(item, module, given | set(_bound_in(inside))))


def _given_twice(item: _Written) -> Iterator[Problem]:
    first: dict[str, tree.Parameter] = {}
    for parameter in item.parameters:
        if parameter.name in first:
            yield errors.NameGivenTwice(span=parameter.span, name=parameter.name, first=first[parameter.name].span)
        first.setdefault(parameter.name, parameter)


def _around(item: _Written, module: Module) -> set[str]:
    """Names that a definition has from what it is and where it stands."""
    known = {*SETTINGS, "channels", "global", *FUNCTIONS, *ops(), *module.visible(), *REPEAT_NAMES}
    if isinstance(item, tree.Variant):
        return known | {"default"} | set(_inherited(item, module))
    if item.kind == "network":
        return known | {"default"}
    return known | set(OF_SHORTCUTS) if item.kind == "shortcut" else known


def _inherited(item: tree.Variant, module: Module) -> Iterator[str]:
    """Parameters of the networks that a variant is made of."""
    seen: set[int] = set()
    found: object = NetworkDefinition(item.name.text, item, module)
    while isinstance(found, NetworkDefinition) and id(found.node) not in seen and len(seen) < MOST_LEVELS:
        seen.add(id(found.node))
        yield from (parameter.name for parameter in found.node.parameters)
        if isinstance(found.node, tree.Definition):
            return
        where: object = found.module
        for part in found.node.base.parts:
            where = where.find(part) if isinstance(where, Module) else None
        found = where


def _bound_in(node: object) -> Iterator[str]:
    """Names that a tree binds anywhere: `let`, `as`, loops and comprehensions."""
    match node:
        case tree.Let() | tree.As():
            yield node.name.text
        case tree.Target() if node.name is not None:
            yield node.name
    if isinstance(node, tuple):
        for part in node:
            yield from _bound_in(part)
    elif isinstance(node, tree.Node):
        for field in type(node).__dataclass_fields__:
            if field != "span":
                yield from _bound_in(getattr(node, field))


class _Place:
    """The definition that a statement stands in, and the names it binds."""

    def __init__(self, item: _Written, module: Module, own: set[str]) -> None:
        self.variant = isinstance(item, tree.Variant)
        self.network = self.variant or (isinstance(item, tree.Definition) and item.kind == "network")
        self.module = module
        self.own = own

    def op(self, name: tree.Name) -> type[Op] | None:
        """The op that a statement applies, if the name is not one of the definition's own."""
        first = name.parts[0]
        if len(name.parts) > 1 or first in self.own or first in SETTINGS or self.module.find(first):
            return None
        return op_of(first)


def _of_body(body: tree.Body, place: _Place) -> Iterator[Problem]:
    for statement in body.statements:
        yield from _of_statement(statement, place)


def _of_statement(node: tree.Statement, place: _Place) -> Iterator[Problem]:
    match node:
        case tree.Input() | tree.Expect() | tree.Tap() if not place.network:
            word = node.span.text.split(None, 1)[0]
            yield errors.OnlyInNetworks(span=node.span, word=word)
        case tree.Expect() if node.quantity.text not in QUANTITIES:
            known = QUANTITIES
            yield errors.UnknownName(span=node.quantity.span, name=node.quantity.text, known=known, what="quantity")
        case tree.Drop() if not place.variant:
            yield errors.OnlyInVariants(span=node.span, word="drop")
        case tree.Apply():
            yield from _of_call(node, place)
        case tree.If():
            yield from _of_body(node.yes, place)
            yield from _of_body(node.no, place) if node.no else ()
        case tree.For() | tree.Residual() | tree.Gate():
            yield from _of_body(node.body, place)
        case tree.Parallel():
            for branch in node.branches:
                yield from _of_body(branch, place)
    after = _after(node)
    if after is not None and not place.variant:
        yield errors.OnlyInVariants(span=after.span, word="after")


def _after(node: tree.Statement) -> tree.Path | None:
    if isinstance(node, tree.Tap):
        return node.after
    if isinstance(node, tree.Stage | tree.Apply) and node.label is not None:
        return node.label.after
    return None


def _of_call(node: tree.Apply, place: _Place) -> Iterator[Problem]:
    """Arguments of an op by name; a block's are checked where it is called."""
    op = place.op(node.target)
    if op is None:
        return
    callee = f"the op `{op.kind()}`"
    for argument in node.arguments:
        if argument.name is None or argument.name in op.parameters():
            continue
        if argument.slash:
            yield errors.NoStride(span=argument.span, callee=callee)
        else:
            yield errors.UnknownArgument(
                span=argument.name_span, name=argument.name, callee=callee, known=op.parameters()
            )
