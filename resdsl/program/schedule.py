"""The statements of a class: one call each, with the variable that its result is assigned to.

A variable is reused after its value has been read for the last time, so no value is kept alive longer than needed. If
the input of a sum or an activation is a separate tensor that is not read again, it is overwritten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from resdsl.ir.network import Node
from resdsl.ops.forms import TorchExpression, TorchForm, TorchModule

KINDS = ("main", "shortcut", "gate", "parts")
"""The kinds of variables: values by their role, or several values at once."""
_SAME = "{0}"
_SUM = "{0} + {1}"


class Variable(NamedTuple):
    """A variable of a `forward`.

    Attributes:
        kind: one of `KINDS`, or `input` or `output` for one with its own variable.
        number: its number among the variables of one kind, from one.
        name: the name of the input or output, if the network has several.
    """

    kind: str
    number: int = 1
    name: str = ""


@dataclass(frozen=True)
class Graph:
    """What a class computes.

    Attributes:
        nodes: in execution order.
        forms: the form of each layer, by name.
        outputs: values that are read from outside.
        containers: nodes that are computed by one call, by the name of the first node.
        absent: nodes whose module may be None, and the value that is read in that case.
        handed_in: layers whose module is passed to the class, which cannot know what it does.
        fresh: layers whose output is a separate tensor that no backward pass needs.
        sums_overwrite: whether a sum may overwrite its first term.
    """

    nodes: tuple[Node, ...]
    forms: Mapping[str, TorchForm]
    outputs: tuple[str, ...]
    containers: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    handed_in: Collection[str] = ()
    fresh: Collection[str] = ()
    sums_overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """One call.

    Attributes:
        nodes: what it computes: one node, or all nodes of a container.
        reads: the values that it reads.
        instead: the value that replaces its own if the module is None.
        over: for each node, whether it overwrites its first input.
        variable: the variable for the result; None if nothing reads it.
        flattens: whether it only prepares the input of a module, which the next statement calls.
    """

    nodes: tuple[Node, ...]
    reads: tuple[str, ...]
    instead: str | None
    over: tuple[bool, ...]
    variable: Variable | None
    flattens: bool = False


class Program:
    """The statements of a graph.

    Args:
        graph: what to compute.
        inputs: the variables of the inputs, by value.
        named: the variables of values that have their own.

    Attributes:
        graph: as given.
        inputs: likewise.
        statements: in the order in which they run.
        variables: the variable of every value that has one, by the name of its node.
        in_place: layers that overwrite their first input.
    """

    def __init__(
        self, graph: Graph, inputs: Mapping[str, Variable], named: Mapping[str, Variable] | None = None
    ) -> None:
        self.graph = graph
        self.inputs = inputs
        self.variables = dict(inputs)
        self._named = named or {}
        self._nodes = {node.name: node for node in graph.nodes}
        self._readers = Counter([value for node in graph.nodes for value in node.inputs])
        self._readers.update([*graph.absent.values(), *graph.outputs])
        self._callers = Counter([node.path for node in graph.nodes])
        self.in_place = frozenset(node.name for node in graph.nodes if self._is_over(node))
        self._calls = self._needed()
        self._last = self._last_reads()
        self.statements = tuple(
            statement for place, call in enumerate(self._calls) for statement in self._statements(place, call)
        )

    def source(self, value: str) -> str:
        """The value itself, if this is only another name for it."""
        while (form := self.graph.forms.get(value)) and isinstance(form, TorchExpression) and form.template == _SAME:
            value = self._nodes[value].inputs[0]
        return value

    def holder(self, value: str) -> tuple[Variable, int | None]:
        """The variable of a value, and its index if the variable has several values."""
        name, _, index = self.source(value).partition(":")
        several = name in self._nodes and len(self._nodes[name].shapes) > 1
        return self.variables[name], int(index or 0) if several else None

    def _is_over(self, node: Node) -> bool:
        """Whether a layer overwrites its first input, which must be a separate tensor without other readers.

        A module that is called several times overwrites none of its inputs, as it is the same for all of them.
        """
        graph, form = self.graph, self.graph.forms.get(node.name)
        if form is None or self._readers[node.inputs[0]] != 1 or node.inputs[0] not in graph.fresh:
            return False
        if not graph.absent.keys().isdisjoint((node.name, node.inputs[0])):
            return False
        if isinstance(form, TorchModule):
            return form.overwrites and node.name not in graph.handed_in and self._callers[node.path] == 1
        return graph.sums_overwrite and form.template == _SUM

    def _needed(self) -> list[tuple[Node, ...]]:
        """The calls in order.

        Left out are other names of a value, and expressions that nothing reads. A module is called even if nothing
        reads it: a batch norm updates its statistics.
        """
        inside = {node.name for nodes in self.graph.containers.values() for node in nodes[1:]}
        read = self._sources(self.graph.outputs)
        calls: list[tuple[Node, ...]] = []
        for node in reversed(self.graph.nodes):
            form = self.graph.forms.get(node.name)
            if node.name in inside:
                continue
            if isinstance(form, TorchExpression) and (form.template == _SAME or node.name not in read):
                continue
            calls.append(self.graph.containers.get(node.name, (node,)))
            read |= self._sources(self._all_reads(node))
        return calls[::-1]

    def _all_reads(self, node: Node) -> tuple[str, ...]:
        instead = self.graph.absent.get(node.name)
        return (*node.inputs, instead) if instead else node.inputs

    def _sources(self, values: Collection[str]) -> set[str]:
        """The nodes and inputs, by the values that they yield."""
        return {self.source(value).partition(":")[0] for value in values}

    def _last_reads(self) -> dict[str, int]:
        """For each value, the position of the last call that reads it."""
        last: dict[str, int] = {}
        for place, nodes in enumerate(self._calls):
            last.update(dict.fromkeys(self._sources(self._all_reads(nodes[0])), place))
        return last | dict.fromkeys(self._sources(self.graph.outputs), len(self._calls))

    def _statements(self, place: int, nodes: tuple[Node, ...]) -> Iterator[Statement]:
        first, value = nodes[0], nodes[-1]
        form = self.graph.forms.get(first.name)
        over = tuple([node.name in self.in_place for node in nodes])
        variable = self._variable(value, place, summed=over[0] and isinstance(form, TorchExpression))
        instead = self.graph.absent.get(first.name)
        if variable and isinstance(form, TorchModule) and form.before:
            yield Statement((first,), first.inputs, None, (False,), variable, flattens=True)
        if variable:
            self.variables[value.name] = variable
        yield Statement(nodes, first.inputs, instead, over, variable)

    def _variable(self, node: Node, place: int, *, summed: bool) -> Variable | None:
        """A variable whose value is no longer read; for a sum that overwrites a term, the variable of the term."""
        if node.name not in self._last:
            return None
        if summed:
            return self.holder(node.inputs[0])[0]
        if node.name in self._named:
            return self._named[node.name]
        kind = "parts" if len(node.shapes) > 1 else node.role
        live = {each for value, each in self.variables.items() if self._last.get(value, -1) > place}
        number = 1
        while Variable(kind, number) in live:
            number += 1
        return Variable(kind, number)
