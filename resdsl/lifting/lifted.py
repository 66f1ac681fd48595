"""From a plain graph to a text that is checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from resdsl.analysis.costs import network_costs
from resdsl.diagnostics.spec_error import SpecError
from resdsl.ir.names import is_output_name
from resdsl.ir.network import Network
from resdsl.lifting.check import graph_hash, graph_of, modules, trained_otherwise, training
from resdsl.lifting.common import with_classes, with_common_arguments
from resdsl.lifting.compiling import network_of
from resdsl.lifting.definitions import BlockNames
from resdsl.lifting.graph import PlainGraph
from resdsl.lifting.library import Library
from resdsl.lifting.modules import ModuleNode, with_modules
from resdsl.lifting.refusals import LiftDiffers
from resdsl.lifting.repeats import with_repeated_modules
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
    for forms in _forms(with_long_sums(graph)):
        for writing, text in _written(graph, forms, name):
            form = writing.form
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


def _written(graph: PlainGraph, forms: Sequence[_Form], name: str) -> list[tuple[_Writing, str]]:
    """A graph in several forms, the shortest text first."""
    writings = [_of_form(graph, form, name) for form in forms]
    return sorted([(each, each.text([])) for each in writings], key=lambda written: written[1].count("\n"))


def _of_form(graph: PlainGraph, form: _Form, name: str) -> _Writing:
    """A graph in a form; without brackets where they stand outside of stages, or need more of these than a block."""
    found = _Writing(graph, form, name)
    if not found.has_brackets:
        return found
    without = _Writing(graph, replace(form, brackets=False), name)
    return without if found.has_loose_brackets or found.height > without.height else found


@dataclass(frozen=True, slots=True)
class _Form:
    """One way in which a graph may be written.

    Attributes:
        graph: the graph, or what it is once its modules are contracted.
        named: whether with the paths of the model.
        merging: whether blocks that are nearly alike are one.
        brackets: whether blocks may be brackets.
        flat: whether without any structure, every layer by itself.
    """

    graph: PlainGraph
    named: bool
    merging: bool = False
    brackets: bool = True
    flat: bool = False


def texts_of(graph: PlainGraph, name: str) -> Iterator[str]:
    """The texts that a graph may be written as, the best first; none of them is compiled yet."""
    for forms in _forms(with_long_sums(graph)):
        for _, text in _written(graph, forms, name):
            yield text


def _forms(graph: PlainGraph) -> Iterator[tuple[_Form, ...]]:
    """The ways in which a graph may be written, the best first; of those together, the shortest text is the best."""
    named = _has_paths(graph) and not mixed_path(graph)
    if named:
        yield from _structured(graph, with_modules(graph), named=True)
    unnamed = with_common_paths(graph) if called_again(graph) else graph
    whole = with_repeated_modules(graph) if unnamed is graph else with_modules(unnamed)
    yield from _structured(unnamed, whole, named=False)
    # Where blocks do not come out right, the layers still do, each by itself.
    if named:
        yield (_Form(graph, named=True, flat=True),)
    yield (_Form(unnamed, named=False, flat=True),)


def _structured(graph: PlainGraph, whole: PlainGraph, *, named: bool) -> Iterator[tuple[_Form, ...]]:
    """The ways in which a graph may be written that has modules, or `whole`, in which they are single layers."""
    both = (whole, graph) if whole is not graph else (graph,)
    # Shared layers are told best by the modules that are called again.
    groups = [(each,) for each in both] if called_again(graph) else [both]
    for graphs in groups:
        for merging in (True, False):
            yield tuple(_Form(each, named, merging) for each in graphs)


def _difference(graph: PlainGraph, network: Network, *, named: bool) -> str:
    """How a compiled text differs from its graph; empty if it does not."""
    made = graph_of(network)
    if graph_hash(made) != graph_hash(graph):
        return f"{len(made.nodes)} layers compute something else than {len(graph.nodes)}"
    if trained_otherwise(made) != trained_otherwise(graph):
        return "layers are trained in another way"
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
        self.form = form
        chain = flat_chain(graph) if form.flat else chain_of(graph)
        self._style = style = style_of(graph, chain, named=form.named)
        self._modules: dict[int, str] = {}
        self._names = BlockNames(graph.inputs if len(graph.inputs) > 1 else ())
        self._layouts: list[TopLines] = []
        self._definitions = [style.policy.definition] if style.policy is not None and style.policy.definition else []
        layout = self._layout(form.graph)
        lines = layout.lines(self._chain(form.graph))
        blocks = [each.name.text for each in standard_definitions("block")]
        taken = [*(each.split(" ")[0] for each in style.settings), *graph.inputs]
        common, lines = with_common_arguments(lines, blocks, taken, self._definitions)
        classes, lines = with_classes(lines)
        settings = ", ".join((*style.settings, *common, *classes))
        self._head = f"network {name}({settings}) {{" if settings else f"network {name} {{"
        self._lines = [*_inputs(graph), "", *lines, *_output(graph)]

    @property
    def has_brackets(self) -> bool:
        """Whether some of its blocks are brackets."""
        return any(layout.has_brackets for layout in self._layouts)

    @property
    def height(self) -> int:
        """How many lines the network itself has."""
        return len(self._lines)

    @property
    def has_loose_brackets(self) -> bool:
        """Whether one of them stands outside a stage."""
        return any(layout.loose_brackets for layout in self._layouts)

    def _chain(self, graph: PlainGraph, flows: str = "") -> Chain:
        if self.form.flat:
            return flat_chain(graph)
        tapped = {value for _, value in graph.outputs[:-1]}
        return with_standard_calls(with_skips(chain_of(graph, flows)), Library(graph, self._style), tapped)

    def _layout(self, graph: PlainGraph) -> TopLines:
        """What writes a graph, once the blocks of its modules are defined."""
        for node in graph.nodes:
            if isinstance(node, ModuleNode) and id(node.module) not in self._modules:
                self._define(node.module)
        found = TopLines(
            graph,
            self._style,
            called_again(graph),
            self._definitions,
            modules=self._modules,
            names=self._names,
            merging=self.form.merging,
            brackets=self.form.brackets,
        )
        self._layouts.append(found)
        return found

    def _define(self, module: PlainGraph) -> None:
        inner = with_modules(module)
        lines, beside = self._layout(inner).lines_of_block(self._chain(inner, next(iter(inner.inputs))))
        name = self._names.of_module("module" if len(module.outputs) > 1 else "tower")
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
