"""Statements and definitions as text, from their syntax trees. Spans are not looked at, so that a tree need not come
from a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from resdsl.printer.expressions import (
    POSTFIX,
    SUM,
    argument_text,
    arguments_text,
    expression_text,
    is_name,
    number_text,
    quoted,
    string_text,
    targets_text,
)
from resdsl.printer.formatting import format_text
from resdsl.syntax import tree

_BEGINNINGS = frozenset(
    {"input", "let", "require", "expect", "stage", "residual", "gate", "parallel", "if", "for", "as", "from", "tap"}
    | {"drop"}
)
"""Words that begin statements, so that they can be no labels unless they are in quotes."""


def text_of(items: Iterable[tree.Item]) -> str:
    """A whole text in canonical form.

    Raises:
        ValueError: something in it has no text.
    """
    lines: list[str] = []
    before: tree.Item | None = None
    for item in items:
        if before is not None and not (_is_short(before) and _is_short(item)):
            lines.append("")
        lines += _item(item)
        before = item
    return format_text("\n".join(lines))


def statements_text(statements: Sequence[tree.Statement]) -> str:
    """Statements in canonical form, as they stand at the beginning of lines."""
    lines = format_text("\n".join(("block b {", *_lines(statements), "}"))).split("\n")
    return "".join(f"{line.removeprefix('  ')}\n" for line in lines[1:-2])


def _is_short(item: tree.Item) -> bool:
    return isinstance(item, tree.Import | tree.Version) or (isinstance(item, tree.Variant) and item.body is None)


def _item(item: tree.Item) -> Iterator[str]:
    match item:
        case tree.Version(number=number):
            yield f"resdsl {number_text(number)}"
        case tree.Import(path=path, alias=alias):
            yield f"import {string_text(path)} as {alias.text}"
        case tree.Definition(kind=kind, name=name, parameters=parameters, body=body):
            yield f"{kind} {name.text}{parameters_text(parameters)} {{"
            yield from _lines(body.statements)
            yield "}"
        case tree.Variant(name=name, parameters=parameters, base=base, arguments=arguments, body=changes):
            given = ", ".join(argument_text(each, " = ") for each in arguments)
            yield f"network {name.text}{parameters_text(parameters)} = {base.text}({given}){' {' if changes else ''}"
            if changes:
                yield from _lines(changes.statements)
                yield "}"
        case tree.SweepLines(name=name, lines=lines):
            yield f"sweep {name.text} {{"
            yield from map(_sweep_line, lines)
            yield "}"


def parameters_text(parameters: Sequence[tree.Parameter]) -> str:
    """The parameters of a definition in parentheses; nothing if there are none."""
    written = (f"{each.name} = {expression_text(each.default)}" if each.default else each.name for each in parameters)
    return f"({', '.join(written)})" if parameters else ""


def _lines(statements: Sequence[tree.Statement]) -> Iterator[str]:
    """Statements on lines: an op without arguments, and a name of what flows, stand behind the op before them."""
    line = ""
    follows = False
    for statement in statements:
        text = _statement(statement)
        is_bare = isinstance(statement, tree.As) or (
            isinstance(statement, tree.Apply) and not statement.arguments and statement.label is None
        )
        if line and not (follows and is_bare):
            yield line
            line = ""
        line = f"{line}; {text}" if line else text
        follows = isinstance(statement, tree.Apply) and statement.shape is None
    if line:
        yield line


def _statement(statement: tree.Statement) -> str:
    match statement:
        case tree.Input(name=name, value=value):
            return _named_input(name.text, value) if name else f"input {expression_text(value)}"
        case tree.Let(name=name, value=value):
            return f"let {name.text} = {expression_text(value)}"
        case tree.Require(condition=condition, message=message):
            return f"require {expression_text(condition)}{f' {string_text(message)}' if message else ''}"
        case tree.Expect(quantity=quantity, relation=relation, value=value, when=when):
            limited = f" when {expression_text(when)}" if when else ""
            return f"expect {quantity.text} {relation} {expression_text(value, SUM)}{limited}"
        case tree.Apply():
            return _apply(statement)
        case tree.StageStatement():
            return _stage(statement)
        case tree.As(name=name, indices=indices):
            return f"as {name.text}{''.join(f'[{expression_text(index)}]' for index in indices)}"
        case tree.From(value=value, shape=shape):
            return f"from {expression_text(value)}{_arrow(shape)}"
        case tree.TapStatement(name=name, after=after, training=training):
            return f"tap {_name(name)}{_after(after)}{' in training' if training else ''}"
        case tree.OutputStatement(name=name):
            return f"output {_name(name)}"
        case tree.Drop(path=path):
            return f"drop {_path(path)}"
    return _with_bodies(statement)


def _with_bodies(statement: tree.Statement) -> str:
    match statement:
        case tree.Residual(identity=identity, body=body, shape=shape):
            return f"residual {'identity ' if identity else ''}{_body(body)}{_arrow(shape)}"
        case tree.Gate(body=body, shape=shape):
            return f"gate {_body(body)}{_arrow(shape)}"
        case tree.Parallel(join=join, branches=branches, shape=shape):
            return f"parallel {join.text} {' '.join(map(_body, branches))}{_arrow(shape)}"
        case tree.If(condition=condition, yes=yes, no=no):
            return f"if {expression_text(condition)} {_body(yes)}{f' else {_else(no)}' if no else ''}"
        case tree.For(targets=targets, iterable=iterable, body=body):
            return f"for {targets_text(targets)} in {expression_text(iterable)} {_body(body)}"
    raise ValueError(f"{type(statement).__name__} has no text")


def _named_input(name: str, value: tree.Expression) -> str:
    shape = expression_text(value, POSTFIX)
    if shape.startswith(("(", "[")):
        raise ValueError(f"the shape of the input {name} would be read as its arguments: {shape}")
    return f"input {name} {shape}"


def _body(body: tree.StatementList) -> str:
    return "\n".join(("{", *_lines(body.statements), "}")) if body.statements else "{ }"


def _else(body: tree.StatementList) -> str:
    is_chain = len(body.statements) == 1 and isinstance(body.statements[0], tree.If)
    return _statement(body.statements[0]) if is_chain else _body(body)


def _apply(statement: tree.Apply) -> str:
    label = f"{_label(statement.label)}: " if statement.label else ""
    arguments = arguments_text(statement.arguments)
    # What follows a name in brackets are all of its arguments, or an index.
    call = f"({arguments})" if arguments.startswith(("(", "[")) else f" {arguments}" if arguments else ""
    shared = "shared " if statement.shared else ""
    return f"{shared}{label}{statement.target.text}{call}{_arrow(statement.shape)}"


def _stage(statement: tree.StageStatement) -> str:
    label = f"{_name(statement.label.name)}"
    title = f" {string_text(statement.title)}" if statement.title else ""
    head = f"stage {label}{title}{_after(statement.label.after)}: {_unit(statement.unit)}"
    count = f" x {expression_text(statement.count)}" if statement.count else ""
    given = "".join(f", {argument_text(each)}" for each in statement.arguments)
    return f"{'shared ' if statement.shared else ''}{head}{count}{given}{_arrow(statement.shape)}"


def _unit(unit: tree.Unit | tree.Bracket) -> str:
    if isinstance(unit, tree.Bracket):
        return f"[{'; '.join(arguments_text(row.arguments) for row in unit.rows)}]"
    return f"{unit.target.text}({arguments_text(unit.arguments)})"


def _label(label: tree.PathLabel) -> str:
    name = _name(label.name)
    return f"{quoted(name) if name in _BEGINNINGS else name}{_after(label.after)}"


def _name(name: tree.Word | tree.StringLiteral) -> str:
    if isinstance(name, tree.StringLiteral):
        return string_text(name)
    return name.text if is_name(name.text) else quoted(name.text)


def _after(path: tree.Path | None) -> str:
    return f" after {_path(path)}" if path else ""


def _path(path: tree.Path) -> str:
    return path.text if all(map(is_name, path.text.split("."))) else quoted(path.text)


def _arrow(shape: tree.Expression | None) -> str:
    return f" -> {expression_text(shape)}" if shape else ""


def _sweep_line(line: tree.SweepLine) -> str:
    match line:
        case tree.Swept(network=network):
            return f"network {network.text}"
        case tree.Over(axes=axes):
            return f"over {_axes(axes)}"
        case tree.Together(axes=axes):
            return f"together {_axes(axes)}"
        case tree.Draw(axes=drawn):
            return f"draw {', '.join(map(_drawn, drawn))}"
        case tree.Sampled():
            return f"sample {_sampling(line)}"
        case tree.When(condition=condition):
            return f"when {expression_text(condition)}"
        case tree.Keep(condition=condition):
            return f"keep {expression_text(condition)}"
        case tree.Named(template=template):
            return f"name {string_text(template)}"
        case tree.Solve(name=name, candidates=candidates, quantity=quantity, relation=relation, target=target):
            within = _within(line.within)
            aim = f"{quantity.text} {relation} {expression_text(target, SUM)}"
            return f"solve {name.text} in {expression_text(candidates)} for {aim}{within}"


def _within(within: tree.Within | None) -> str:
    return f" within {number_text(within.number)}{'%' if within.percent else ''}" if within else ""


def _drawn(axis: tree.DrawnAxis) -> str:
    words = [f"{axis.name.text} ="]
    if axis.count is not None:
        words += [*["sorted"] * axis.is_sorted, expression_text(axis.count, SUM), "of"]
    words.append(expression_text(axis.values))
    if axis.by is not None:
        words.append(f"by {expression_text(axis.by, SUM)}")
    return " ".join([*words, *["log"] * axis.is_log])


def _sampling(sample: tree.Sampled) -> str:
    seed = f" seed {number_text(sample.seed)}" if sample.seed else ""
    return f"{number_text(sample.count)}{seed}" + (f" within {number_text(sample.most)}" if sample.most else "")


def _axes(axes: Sequence[tree.AxisValues]) -> str:
    return ", ".join(f"{each.name.text} = {expression_text(each.values)}" for each in axes)
