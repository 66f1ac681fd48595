"""Blocks of the standard library: which of them a chain is, found by compiling a call and comparing it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from resdsl.lifting.brackets import bracket_of
from resdsl.lifting.check import graph_of, modules, trained_otherwise, training, value_digests
from resdsl.lifting.compiling import compiled
from resdsl.lifting.graph import PlainGraph, PlainNode
from resdsl.lifting.paths import within
from resdsl.lifting.shortcuts import residual_parts, strides_of
from resdsl.lifting.standard import standard_definitions
from resdsl.lifting.structure import Branches, Chain, nodes_of
from resdsl.lifting.style import CommonSettings
from resdsl.ops.conv import Conv
from resdsl.ops.regularise import Dropout

Arguments = dict[str, str]


def _of_pair(convs: Sequence[Conv]) -> Arguments:
    return {"width": str(convs[0].out), "stride": _stride(convs[0])}


def _of_expanding(convs: Sequence[Conv]) -> Arguments:
    first, middle, last = convs
    expansion = 4 if last.out % 4 == 0 else 1
    if last.out != middle.out * 4 and last.out % middle.out == 0 and middle.groups == 1 and last.out < middle.out * 4:
        expansion = last.out // middle.out
    width = last.out // expansion
    found = {"width": str(width)}
    if middle.groups != 1:
        found["groups"] = str(middle.groups)
    if expansion != 4:
        found["expansion"] = str(expansion)
    if set(first.stride) != {1}:
        found["stride_at"] = "1x1"
    if middle.out != width:
        found["inner"] = str(middle.out)
    return {**found, "stride": _stride(first if set(first.stride) != {1} else middle)}


def _stride(conv: Conv) -> str:
    return "x".join(map(str, conv.stride)) if len(set(conv.stride)) > 1 else str(conv.stride[0])


@dataclass(frozen=True, slots=True)
class StandardBlock:
    """A block of the standard library that has a residual of convolutions.

    Attributes:
        name: its name.
        parameters: the names of its parameters.
    """

    name: str
    parameters: tuple[str, ...]

    def proposals(
        self, convs: Sequence[Sequence[Conv]], drops: Sequence[Mapping[str, str]]
    ) -> Iterator[list[Arguments]]:
        """Arguments for each of several blocks, by what their layers say; none if it cannot be this block.

        Args:
            convs: the convolutions of each block.
            drops: the rate of its dropout as an argument; empty if it has none.
        """
        expanding = "expansion" in self.parameters
        if any(len(each) != (3 if expanding else 2) for each in convs):
            return
        found = [_of_expanding(each) if expanding else _of_pair(each) for each in convs]
        if any("stride_at" in each for each in found):
            found = [{**each, "stride_at": "1x1"} for each in found]
        found = [{**each, **drop} for each, drop in zip(found, drops, strict=True)]
        found = [{name: value for name, value in each.items() if name in self.parameters} for each in found]
        yield found
        if "first" in self.parameters:
            yield [{**each, "first": "true"} for each in found]


@cache
def _blocks() -> tuple[StandardBlock, ...]:
    """The blocks with a width and a stride that need nothing else."""
    found = []
    for definition in standard_definitions("block"):
        needed = [each.name for each in definition.parameters if each.default is None]
        names = tuple(each.name for each in definition.parameters)
        if needed == ["width"] and "stride" in names:
            found.append(StandardBlock(definition.name.text, names))
    return tuple(found)


@dataclass
class Library:
    """Recognises blocks of the standard library in a graph."""

    graph: PlainGraph
    style: CommonSettings
    _known: dict[object, tuple[object, ...] | None] = field(default_factory=dict)

    def calls(self, chains: Sequence[Chain], paths: Sequence[str]) -> tuple[str, list[Arguments]] | None:
        """The block that all of these chains are, with the arguments of each; None if there is none."""
        convs = [list(_convs(chain)) for chain in chains]
        drops = [_drop(chain) for chain in chains]
        for block in _blocks():
            for found in block.proposals(convs, drops):
                each = zip(found, chains, paths, strict=True)
                if all(self.is_call(block.name, given, chain, path) for given, chain, path in each):
                    return block.name, [_ordered(given) for given in found]
        return None

    def brackets(self, chains: Sequence[Chain], paths: Sequence[str]) -> list[tuple[str, Arguments]]:
        """The bracket that each of several chains is, with its stride; empty if one of them is none."""
        found = []
        for chain, path in zip(chains, paths, strict=True):
            bracket, strides = bracket_of(self.graph, chain), strides_of(chain, self.graph)
            stride = "x".join(map(str, sorted(set(strides or ()))))
            if not bracket or not stride.isdigit() or not self.is_call(bracket, {"stride": stride}, chain, path):
                return []
            found.append((bracket, {"stride": stride}))
        return found

    def is_call(self, name: str, given: Arguments, chain: Chain, path: str) -> bool:
        """Whether a call of a block, or a bracket, computes what a chain does, with the same names of modules."""
        graph = subgraph(self.graph, chain)
        own = _digest(graph, path, named=self.style.named)
        shape = next(iter(graph.inputs.values()))
        key = name, tuple(given.items()), shape
        if key not in self._known:
            self._known[key] = self._compiled(name, given, shape)
        return self._known[key] == own

    def _compiled(self, name: str, given: Arguments, shape: tuple[int, ...]) -> tuple[object, ...] | None:
        settings = ", ".join(self.style.settings)
        arguments = ", ".join(f"{parameter}={value}" for parameter, value in given.items())
        call, path = f"unit: {name}({arguments})", "unit"
        if name.startswith("["):
            call, path = f"stage unit: {name}, /{given['stride']}", "unit.0"
        policy = self.style.policy
        definition = f"{policy.definition}\n" if policy is not None else ""
        text = (
            f"{definition}network probe{f'({settings})' if settings else ''} {{\n"
            f"  input {'x'.join(map(str, shape))}\n  {call}\n}}\n"
        )
        network = compiled(text)
        return None if network is None else _digest(graph_of(network), path, named=self.style.named)


def subgraph(graph: PlainGraph, chain: Chain) -> PlainGraph:
    """A chain as a graph of its own."""
    source, output = chain[0].source, chain[-1].output
    nodes = tuple(_in_order(graph, chain))
    shapes = {value: graph.shapes[value] for node in nodes for value in (*node.inputs, *node.outputs)}
    return PlainGraph("", {source: graph.shapes[source]}, nodes, (("output", output),), shapes)


def _in_order(graph: PlainGraph, chain: Chain) -> list[PlainNode]:
    """The layers of a chain; those of branches come one branch after the other, so that each is after what it reads."""
    return list(nodes_of(chain))


def _digest(graph: PlainGraph, path: str, *, named: bool) -> tuple[object, ...]:
    whole = value_digests(graph)[graph.outputs[-1][1]]
    special = frozenset(trained_otherwise(graph).items()), frozenset(training(graph).items())
    if not named:
        return whole, *special
    return whole, *special, frozenset((made, within(each, path)) for made, each in modules(graph))


def _convs(chain: Chain) -> Iterator[Conv]:
    """The convolutions of the body of the only residual of a chain."""
    residuals = [part for part in chain if isinstance(part, Branches)]
    parts = residual_parts(residuals[0]) if len(residuals) == 1 else None
    if parts is None:
        return
    for node in nodes_of(parts.body):
        if isinstance(node.op, Conv):
            yield node.op


def _drop(chain: Chain) -> Arguments:
    """The rate of the dropout of a chain as an argument; empty if it has none."""
    rates = [node.op.rate for node in nodes_of(chain) if isinstance(node.op, Dropout)]
    return {"drop": str(rates[0])} if rates else {}


def _ordered(given: Arguments) -> Arguments:
    return {**{name: value for name, value in given.items() if name != "stride"}, "stride": given["stride"]}
