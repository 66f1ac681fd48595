"""Checks names before anything is run, so that a slip is found even in a block that is never called.

A definition is read without values: a name is fine if anything in the definition or around it could define it. What
depends on values is checked when the definition is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate import errors
from resdsl.elaborate.expectations import QUANTITIES
from resdsl.elaborate.linking import Callee, Module, NetworkDefinition, SweepDefinition
from resdsl.elaborate.scope import FUNCTIONS, SETTINGS, op_of
from resdsl.elaborate.settings import PARTS, fitting, plays
from resdsl.elaborate.stages import REPEAT_NAMES
from resdsl.elaborate.sweeps import check_sweep, parameters_of
from resdsl.ops.base import Op
from resdsl.ops.registry import all_ops, ops
from resdsl.syntax import tree
from resdsl.syntax.mentions import applied_in, names_bound_in, names_in

OF_SHORTCUTS = ("out", "stride", "changes")
RESERVED = frozenset({*SETTINGS, "channels", "global", "default"})
"""Names that have a meaning in the language everywhere."""
_Written = tree.Definition | tree.Variant


def check_names(module: Module) -> tuple[Problem, ...]:
    """Warnings about the definitions of a module and of what it imports.

    Raises:
        SpecError: with every unknown name, and every statement that is in the wrong place.
    """
    return NameChecker().check(module)


class NameChecker:
    """Checks the names of a text as often as it changes; what it found in a definition it finds again without looking,
    as long as that definition and the names around it are the same.
    """

    def __init__(self) -> None:
        self._found: dict[tree.Item, tuple[object, list[Problem]]] = {}

    def check(self, module: Module) -> tuple[Problem, ...]:
        """Warnings about the definitions of a module and of what it imports; raises the error of `check_names`."""
        text = _Text(tuple(_modules(module, set())))
        before, self._found = self._found, {}
        found = [problem for one in text.modules for problem in self._of_module(one, text, before)]
        wrong = [problem for problem in found if problem.severity == "error"]
        if wrong:
            raise SpecError(wrong)
        return tuple(found)

    def _of_module(
        self, module: Module, text: _Text, before: Mapping[tree.Item, tuple[object, list[Problem]]]
    ) -> Iterator[Problem]:
        around = (text.of_blocks, tuple(_names_of(module)))
        for item in module.file.items:
            known = before.get(item)
            found = known[1] if known is not None and known[0] == around else list(_of_item(item, module, text))
            self._found[item] = around, found
            yield from found


def _names_of(module: Module) -> Iterator[object]:
    """All that one definition can see of the others: what they are, and their parameters."""
    for name, named in module.names.items():
        if isinstance(named, Callee):
            yield name, named.kind, named.parameter_names
        elif isinstance(named, NetworkDefinition):
            base = named.node.base.text if isinstance(named.node, tree.Variant) else None
            yield name, base, tuple([parameter.name for parameter in named.node.parameters])
        else:
            yield name, id(named) if isinstance(named, Module) else None


def _modules(module: Module, met: set[int]) -> Iterator[Module]:
    if id(module) in met:
        return
    met.add(id(module))
    yield module
    for named in module.names.values():
        if isinstance(named, Module):
            yield from _modules(named, met)


class _Text:
    """All files that are checked together."""

    def __init__(self, modules: tuple[Module, ...]) -> None:
        self.modules = modules

    @cached_property
    def of_blocks(self) -> frozenset[str]:
        """The parameters of all blocks: each could be the norm or the activation in force."""
        callees = (named for module in self.modules for named in module.names.values() if isinstance(named, Callee))
        return frozenset(name for callee in callees if callee.kind == "block" for name in callee.parameter_names)


def _of_item(item: tree.Item, module: Module, text: _Text) -> Iterator[Problem]:
    if isinstance(item, tree.Definition | tree.Variant):
        yield from _of_definition(item, module, text)
    elif isinstance(item, tree.SweepLines):
        if item.name.text not in FUNCTIONS:
            yield from _taken(item.name)
        yield from check_sweep(item, module)


def _taken(name: tree.Word) -> Iterator[Problem]:
    """The problem of a name that the language has. Ops of other packages may be hidden, so that a text means the same
    wherever it is read.
    """
    if name.text in RESERVED or name.text in FUNCTIONS or name.text in ops():
        yield errors.names.LibraryNameTaken(span=name.span, name=name.text, by="the language")


def _of_definition(item: _Written, module: Module, text: _Text) -> Iterator[Problem]:
    given = {parameter.name for parameter in item.parameters}
    yield from _taken(item.name)
    yield from _given_twice(item)
    inside = (item.parameters, item.body) if isinstance(item, tree.Definition) else (item.arguments, item.body)
    bound = set(names_bound_in(inside))
    known = given | bound | _around(item, module)
    names = names_in((*item.parameters, *(part for part in inside if part is not None)))
    unknown = [name for name in names if name.parts[0] not in known and op_of(name.parts[0]) is None]
    yield from _unknown(unknown, item, module, known, given | bound) if unknown else ()
    mentioned = {name.parts[0] for name in names_in((item.parameters, *inside))}
    for parameter in item.parameters:
        if parameter.name not in mentioned and parameter.name not in (*SETTINGS, "input"):
            yield errors.names.UnusedParameter(span=parameter.span, name=parameter.name)
        if isinstance(item, tree.Definition) and item.kind == "shortcut" and parameter.name in OF_SHORTCUTS:
            yield errors.names.KnownInShortcuts(span=parameter.span, name=parameter.name)
    if item.body is not None:
        yield from _of_body(item.body, _Place(item, module, text, given, bound))


def _unknown(
    unknown: list[tree.Name], item: _Written, module: Module, known: set[str], bound: set[str]
) -> Iterator[Problem]:
    """The unknown names, with suggestions; for a setting, the values that it can have."""
    networks = {name for name in module.visible() if isinstance(module.find(name), NetworkDefinition | SweepDefinition)}
    names = tuple(sorted({*known, *module.visible(), *ops(), *FUNCTIONS} - (networks - bound)))
    settings = {id(value): setting for setting, value in _settings_in(item)}
    applied = {id(name) for name in applied_in(item)}
    dependent = set(_given_to(item, {id(name) for name in unknown}))
    for name in unknown:
        if name.text in dependent:
            continue
        setting = settings.get(id(name))
        if setting is None:
            is_applied = id(name) in applied
            yield errors.names.UnknownName(
                span=name.span, name=name.text, known=names, is_applied=is_applied, bound=tuple(sorted(bound))
            )
        else:
            fits = (*fitting(setting, module), "none")
            yield errors.names.UnknownName(span=name.span, name=name.text, known=fits, what=PARTS[setting])


def _given_to(node: object, unknown: set[int]) -> Iterator[str]:
    """The names that are given to what is unknown: after `const width = 64`, nobody knows `width`."""
    if isinstance(node, tree.Apply) and id(node.target) in unknown:
        yield from (argument.name for argument in node.arguments if argument.name is not None)
    parts = node if isinstance(node, tuple) else node.children() if isinstance(node, tree.Node) else ()
    for part in parts:
        yield from _given_to(part, unknown)


def _settings_in(node: object) -> Iterator[tuple[str, object]]:
    """The settings that a tree sets, with their values."""
    match node:
        case tree.Parameter(name=str() as name, default=value) | tree.CallArgument(name=str() as name, value=value):
            if name in SETTINGS:
                yield name, value
    if isinstance(node, tuple):
        for part in node:
            yield from _settings_in(part)
    elif isinstance(node, tree.Node):
        for child in node.children():
            yield from _settings_in(child)


def _given_twice(item: _Written) -> Iterator[Problem]:
    first: dict[str, tree.Parameter] = {}
    for parameter in item.parameters:
        if parameter.name in first:
            yield errors.names.NameGivenTwice(
                span=parameter.span, name=parameter.name, first=first[parameter.name].span
            )
        first.setdefault(parameter.name, parameter)


def _around(item: _Written, module: Module) -> set[str]:
    """The names that a definition has because of its kind and its place."""
    known = {*SETTINGS, "channels", "global", *FUNCTIONS, *ops(), *module.visible(), *REPEAT_NAMES}
    if isinstance(item, tree.Variant):
        return known | {"default"} | set(parameters_of(NetworkDefinition(item.name.text, item, module)))
    if item.kind == "network":
        return known | {"default"}
    return known | set(OF_SHORTCUTS) if item.kind == "shortcut" else known


class _Place:
    """The definition around a statement, and the names it binds."""

    def __init__(self, item: _Written, module: Module, text: _Text, given: set[str], bound: set[str]) -> None:
        self.item = item
        self.variant = isinstance(item, tree.Variant)
        self.network = self.variant or (isinstance(item, tree.Definition) and item.kind == "network")
        self.module = module
        self.text = text
        self.given = given
        self.bound = bound

    def may_have(self, node: tree.Statement) -> bool:
        """Whether an input, an expectation or a tap may stand here; a block may have taps."""
        block = isinstance(self.item, tree.Definition) and self.item.kind == "block"
        return self.network or (block and isinstance(node, tree.TapStatement) and not node.training)

    def op(self, name: tree.Name) -> type[Op] | None:
        """The op that a statement applies, if the name is not one of the definition's own."""
        first = name.parts[0]
        own = first in self.given or first in self.bound
        if len(name.parts) > 1 or own or first in SETTINGS or self.module.find(first):
            return None
        return op_of(first)

    def setting(self, name: tree.Name) -> str | None:
        """`norm` or `act`, if a statement applies one of these settings."""
        return name.text if name.text in ("norm", "act") and name.text not in self.bound else None


