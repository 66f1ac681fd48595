"""Checks sweeps before anything is built: their networks, and the names in their lines.

These checks hold for every point. Values are checked when the sweep is run (`resdsl.sweeps`), since they may come from
elsewhere: a line of a sweep can also be given on the command line.
"""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics.problem import Problem, ProblemFound
from resdsl.elaborate import errors
from resdsl.elaborate.binding import shipped_with
from resdsl.elaborate.building import MOST_LEVELS
from resdsl.elaborate.contradictions import contradictions
from resdsl.elaborate.linking import Module, NetworkDefinition
from resdsl.elaborate.scope import SETTINGS
from resdsl.elaborate.sweep_names import NETWORK, NamesOfSweep
from resdsl.syntax import tree


def check_sweep(item: tree.SweepLines, module: Module) -> Iterator[Problem]:
    """The problems in the lines of a sweep that do not depend on values."""
    yield from _lines_given_twice(item)
    yield from _names_given_twice(item)
    yield from _draws_without_samples(item)
    try:
        networks = networks_of(item, module)
    except ProblemFound as refusal:
        yield refusal.problem
        return
    yield from _unknown_axes(item, networks)
    swept = {name.text for name in names_bound(item)}
    names = NamesOfSweep(
        module=module,
        swept=frozenset(swept),
        given={network.name: frozenset(parameters_of(network)) for network in networks},
        draws=any(isinstance(line, tree.Draw) for line in item.lines),
        leaves_out=any(isinstance(line, tree.When | tree.Keep | tree.Solve) for line in item.lines),
    )
    for line in item.lines:
        yield from names.problems_of(line)
    yield from contradictions(line.condition for line in item.lines if isinstance(line, tree.When | tree.Keep))


def networks_of(item: tree.SweepLines, module: Module) -> tuple[NetworkDefinition, ...]:
    """The networks that a sweep is of, in order.

    Raises:
        ProblemFound: it names no network, or something else; or the axis `network` does not list names.
    """
    found = [network_named(line.network, module) for line in item.lines if isinstance(line, tree.Swept)]
    for axis in axes_of(item):
        if axis.name.text != NETWORK:
            continue
        if found:
            raise ProblemFound(errors.sweeps.NetworkGivenTwice(span=axis.name.span))
        found += [network_named(name, module) for name in network_names(axis)]
    if not found:
        raise ProblemFound(errors.sweeps.NothingSwept(span=item.name.span, name=item.name.text))
    return tuple(found)


def network_names(axis: tree.AxisValues) -> tuple[tree.Name, ...]:
    """The names that an axis `network` lists.

    Raises:
        ProblemFound: it does not list names.
    """
    items = axis.values.items if isinstance(axis.values, tree.Items) else (axis.values,)
    for item in items:
        if not isinstance(item, tree.Name):
            raise ProblemFound(errors.networks.NotANetwork(span=item.span, name=item.span.text))
    return tuple(item for item in items if isinstance(item, tree.Name))


def network_named(name: tree.Name, module: Module) -> NetworkDefinition:
    """The network of that name.

    Raises:
        ProblemFound: there is no such network, or the name belongs to something else.
    """
    found: object = module
    for part in name.parts:
        found = found.find(part) if isinstance(found, Module) else None
    if isinstance(found, NetworkDefinition):
        return found
    if found is None:
        known = tuple(network.name for network in module.networks)
        shipped = shipped_with(name.text)
        raise ProblemFound(
            errors.names.UnknownName(span=name.span, name=name.text, known=known, what="network", shipped=shipped)
        )
    raise ProblemFound(errors.networks.NotANetwork(span=name.span, name=name.text))


def parameters_of(network: NetworkDefinition) -> Iterator[str]:
    """The parameters of a network and of the networks it is based on."""
    met: set[int] = set()
    found: object = network
    while isinstance(found, NetworkDefinition) and id(found.node) not in met and len(met) < MOST_LEVELS:
        met.add(id(found.node))
        yield from (parameter.name for parameter in found.node.parameters)
        if isinstance(found.node, tree.Definition):
            return
        where: object = found.module
        for part in found.node.base.parts:
            where = where.find(part) if isinstance(where, Module) else None
        found = where


def axes_of(item: tree.SweepLines) -> Iterator[tree.AxisValues]:
    """All axes, in the order of the text."""
    for line in item.lines:
        if isinstance(line, tree.Over | tree.Together):
            yield from line.axes


def drawn_axes(item: tree.SweepLines) -> Iterator[tree.DrawnAxis]:
    """All axes that are drawn, in the order of the text."""
    for line in item.lines:
        if isinstance(line, tree.Draw):
            yield from line.axes


def names_bound(item: tree.SweepLines) -> Iterator[tree.Word]:
    """The parameters that a sweep sets: its axes, those that are drawn, and the parameter of its `solve`."""
    yield from (axis.name for axis in axes_of(item))
    yield from (axis.name for axis in drawn_axes(item))
    yield from (line.name for line in item.lines if isinstance(line, tree.Solve))


def _lines_given_twice(item: tree.SweepLines) -> Iterator[Problem]:
    first: dict[type[tree.Node], tree.Node] = {}
    for line in item.lines:
        if not isinstance(line, tree.Swept | tree.Sampled | tree.Solve | tree.Named):
            continue
        kind = type(line)
        if kind in first:
            word = line.span.text.split(None, 1)[0]
            yield errors.sweeps.LineGivenTwice(span=line.span, word=word, first=first[kind].span)
        first.setdefault(kind, line)


def _draws_without_samples(item: tree.SweepLines) -> Iterator[Problem]:
    """A `draw` without a `sample`, and the other way round."""
    draw = next((line for line in item.lines if isinstance(line, tree.Draw)), None)
    sample = next((line for line in item.lines if isinstance(line, tree.Sampled)), None)
    if draw is not None and sample is None:
        yield errors.drawing.DrawWithoutSample(span=draw.span, name=draw.axes[0].name.text)
    if sample is not None and draw is None:
        yield errors.drawing.SampleWithoutDraw(span=sample.span)


def _names_given_twice(item: tree.SweepLines) -> Iterator[Problem]:
    first: dict[str, tree.Word] = {}
    for name in names_bound(item):
        if name.text in first:
            yield errors.sweeps.ParameterSetTwice(span=name.span, name=name.text, first=first[name.text].span)
        first.setdefault(name.text, name)


def _unknown_axes(item: tree.SweepLines, networks: tuple[NetworkDefinition, ...]) -> Iterator[Problem]:
    for name in names_bound(item):
        for network in networks:
            known = (*dict.fromkeys(parameters_of(network)), *SETTINGS, "input")
            if name.text not in (*known, NETWORK):
                callee = f"the network `{network.name}`"
                yield errors.arguments.UnknownArgument(span=name.span, name=name.text, callee=callee, known=known)
                break
