"""The body of `forward`: the statements of a program as text, one call per line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from resdsl.backends.torch.layout import INDENT, statement
from resdsl.backends.torch.members import Members
from resdsl.ir.network import Stage
from resdsl.ops.forms import TorchExpression, TorchModule
from resdsl.program.schedule import KINDS, Program, Statement, Variable

_BODY = 2 * INDENT


def variable_names(program: Program, main: str) -> dict[Variable, str]:
    """The names of variables by role, such as `out`, `out2`, `shortcut`.

    Args:
        program: the program that uses them.
        main: the name for variables on the main path.
    """
    numbered = ((each, "" if each.number == 1 else str(each.number)) for each in program.variables.values())
    return {
        each: f"{main if each.kind == 'main' else each.kind}{number}" for each, number in numbered if each.kind in KINDS
    }


@dataclass(frozen=True)
class Forward:
    """Writes a program as source.

    Attributes:
        program: the statements.
        members: the modules of the class.
        names: the name of each variable.
        arguments: for each layer that is an expression, the texts of its arguments.
        comments: comments after the statements of nodes, by name of the node.
        checkpointed: whether stages may be recomputed in the backward pass.
        given: names of the parameters of `forward`, whose types are known.
        trained_only: the nodes that are computed in training alone, which come last.
    """

    program: Program
    members: Members
    names: Mapping[Variable, str]
    given: Collection[str]
    arguments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    checkpointed: bool = False
    trained_only: Collection[str] = ()

    def lines(self, *, in_training: bool = False) -> Iterator[str]:
        """The statements, indented for a method: those of every pass, or those of training alone."""
        typed = set(self.given)
        for each in self.program.statements:
            later = each.nodes[0].name in self.trained_only
            written = self._written(each, typed, _BODY + INDENT if later else _BODY)
            yield from written if later == in_training else ()

    def text(self, value: str) -> str:
        """The expression that reads a value."""
        variable, index = self.program.holder(value)
        return self.names[variable] if index is None else f"{self.names[variable]}[{index}]"

    def _written(self, each: Statement, typed: set[str], indent: int) -> list[str]:
        node = each.nodes[-1]
        if each.variable is None:
            return statement(self._call(each), indent, comment="read by nothing")
        name = self.names[each.variable]
        if each.over[0] and isinstance(self.program.graph.forms.get(node.name), TorchExpression):
            return statement(self.text(each.reads[1]), indent, prefix=f"{name} += ")
        prefix = f"{name} = " if name in typed or len(node.shapes) > 1 else f"{name}: Tensor = "
        typed.add(name)
        comment = "" if each.flattens else self.comments.get(node.name, "")
        return statement(self._call(each), indent, prefix=prefix, comment=comment)

    def _call(self, each: Statement) -> str:
        """The expression that computes the value of a statement."""
        node, program = each.nodes[0], self.program
        arguments = [self.text(value) for value in each.reads]
        form = program.graph.forms.get(node.name)
        if isinstance(form, TorchExpression):
            numbers = self.arguments.get(node.name, {})
            held = {form.holds.name: self.members.access[node.path]} if form.holds else {}
            text = form.template.format(*arguments, inputs=", ".join(arguments), **numbers, **held)
            # Formatters put spaces around the colons of a slice if a step is more than a name or a number.
            return text.replace("::self.", ":: self.")
        if isinstance(form, TorchModule) and form.before:
            if each.flattens:
                return form.before.format(arguments[0])
            arguments = [self.names[each.variable] if each.variable else form.before.format(arguments[0])]
        module = self.members.access[node.path]
        call = f"{module}({', '.join(arguments)})"
        if each.instead is not None:
            return f"{self.text(each.instead)} if {module} is None else {call}"
        if self.checkpointed and isinstance(node, Stage):
            return f"rerun({module}, {', '.join(arguments)}) if self.checkpointing else {call}"
        return call