def _of_body(body: tree.StatementList, place: _Place) -> Iterator[Problem]:
    for statement in body.statements:
        yield from _of_statement(statement, place)


def _of_statement(node: tree.Statement, place: _Place) -> Iterator[Problem]:
    match node:
        case tree.Input() | tree.Expect() | tree.TapStatement() | tree.OutputStatement() if not place.may_have(node):
            trained = isinstance(node, tree.TapStatement) and node.training
            word = "tap ... in training" if trained else node.span.text.split(None, 1)[0]
            yield errors.networks.OnlyInNetworks(span=node.span, word=word)
        case tree.Expect() if node.quantity.text not in QUANTITIES:
            known = QUANTITIES
            yield errors.names.UnknownName(
                span=node.quantity.span, name=node.quantity.text, known=known, what="quantity"
            )
        case tree.Drop() if not place.variant:
            yield errors.networks.OnlyInVariants(span=node.span, word="drop")
        case tree.Input():
            yield from _of_sizes(node.value)
        case tree.Apply():
            yield from _of_call(node, place)
        case tree.StageStatement(count=tree.Binary() as count):
            yield from _of_repeats(count)
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
        yield errors.networks.OnlyInVariants(span=after.span, word="after")


def _after(node: tree.Statement) -> tree.Path | None:
    if isinstance(node, tree.TapStatement):
        return node.after
    if isinstance(node, tree.StageStatement | tree.Apply) and node.label is not None:
        return node.label.after
    return None


