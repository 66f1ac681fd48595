"""From a plain graph to a text that is checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from resdsl.analysis.costs import network_costs
from resdsl.diagnostics.spec_error import SpecError
from resdsl.ir.names import is_output_name
from resdsl.ir.network import Network
from resdsl.lifting.check import graph_hash, graph_of, modules, training
from resdsl.lifting.common import with_classes, with_common_arguments
from resdsl.lifting.compiling import network_of
from resdsl.lifting.definitions import BlockNames
from resdsl.lifting.graph import PlainGraph
from resdsl.lifting.library import Library
from resdsl.lifting.modules import ModuleNode, with_modules
from resdsl.lifting.refusals import LiftDiffers
from resdsl.lifting.sharing import called_again, mixed_path, same_layers, with_common_paths
from resdsl.lifting.skips import with_skips
from resdsl.lifting.stages import TopLines
from resdsl.lifting.standard import standard_definitions
from resdsl.lifting.standard_calls import with_standard_calls
from resdsl.lifting.statements import output_text, shape_text
from resdsl.lifting.structure import Chain, chain_of, flat_chain
from resdsl.lifting.style import style_of
from resdsl.lifting.sums import with_long_sums
from resdsl.printer.formatting import format_text


@dataclass(frozen=True, slots=True)
class Lifted:
    """A network that was lifted.

    Attributes:
        text: the text of the language.
        network: what it compiles to.
        graph: what it was lifted from.
        named: whether the paths of its modules are those of the model.
        unnamed_because: why not, if the model has paths.
        given_up: what was wrong with better texts of the graph: a fault of resdsl, unless its paths cannot be those of
            a text.
        flat: whether it has no blocks, since no text with blocks was right.
    """

    text: str
    network: Network
    graph: PlainGraph
    named: bool
    unnamed_because: str = ""
    given_up: tuple[str, ...] = ()
    flat: bool = False


def lifted(graph: PlainGraph, name: str) -> Lifted:
    """The text of a graph, compiled and compared with it.

    Raises:
        LiftDiffers: they do not compute the same.
    """
    given_up: list[str] = []
    unnamed = ""
    mixed = mixed_path(graph)
    if mixed:
        unnamed = f"`{mixed}` is the path of layers that share tensors, but not all of them and their settings"
    for form in _forms(with_long_sums(graph)):
        writing = _Writing(graph, form, name)
        text = writing.text([])
        try:
            network = network_of(text)
        except SpecError as error:
            given_up.append(str(error))
            unnamed = unnamed if not form.named else str(error)
            continue
        why = _difference(graph, network, named=form.named)
        if not why:
            text = writing.text(_expectations(network))
            because = "" if form.named else unnamed
            return Lifted(text, network_of(text), graph, form.named, because, tuple(given_up), form.flat)
        given_up.append(why)
        unnamed = unnamed if not form.named else why
    raise LiftDiffers(name, given_up[-1])


@dataclass(frozen=True, slots=True)
class _Form:
    """One way in which a graph may be written.

    Attributes:
        graph: the graph, or what it is once its modules are contracted.
        named: whether with the paths of the model.
        merging: whether blocks that are nearly alike are one.
        flat: whether without any structure, every layer by itself.
    """

    graph: PlainGraph
    named: bool
    merging: bool = False
    flat: bool = False


def texts_of(graph: PlainGraph, name: str) -> Iterator[str]:
    """The texts that a graph may be written as, the best first; none of them is compiled yet."""
    for form in _forms(with_long_sums(graph)):
        yield _Writing(graph, form, name).text([])


def _forms(graph: PlainGraph) -> Iterator[_Form]:
    """The ways in which a graph may be written, the best first."""
    named = _has_paths(graph) and not mixed_path(graph)
    if named:
        yield from _structured(_with_and_without_modules(graph), named=True)
    unnamed = with_common_paths(graph) if called_again(graph) else graph
    yield from _structured([graph] if unnamed is graph else _with_and_without_modules(unnamed), named=False)
    # Where blocks do not come out right, the layers still do, each by itself.
    if named:
        yield _Form(graph, named=True, flat=True)
    yield _Form(unnamed, named=False, flat=True)


def _structured(graphs: Iterable[PlainGraph], *, named: bool) -> Iterator[_Form]:
    for graph in graphs:
        yield _Form(graph, named, merging=True)
        yield _Form(graph, named)


def _with_and_without_modules(graph: PlainGraph) -> Iterator[PlainGraph]:
    whole = with_modules(graph)
    yield whole
    if whole is not graph:
        yield graph


def _difference(graph: PlainGraph, network: Network, *, named: bool) -> str:
    """How a compiled text differs from its graph; empty if it does not."""
    made = graph_of(network)
    if graph_hash(made) != graph_hash(graph):
        return f"{len(made.nodes)} layers compute something else than {len(graph.nodes)}"
    if training(made) != training(graph):
        return "dropout or the momentum of norms differs"
    if named and modules(made) != modules(graph):
        return "modules have other paths"
    if not named and same_layers(made, compiled=True) != same_layers(graph, compiled=False):
        return "other layers share their weights"
    return ""


def _has_paths(graph: PlainGraph) -> bool:
    """Whether the file tells the paths of modules."""
    return all(node.path for node in graph.nodes if node.tensors)


class _Writing:
    """A graph as text, once its blocks and stages are made."""

    def __init__(self, graph: PlainGraph, form: _Form, name: str) -> None:
        self._flat, self._merging = form.flat, form.merging
        chain = flat_chain(graph) if form.flat else chain_of(graph)
        self._style = style = style_of(graph, chain, named=form.named)
        self._modules: dict[int, str] = {}
        self._names = BlockNames()
        self._definitions = [style.policy.definition] if style.policy is not None and style.policy.definition else []
        layout = self._layout(form.graph)
        lines = layout.lines(self._chain(form.graph))
        blocks = [each.name.text for each in standard_definitions("block")]
        common, lines = with_common_arguments(lines, blocks, [each.split(" ")[0] for each in style.settings])
        classes, lines = with_classes(lines)
        settings = ", ".join((*style.settings, *common, *classes))
        self._head = f"network {name}({settings}) {{" if settings else f"network {name} {{"
        self._lines = [*_inputs(graph), "", *lines, *_output(graph)]

    def _chain(self, graph: PlainGraph, flows: str = "") -> Chain:
        if self._flat:
            return flat_chain(graph)
        tapped = {value for _, value in graph.outputs[:-1]}
        return with_standard_calls(with_skips(chain_of(graph, flows)), Library(graph, self._style), tapped)

    def _layout(self, graph: PlainGraph) -> TopLines:
        """What writes a graph, once the blocks of its modules are defined."""
        for node in graph.nodes:
            if isinstance(node, ModuleNode) and id(node.module) not in self._modules:
                self._define(node.module)
        return TopLines(
            graph,
            self._style,
            called_again(graph),
            self._definitions,
            modules=self._modules,
            names=self._names,
            merging=self._merging,
        )

    def _define(self, module: PlainGraph) -> None:
        inner = with_modules(module)
        lines, beside = self._layout(inner).lines_of_block(self._chain(inner, next(iter(inner.inputs))))
        name = self._names.of_kind("module" if len(module.outputs) > 1 else "tower")
        head = f"block {name}({', '.join(beside)})" if beside else f"block {name}"
        self._definitions.append("\n".join((f"{head} {{", *lines, "}")))
        self._modules[id(module)] = name

    def text(self, expectations: Sequence[str]) -> str:
        """The whole text, with these figures in it."""
        network = "\n".join((self._head, *self._lines, *expectations, "}"))
        return format_text("\n\n".join((*self._definitions, network)) + "\n")


def _output(graph: PlainGraph) -> list[str]:
    """The name of the last output, where there are others."""
    name = graph.outputs[-1][0]
    if len(graph.outputs) == 1 or name == "output" or not is_output_name(name):
        return []
    return [f"output {output_text(graph, name)}"]


def _inputs(graph: PlainGraph) -> list[str]:
    if len(graph.inputs) == 1:
        return [f"input {shape_text(shape)}" for shape in graph.inputs.values()]
    return [f"input {name} {shape_text(shape)}" for name, shape in graph.inputs.items()]


def _expectations(network: Network) -> list[str]:
    """What was measured, as a text states it."""
    costs = network_costs(network)
    params = f"expect params = {costs.params:_} when default"
    return [f"{params}; expect macs = {_short(costs.macs)} when default" if costs.macs else params]


def _short(count: int) -> str:
    """A count with three digits and a suffix."""
    for power, suffix in ((12, "T"), (9, "G"), (6, "M"), (3, "k")):
        if count >= 10**power:
            return f"{Decimal(count).scaleb(-power):.{max(0, 2 - (len(str(count // 10**power)) - 1))}f}{suffix}"
    return str(count)
