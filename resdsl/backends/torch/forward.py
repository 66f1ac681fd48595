"""The body of `forward`: the nodes of a graph as statements.

A statement computes a new map; norms and activations stand around it. A variable is used again once
its value has been read for the last time, so that nothing is kept alive for nothing. Where the value
that flows in is a tensor of its own that nobody reads again, sums and activations write over it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from resdsl.backends.torch.layout import INDENT, WIDTH, statement
from resdsl.backends.torch.members import Members
from resdsl.ir.network import Layer, Node, Stage
from resdsl.ops.forms import TorchExpression, TorchForm, TorchModule

_CALL = re.compile(r"[\w.]+(\[\"\w+\"\])*\(.*\)")
_SUM = "{0} + {1}"
_BODY = 2 * INDENT


@dataclass(frozen=True)
class Graph:
    """What `forward` computes.

    Attributes:
        nodes: in execution order.
        forms: of each layer, by name.
        members: the modules of the class.
        absent: nodes whose module may be None, and the value that is then read.
        arguments: for each layer that is an expression, the texts of its arguments.
        fresh: layers whose output is a tensor of its own that no backward pass needs.
        outputs: values that are read from outside.
        checkpointed: whether stages may be computed again in the backward pass.
        comments: what is said of each value.
    """

    nodes: tuple[Node, ...]
    forms: Mapping[str, TorchForm]
    members: Members
    outputs: Sequence[str]
    absent: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fresh: Collection[str] = ()
    comments: Mapping[str, str] = field(default_factory=dict)
    checkpointed: bool = False


def overwriting(graph: Graph) -> set[str]:
    """The layers whose modules may write their output over their input."""
    counts = _reads(graph)
    made_by = {node.name: node for node in graph.nodes}
    return {
        node.name
        for node in graph.nodes
        if isinstance(form := graph.forms.get(node.name), TorchModule)
        and form.overwrites
        and node.name not in graph.absent
        and node.name == node.path
        and counts[node.inputs[0]] == 1
        and _is_fresh(made_by.get(node.inputs[0]), graph)
    }


def _is_fresh(node: Node | None, graph: Graph) -> bool:
    """Whether a value is a tensor that nobody else has, and that no backward pass needs."""
    return node is not None and node.name in graph.fresh and node.name not in graph.absent


def _reads(graph: Graph) -> Counter[str]:
    """How often each value is read, by nodes, in the stead of a node, and from outside."""
    counts = Counter(value for node in graph.nodes for value in node.inputs)
    counts.update(graph.absent.values())
    counts.update(graph.outputs)
    return counts


@dataclass(frozen=True, slots=True)
class _Unit:
    """What one call computes: a node, or all nodes of a chain."""

    first: Node
    value: Node

    @property
    def name(self) -> str:
        return self.value.name


class Statements:
    """The statements of a graph.

    Args:
        graph: what is to be computed.
        variables: the variables that hold the inputs, by value.
        main: what a variable on the main path is called.
        sums_overwrite: whether a sum may be written over its first term.
        called: variables of values that have names of their own.

    Attributes:
        lines: the statements, indented for a method.
    """

    def __init__(
        self,
        graph: Graph,
        variables: Mapping[str, str],
        main: str,
        *,
        sums_overwrite: bool = False,
        called: Mapping[str, str] | None = None,
    ) -> None:
        self._called = called or {}
        self.lines: list[str] = []
        self._graph = graph
        self._names = {"main": main, "shortcut": "shortcut", "gate": "gate"}
        self._sums_overwrite = sums_overwrite
        self._variables = dict(variables)
        self._typed = set(variables.values())
        self._texts = dict(variables)
        self._made_by = {node.name: node for node in graph.nodes}
        self._counts = _reads(graph)
        self._aliases: dict[str, str] = {}
        self._units = self._needed(list(self._grouped()))
        self._last = self._last_reads()
        for position, unit in enumerate(self._units):
            self._add(position, unit)

    def text(self, value: str) -> str:
        """The expression by which a value is read."""
        name, _, index = self._source_of(value).partition(":")
        node = self._made_by.get(name)
        return f"{self._texts[name]}[{index or 0}]" if node and len(node.shapes) > 1 else self._texts[name]

    def _grouped(self) -> Iterator[_Unit]:
        chained = self._graph.members.chained
        for node in self._graph.nodes:
            member = chained.get(node.name)
            if member is not None:
                yield _Unit(node, member.chain[-1])
            elif node.name not in chained:
                yield _Unit(node, node)

    def _source_of(self, value: str) -> str:
        """The value that stands for one, which may be the same under another name."""
        while value in self._aliases:
            value = self._aliases[value]
        return value

    def _reads_of(self, unit: _Unit) -> set[str]:
        """The values, without the index of an output, that a unit reads."""
        instead = self._graph.absent.get(unit.name)
        values = (*unit.first.inputs, *filter(None, [instead]))
        return {self._source_of(value).partition(":")[0] for value in values}

    def _needed(self, units: list[_Unit]) -> list[_Unit]:
        """Without expressions that nothing reads; modules are called, for batch norms see what flows in."""
        for unit in units:
            form = self._graph.forms.get(unit.name)
            if isinstance(form, TorchExpression) and form.template == "{0}":
                self._aliases[unit.name] = unit.first.inputs[0]
        read = {self._source_of(value).partition(":")[0] for value in self._graph.outputs}
        kept: list[_Unit] = []
        for unit in reversed(units):
            expression = isinstance(self._graph.forms.get(unit.name), TorchExpression)
            if unit.name not in self._aliases and (unit.name in read or not expression):
                kept.append(unit)
                read |= self._reads_of(unit)
        return kept[::-1]

    def _last_reads(self) -> dict[str, int]:
        """For each value, the place of the unit that reads it last."""
        last: dict[str, int] = {}
        for position, unit in enumerate(self._units):
            last.update(dict.fromkeys(self._reads_of(unit), position))
        shown = {self._source_of(value).partition(":")[0] for value in self._graph.outputs}
        return last | dict.fromkeys(shown, len(self._units))

    def _add(self, position: int, unit: _Unit) -> None:
        over = self._overwritten(unit)
        if over is not None:
            self.lines += statement(self.text(unit.first.inputs[1]), _BODY, prefix=f"{over} += ")
            self._variables[unit.name] = self._texts[unit.name] = over
            return
        text = self._computed(unit)
        if unit.name not in self._last:
            self.lines += statement(text, _BODY, comment="read by nothing")
            return
        if position + 1 < len(self._units) and self._stands_inside(unit, self._units[position + 1], text):
            self._texts[unit.name] = text
            return
        variable = self._variable(position, unit)
        typed = variable in self._typed or len(unit.value.shapes) > 1
        self._typed.add(variable)
        prefix = f"{variable} = " if typed else f"{variable}: Tensor = "
        self.lines += statement(text, _BODY, prefix=prefix, comment=self._graph.comments.get(unit.name, ""))
        self._variables[unit.name] = self._texts[unit.name] = variable

    def _overwritten(self, unit: _Unit) -> str | None:
        """The variable over which a sum is written, if it may be."""
        form = self._graph.forms.get(unit.name)
        if not self._sums_overwrite or not isinstance(form, TorchExpression) or form.template != _SUM:
            return None
        first, second = unit.first.inputs
        spare = first != second and self._counts[first] == 1 and _is_fresh(self._made_by.get(first), self._graph)
        return self._variables.get(first) if spare else None

    def _computed(self, unit: _Unit) -> str:
        """The expression that a unit is."""
        node, graph = unit.first, self._graph
        arguments = [self.text(value) for value in node.inputs]
        form = graph.forms.get(node.name)
        if isinstance(form, TorchExpression):
            text = form.template.format(*arguments, inputs=", ".join(arguments), **graph.arguments.get(node.name, {}))
            # A step that is more than a name or a number stands apart from its colons.
            return text.replace("::self.", ":: self.")
        if isinstance(form, TorchModule) and form.before:
            arguments = [form.before.format(argument) for argument in arguments]
        member = graph.members.chained.get(node.name)
        module = member.target if member else graph.members.access[node.path]
        called = f"{module}({', '.join(arguments)})"
        if node.name in graph.absent:
            return f"{self.text(graph.absent[node.name])} if {module} is None else {called}"
        if graph.checkpointed and isinstance(node, Stage):
            return f"rerun({module}, {arguments[0]}) if self.checkpointing else {called}"
        return called

    def _stands_inside(self, unit: _Unit, following: _Unit, text: str) -> bool:
        """Whether a value is written where it is read: within the norm or activation behind it."""
        node, reader, absent = unit.first, following.first, self._graph.absent
        chained = self._graph.members.chained
        if not isinstance(node, Layer) or not isinstance(reader, Layer) or {node.name, reader.name} & absent.keys():
            return False
        if reader.inputs != (node.name,) or self._counts[node.name] != 1 or {node.name, reader.name} & chained.keys():
            return False
        if reader.op.weighted or reader.shapes != node.shapes or node.name in self._graph.outputs:
            return False
        form = self._graph.forms[reader.name]
        if isinstance(form, TorchExpression) and form.template.count("{0}") != 1:
            return False
        outer = form.template if isinstance(form, TorchExpression) else f"{self._graph.members.access[reader.path]}()"
        return bool(_CALL.fullmatch(outer)) and _BODY + len(outer) + len(text) + _LEFT_SIDE <= WIDTH

    def _variable(self, position: int, unit: _Unit) -> str:
        """A variable whose value is not read any more."""
        if unit.name in self._called:
            return self._called[unit.name]
        base = "parts" if len(unit.value.shapes) > 1 else self._names[unit.value.role]
        live = {variable for value, variable in self._variables.items() if self._last.get(value, -1) > position}
        live |= set(self._called.values())
        number, variable = 2, base
        while variable in live:
            variable, number = f"{base}{number}", number + 1
        return variable


_LEFT_SIDE = len("shortcut: Tensor = ")
