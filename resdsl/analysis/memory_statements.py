"""The statements of a generated `forward`, as far as they decide how long values live.

`resdsl.backends.torch.forward` writes them; here are the same rules without the text: what is left out,
what is one call of a container, what is written over its input, what stands inside the call of its
reader, and which variable is assigned to. What stands inside a call keeps the variables as they are until
the outer call is done, and it stands there only where the line is long enough for both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import NamedTuple

from resdsl.analysis.memory_classes import Use
from resdsl.ir.network import Layer, Node
from resdsl.ops.base import Op, Shapes
from resdsl.ops.forms import TorchExpression, TorchModule

_LINE = 88 - len("        shortcut: Tensor = ")
"""The longest expression that stands on one line of a generated file."""
_CALL = re.compile(r"[\w.]+(\[\"\w+\"\])*\(.*\)")


class Facts(NamedTuple):
    """What matters of a layer.

    Attributes:
        output: numbers in its outputs.
        values: numbers as wide as those that it needs beside them.
        integers: numbers of 64 bits that it needs beside them.
        view: whether its outputs are parts of its first input.
        fresh: whether what follows may overwrite the output.
        overwrites: whether it may be written over its input.
        template: the expression that it is, with its numbers and without its inputs; empty for a module.
        written: the same without its numbers, by which the rules judge its length.
        before: the expression through which the inputs of a module pass.
    """

    output: int
    values: int
    integers: int
    view: bool
    fresh: bool
    overwrites: bool
    template: str
    written: str
    before: str


@lru_cache(maxsize=4096)
def facts_of(op: Op, inputs: Shapes) -> Facts:
    """What matters of an op that reads values of these shapes."""
    form, made = op.torch(inputs), op.makes(inputs)
    needed = (sum(map(prod, op.infer(inputs))), made.values, made.integers, made.view, form.fresh)
    if isinstance(form, TorchModule):
        return Facts(*needed, form.overwrites, "", "", form.before or "")
    return Facts(*needed, False, _numbered(form), form.template, "")


def _numbered(form: TorchExpression) -> str:
    """An expression with its numbers, its inputs still open."""
    template = form.template
    for name, value in form.arguments:
        template = template.replace(f"{{{name}}}", repr(value))
    return template


class Statement(NamedTuple):
    """One call of `forward`.

    Attributes:
        nodes: what it computes, one after the other: one node, or all of a container.
        over: whether the output is written over the first input; of a container, for each node.
        variable: what the output is assigned to; None where it stands inside the next call, or nothing
            reads it.
        inside: whether it stands inside the next call.
    """

    nodes: tuple[Node, ...]
    over: tuple[bool, ...]
    variable: str | None
    inside: bool = False


class Statements:
    """The statements of a graph.

    Args:
        use: the graph.
        variables: the variables that hold what flows in, by value.
        shown: values that are read from outside; by default what the graph yields.
        main: what a variable on the main path is called.
        sums_overwrite: whether a sum may be written over its first term.
        called: variables of values that have names of their own.

    Attributes:
        facts: of each layer, by name.
        missing: nodes of the class that are not there.
    """

    def __init__(
        self,
        use: Use,
        variables: Mapping[str, str],
        *,
        shown: Collection[str] = (),
        main: str,
        sums_overwrite: bool = False,
        called: Mapping[str, str] | None = None,
    ) -> None:
        nodes = use.nodes
        self.missing = use.missing
        self.facts = {
            node.name: facts_of(node.op, tuple([use.values[value] for value in node.inputs]))
            for node in nodes
            if isinstance(node, Layer) and node.name not in use.missing
        }
        self._absent = use.absent
        self._nodes = {node.name: node for node in nodes}
        self._shown = set(shown or [use.output])
        self._main = main
        self._sums_overwrite = sums_overwrite
        self._called = called or {}
        self._variables = dict(variables)
        self._texts = dict(variables)
        self._counts = Counter([value for node in nodes for value in node.inputs])
        self._counts.update([*use.absent.values(), *(shown or [use.output])])
        self._chains = dict(self._containers(nodes))
        self._chained = {node.name for chain in self._chains.values() for node in chain}

    def __iter__(self) -> Iterator[Statement]:
        units = self._needed()
        last = self._last_reads(units)
        for position, unit in enumerate(units):
            over = tuple([self._is_over(node) for node in unit])
            value = unit[-1]
            text = self._text(unit)
            if value.name not in last:
                yield Statement(unit, over, None)
                continue
            if position + 1 < len(units) and self._stands_inside(unit, units[position + 1], text):
                self._texts[value.name] = text
                yield Statement(unit, over, None, inside=True)
                continue
            summed = over[0] and self.facts[value.name].template
            variable = self._variables[unit[0].inputs[0]] if summed else self._variable(value, position, last)
            self._variables[value.name] = self._texts[value.name] = variable
            yield Statement(unit, over, variable)

    def source(self, value: str) -> str:
        """The value that stands for one, which may be the same under another name."""
        while value in self.facts and self.facts[value].template == "{0}":
            value = self._nodes[value].inputs[0]
        return value

    def instead(self, node: Node) -> tuple[str, ...]:
        """What a statement reads: in the stead of a module that may not be there, another value too."""
        return (*node.inputs, self._absent[node.name]) if node.name in self._absent else node.inputs

    def _sources(self, values: Collection[str]) -> set[str]:
        """Values without the index of an output."""
        return {self.source(value).partition(":")[0] for value in values}

    def _needed(self) -> list[tuple[Node, ...]]:
        """Without names for the same, and expressions that nothing reads; modules are called all the same."""
        read = self._sources(self._shown)
        kept: list[tuple[Node, ...]] = []
        for node in reversed(self._nodes.values()):
            unit = self._chains.get(node.name, () if node.name in self._chained else (node,))
            template = self.facts[node.name].template if node.name in self.facts else ""
            if not unit or template == "{0}" or (template and node.name not in read):
                continue
            kept.append(unit)
            read |= self._sources(self.instead(unit[0]))
        return kept[::-1]

    def _last_reads(self, units: Sequence[tuple[Node, ...]]) -> dict[str, int]:
        last: dict[str, int] = {}
        for position, unit in enumerate(units):
            last.update(dict.fromkeys(self._sources(self.instead(unit[0])), position))
        return last | dict.fromkeys(self._sources(self._shown), len(units))

    def _is_over(self, node: Node) -> bool:
        """Whether a layer writes over its first input: a tensor of its own that nobody else reads."""
        fact = self.facts.get(node.name)
        if fact is None or self._counts[node.inputs[0]] != 1 or node.inputs[0] not in self.facts:
            return False
        summed = self._sums_overwrite and fact.template == "{0} + {1}" and node.inputs[0] != node.inputs[1]
        module = fact.overwrites and isinstance(node, Layer) and node.name == node.path
        apart = {node.name, node.inputs[0]}.isdisjoint(self._absent)
        return apart and self.facts[node.inputs[0]].fresh and (summed or module)

    def _text(self, unit: tuple[Node, ...]) -> str:
        """The expression that a statement is; of a stage or a block nobody asks for it."""
        node = unit[0]
        if node.name not in self.facts:
            return ""
        arguments = [self._texts.get(self.source(value).partition(":")[0], "") for value in node.inputs]
        fact = self.facts[node.name]
        if fact.template:
            return fact.template.format(*arguments, inputs=", ".join(arguments))
        if fact.before:
            arguments = [fact.before.format(argument) for argument in arguments]
        return f"{_access(node.path)}({', '.join(arguments)})"

    def _stands_inside(self, unit: tuple[Node, ...], following: tuple[Node, ...], text: str) -> bool:
        node, reader = unit[0], following[0]
        if not isinstance(node, Layer) or not isinstance(reader, Layer):
            return False
        if not {node.name, reader.name}.isdisjoint(self._chained | self._absent.keys()):
            return False
        if reader.inputs != (node.name,) or self._counts[node.name] != 1 or node.name in self._shown:
            return False
        if reader.op.weighted or reader.shapes != node.shapes:
            return False
        written = self.facts[reader.name].written
        if written and written.count("{0}") != 1:
            return False
        outer = written or f"{_access(reader.path)}()"
        return bool(_CALL.fullmatch(outer)) and len(outer) + len(text) <= _LINE

    def _variable(self, node: Node, position: int, last: Mapping[str, int]) -> str:
        """A variable whose value is not read any more."""
        if node.name in self._called:
            return self._called[node.name]
        base = "parts" if len(node.shapes) > 1 else self._main if node.role == "main" else node.role
        live = {variable for value, variable in self._variables.items() if last.get(value, -1) > position}
        live.update(self._called.values())
        number, variable = 2, base
        while variable in live:
            variable, number = f"{base}{number}", number + 1
        return variable

    def _containers(self, nodes: tuple[Node, ...]) -> Iterator[tuple[str, tuple[Node, ...]]]:
        """Containers of modules that are called as one, `features` of `features.0` to `features.9`."""
        groups: dict[str, list[Node]] = {}
        for node in nodes:
            groups.setdefault(node.path.partition(".")[0], []).append(node)
        order = {node.name: position for position, node in enumerate(nodes)}
        for key, group in groups.items():
            if [node.path for node in group] == [f"{key}.{index}" for index in range(len(group))]:
                start = order[group[0].name]
                if list(nodes[start : start + len(group)]) == group and self._is_chain(group):
                    yield group[-1].name, tuple(group)

    def _is_chain(self, group: Sequence[Node]) -> bool:
        for before, node in zip((None, *group), group, strict=False):
            fact = self.facts.get(node.name)
            if node.name != node.path or len(node.inputs) != 1 or (fact and fact.template):
                return False
            alone = before is None or (node.inputs == (before.name,) and self._counts[before.name] == 1)
            if not alone or (before and (before.name in self._shown or (fact and fact.before))):
                return False
        return True


def _access(path: str) -> str:
    """How a class reaches a module."""
    first, *rest = path.split(".")
    target = f'self["{first}"]' if first.isdigit() else f"self.{first}"
    if len(rest) > 1:
        return f'{target}.get_submodule("{".".join(rest)}")'
    return target + "".join(f'["{part}"]' for part in rest)