def _of_call(node: tree.Apply, place: _Place) -> Iterator[Problem]:
    """Check the names of arguments of an op, and of `norm` and `act`, which may be `none`. Those of a block are checked
    when it is called.
    """
    op, setting = place.op(node.target), place.setting(node.target)
    if op is not None:
        yield from _unknown_arguments(node, f"the op `{op.kind()}`", op.arguments())
        for argument, name in zip(node.arguments, op.parameters(), strict=False):
            if (argument.name or name) in op.per_axis():
                yield from _of_sizes(argument.value)
    elif setting is not None and any(argument.name for argument in node.arguments):
        known = place.text.of_blocks | _of_ops(ops(), setting)
        if not known.issuperset(argument.name for argument in node.arguments if argument.name):
            known |= _of_ops(all_ops(), setting)
        callee = "a norm" if setting == "norm" else "an activation"
        yield from _unknown_arguments(node, callee, tuple(sorted(known)))


def _of_sizes(node: tree.Expression) -> Iterator[Problem]:
    """The warning about a product of numbers where sizes are expected."""
    sizes = _factors(node)
    if len(sizes) > 1:
        yield errors.arguments.ProductOfSizes(span=node.span, sizes=sizes)


def _factors(node: tree.Expression) -> tuple[int, ...]:
    if isinstance(node, tree.Number) and isinstance(node.value, int):
        return (node.value,)
    if not isinstance(node, tree.Binary) or node.operator != "*":
        return ()
    left, right = _factors(node.left), _factors(node.right)
    return (*left, *right) if left and right else ()


def _of_repeats(node: tree.Binary) -> Iterator[Problem]:
    """The warning about repeats that are divided by what looks like a stride."""
    match node:
        case tree.Binary(
            operator="/", left=tree.Number(value=int() as count), right=tree.Number(value=int() as stride)
        ):
            if node.span.text.endswith(f" /{node.right.span.text}"):
                yield errors.strides.StrideInRepeats(span=node.span, count=count, stride=stride)


def _of_ops(known: Mapping[str, type[Op]], setting: str) -> frozenset[str]:
    """The parameters of the ops that can be the norm or the activation in force."""
    return frozenset(name for op in known.values() if plays(op, setting) for name in op.parameters())


def _unknown_arguments(node: tree.Apply, callee: str, known: tuple[str, ...]) -> Iterator[Problem]:
    for argument in node.arguments:
        if argument.name is None or argument.name in known:
            continue
        if argument.slash:
            yield errors.strides.NoStride(span=argument.span, callee=callee)
        else:
            yield errors.arguments.UnknownArgument(
                span=argument.name_span, name=argument.name, callee=callee, known=known
            )
