"""The view `ops`: all ops of networks as a graph with stages and blocks as clusters, laid out by Graphviz."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from resdsl.analysis.costs import Costs, body_costs, layer_costs
from resdsl.analysis.expectations import quantity
from resdsl.draw.annotations import annotation_line
from resdsl.draw.descriptions import description_of, title_of
from resdsl.draw.diff_marks import Marks, marks_of
from resdsl.draw.formats.dot import name_of
from resdsl.draw.graphviz_figure import GraphvizFigure
from resdsl.draw.labels import kind_of, written
from resdsl.draw.legend import LegendEntry, of_heat_in_steps, of_kinds, of_marks
from resdsl.draw.metrics import width_of
from resdsl.draw.options import DrawOptions
from resdsl.draw.sizes import Wish
from resdsl.draw.texts import clean
from resdsl.draw.themes import PAPER, Style, Theme, heat_style, stage_style
from resdsl.draw.views.ops_nodes import add_legend, font_size, growth, heading, label, look_of, room, tip
from resdsl.ir.network import Body, Call, Layer, Network, Node, Role, Stage, output_name
from resdsl.ir.text import call, output_text
from resdsl.ir.walk import distinct_layers, refuse_too_many_layers
from resdsl.ops.base import Shape, show
from resdsl.ops.conv import Convolution

if TYPE_CHECKING:
    import graphviz

_NOTE = "One node for each op; stages and blocks are frames around theirs. Shortcuts are drawn as in the other views."
_AS_ARRANGED = Wish()
_NARROW = 20.0
_MARGIN = 40.0
_PLAIN = re.compile(r"[A-Za-z_][\w.]{0,200}", re.ASCII)


def ops(
    networks: Sequence[Network], look: DrawOptions, *, theme: Theme = PAPER, wish: Wish = _AS_ARRANGED
) -> GraphvizFigure:
    """The full graphs of networks side by side; with `look.fold`, equal repeats are drawn once.

    Args:
        networks: one or several networks.
        look: the options of the figure.
        theme: colours and lines.
        wish: the requested size.

    Raises:
        NotDrawn: a difference is requested, but there are not exactly two networks.
        resdsl.ir.walk.TooManyLayers: there would be too many nodes.
    """
    for network in networks:
        refuse_too_many_layers(network, folded=look.fold)
    title = look.title or title_of(networks, "op by op")
    source = _Writer(networks, look, theme).source(title)
    return GraphvizFigure(source, clean(title), description_of(networks, _NOTE), wish)


@dataclass(frozen=True, slots=True)
class _Place:
    """The position of a graph in the whole figure.

    Attributes:
        path: the prefix of its module paths; `name` is the prefix of its names.
        stage: the enclosing stage.
        line: the line style of edges in a shortcut; empty elsewhere.
        marks: the marks of the network, for differences.
    """

    graph: graphviz.Digraph
    path: str
    name: str
    role: Role
    stage: int | None
    marks: Marks
    line: str = ""


@dataclass(slots=True)
class _Values:
    """The values of a graph with their shapes and the nodes of the figure that yield them."""

    shapes: Mapping[str, Shape]
    nodes: dict[str, str] = field(default_factory=dict)


class _Writer:
    """Writes networks as one graph."""

    def __init__(self, networks: Sequence[Network], look: DrawOptions, theme: Theme) -> None:
        self._networks = networks
        self._look = look
        self._theme = theme
        self._names: dict[str, str] = {}
        self._most = max(
            [self._figure(layer_costs(*each)) for network in networks for each in distinct_layers(network)]
        )
        self._edges: list[tuple[str, str, dict[str, str]]] = []
        self._clusters = 0
        self._lines: dict[str, str] = {}
        self._used: dict[str, None] = {}

    def source(self, title: str) -> str:
        """The graph as text."""
        import graphviz

        soft = self._theme.style("note").text
        ink = self._theme.style("text").text
        background = self._theme.background if self._theme.background != "none" else "transparent"
        sizes = {size: font_size(self._theme, size) for size in (8, 9, 10, 12)}
        titled = {"label": heading(title), "labelloc": "t", "fontsize": sizes[12]} if self._look.title else {}
        fonts = ",".join(self._theme.font)
        whole = {"bgcolor": background, "fontname": fonts, "fontcolor": ink, "fontsize": sizes[10], "color": soft}
        nodes = {"shape": "box", "style": "filled", "fontname": fonts, "fontsize": sizes[9], "fontcolor": ink}
        edges = {"fontname": fonts, "fontsize": sizes[8], "fontcolor": soft, "color": ink}
        graph = graphviz.Digraph(
            name_of(title) or "network",
            graph_attr=whole | {"nodesep": "0.18", "ranksep": "0.22", "margin": "0", "pad": "0.1"} | titled,
            node_attr=nodes | {"height": "0.22", "margin": "0.08,0.03", "penwidth": "0.7", "color": ink},
            edge_attr=edges | {"arrowsize": "0.5", "weight": "8"},
        )
        marks = marks_of(self._networks, diff=self._look.diff)
        for number, (network, own) in enumerate(zip(self._networks, marks, strict=True)):
            self._network(graph, network, own, f"n{number + 1}." if len(self._networks) > 1 else "")
        for tail, head, style in self._edges:
            graph.edge(tail, head, **style)
        add_legend(graph, list(self._legend()) if self._look.legend else [], self._theme)
        return str(graph.source)

    def _legend(self) -> Iterator[LegendEntry]:
        """The legend for colours and frames; empty if colours stand for stages, since their frames are named."""
        if self._look.diff:
            yield from of_marks(self._used)
        elif self._look.colors == "op":
            yield from of_kinds(self._used)
        elif self._look.colors != "stage":
            yield from of_heat_in_steps(self._look.colors, self._most)

    # ------------------------------------------------------------------ networks

    def _network(self, graph: graphviz.Digraph, network: Network, marks: Marks, prefix: str) -> None:
        alone = len(self._networks) == 1
        around = nullcontext(graph) if alone else room(graph, prefix)
        with around as free, self._cluster(free, None if alone else [network.name], "solid") as inner:
            place = _Place(inner, "", prefix, "main", None, marks)
            values = _Values(network.values)
            for given in network.inputs:
                name = self._named(f"{prefix}{given.name}")
                values.nodes[given.name] = name
                self._node(inner, name, [f"{given.name} {show(given.shape)}"], self._theme.style("input"))
            self._graph(network.nodes, values, place)
            for tap in network.outputs:
                name = self._named(f"{prefix}output {tap.name}")
                wording = f"{output_text(tap)} {show(network.values[tap.value])}"
                self._node(inner, name, [wording], self._theme.style("input"))
                self._edge(values.nodes[tap.value], name, "flow")

    def _graph(self, nodes: Sequence[Node], values: _Values, place: _Place) -> None:
        stages = 0
        for node in nodes:
            if isinstance(node, Layer):
                self._layer(node, values, place)
            elif isinstance(node, Call):
                made = self._call(node, values, place)
                values.nodes.update({output_name(node.name, index): name for index, name in enumerate(made)})
            else:
                stage = stages if place.path == "" else place.stage
                values.nodes[node.name] = self._stage(node, values, place, stage)
                stages += 1

    def _call(self, node: Call, values: _Values, place: _Place) -> list[str]:
        inner = node.role if place.role == "main" else place.role
        line = place.line or (_shortcut(node.body) if inner == "shortcut" else "")
        around = replace(place, role=inner, line=line)
        return self._body(node.body, node.path, [values.nodes[value] for value in node.inputs], around, 1)

    def _stage(self, node: Stage, values: _Values, place: _Place, stage: int | None) -> str:
        value, *beside = [values.nodes[given] for given in node.inputs]
        inner = node.role if place.role == "main" else place.role
        with self._cluster(place.graph, [node.title or node.path], "solid") as graph:
            around = replace(place, graph=graph, role=inner, stage=stage)
            for run in node.runs:
                for index in (run.first,) if self._look.fold else run.indices:
                    times = run.count if self._look.fold else 1
                    (value,) = self._body(run.body, f"{node.path}.{index}", [value, *beside], around, times)
        return value

    def _body(self, body: Body, path: str, given: Sequence[str], place: _Place, times: int) -> list[str]:
        """The nodes of a body, in a frame if there are several.

        Returns:
            The nodes that yield the outputs of the body.
        """
        called = call(body.origin, frozenset(argument.name for argument in body.origin.arguments[:1]))
        called = f"shortcut {called}" if body.origin.kind == "shortcut" else called
        label = [f"{called} x {times}" if times > 1 else called] if len(body.nodes) > 1 else None
        with self._cluster(place.graph, label, "dashed") as graph:
            inner = replace(place, graph=graph, path=f"{place.path}{path}.", name=f"{place.name}{path}.")
            values = _Values(body.values, body.entered(given))
            self._graph(body.nodes, values, inner)
        return [values.nodes[value] for value in body.outputs]

    # --------------------------------------------------------------- nodes, edges

    def _layer(self, layer: Layer, values: _Values, place: _Place) -> None:
        read = tuple([values.shapes[value] for value in layer.inputs])
        role = layer.role if place.role == "main" else place.role
        name = self._named(place.name + layer.name)
        for index in range(len(layer.shapes)):
            values.nodes[output_name(layer.name, index)] = name
        lines = [written(layer.op, read), *self._notes(layer, layer_costs(layer, read))]
        path = place.path + layer.path
        about = f"{path}: {show(layer.shapes[0])}"
        style = self._style(layer, read, role, path, place)
        self._used[style] = None
        self._node(place.graph, name, lines, self._theme.style(style), about)
        for port, value in enumerate(layer.inputs):
            tail = values.nodes[value]
            line = self._lines.get(tail, "identity") if layer.joins == "residual" and port else place.line
            self._edge(tail, name, line or ("gate" if role == "gate" else "flow"))
        if place.line:
            self._lines[name] = place.line

    def _notes(self, layer: Layer, costs: Costs) -> list[str]:
        return list(annotation_line(self._look.annotate, layer.shapes[0], costs))

    def _style(self, layer: Layer, read: tuple[Shape, ...], role: Role, path: str, place: _Place) -> str:
        if self._look.diff:
            return place.marks.of((path,))
        match self._look.colors:
            case "stage":
                return "white" if place.stage is None else stage_style(place.stage)
            case "op":
                return "gate-box" if role == "gate" and isinstance(layer.op, Convolution) else kind_of(layer.op)
        return heat_style(self._figure(layer_costs(layer, read)) / self._most if self._most else 0.0)

    def _figure(self, costs: Costs) -> int:
        return 0 if self._look.colors in {"stage", "op"} else quantity(costs, self._look.colors)

    def _node(self, graph: graphviz.Digraph, name: str, lines: Sequence[str], style: Style, about: str = "") -> None:
        mentioned = {"tooltip": tip(about)} if about else {}
        graph.node(name, label=label(lines), **look_of(style, self._theme), **mentioned)

    def _edge(self, tail: str, head: str, line: str) -> None:
        style = self._theme.style(line)
        look = {} if line == "flow" else {"weight": "1"}
        if style.dash != "solid":
            look["style"] = style.dash
        if style.stroke != self._theme.style("text").text:
            look["color"] = style.stroke
        if line == "identity":
            look["penwidth"] = "1.2"
        self._edges.append((tail, head, look))

    def _named(self, name: str) -> str:
        """The name of a node: its own, unless Graphviz would interpret it."""
        plain = name if _PLAIN.fullmatch(name) else ""
        found = plain or f"node {len(self._names) + 1}"
        while found in self._names:
            found = f"{found}'"
        self._names[found] = name
        return found

    @contextmanager
    def _cluster(self, graph: graphviz.Digraph, lines: Sequence[str] | None, dash: str) -> Iterator[Any]:
        """A frame around nodes; none without a label."""
        if lines is None:
            yield graph
            return
        self._clusters += 1
        with graph.subgraph(name=f"cluster {self._clusters}") as inner:
            # Room for the label beside what flows into the middle of the frame.
            wide = max(width_of(clean(line), 8.0 * growth(self._theme)) for line in lines)
            room = min(max(wide - _NARROW, 6.0), _MARGIN)
            size = font_size(self._theme, 8)
            inner.attr(label=label(lines), style=f"rounded,{dash}", labeljust="l", fontsize=size, margin=f"{room:.0f}")
            yield inner


def _shortcut(body: Body) -> str:
    """The line of a shortcut: dotted if the dimensions change."""
    weighted = body_costs(body).params > 0
    if body.inputs[0] != body.shape:
        return "projection" if weighted else "padded"
    return "projected" if weighted else "identity"
