"""Which sweep of a text is meant."""

from __future__ import annotations

from pathlib import Path

from resdsl.diagnostics.problem import Problem, SpecError
from resdsl.elaborate import errors
from resdsl.elaborate.linking import Module, NetworkDefinition, SweepDefinition
from resdsl.source import Span
from resdsl.sweeps.request import Asked, joined, lists_networks
from resdsl.syntax import tree


def lines_of(module: Module, name: str | None, asked: Asked | None) -> tree.Sweep:
    """The lines of the sweep that is meant, and of what is asked for beside it.

    Args:
        module: the text.
        name: a sweep of it, or a network to be swept.
        asked: lines beside those of the text.

    Raises:
        SpecError: there is none, or it cannot be told which.
    """
    asked = asked or Asked()
    found = _named(module, name) if name is not None else _own(module, asked)
    if isinstance(found, SweepDefinition):
        return joined(found.node, asked, found.node.name)
    place = Span(module.source, 0, 0)
    network = asked.network or tree.Name(place, (found.name,))
    made = Asked(None if lists_networks(asked) else network, asked.lines)
    return joined(None, made, tree.Word(place, network.text))


def _named(module: Module, name: str) -> SweepDefinition | NetworkDefinition:
    found = module.names.get(name)
    if isinstance(found, SweepDefinition | NetworkDefinition):
        return found
    known = (*(sweep.name for sweep in module.sweeps), *(network.name for network in module.networks))
    raise SpecError([errors.NoSuchSweep(name=name, file=module.source.name, known=known)])


def _own(module: Module, asked: Asked) -> SweepDefinition | NetworkDefinition:
    """The sweep that a file is about; the network, where it has none and axes are given."""
    file, stem = module.source.name, Path(module.source.name).stem
    sweeps, networks = module.sweeps, module.networks
    for sweep in sweeps:
        if sweep.name == stem or len(sweeps) == 1:
            return sweep
    if sweeps:
        raise SpecError([errors.WhichSweep(file=file, known=tuple(sweep.name for sweep in sweeps))])
    problem: Problem
    if not asked:
        problem = errors.NoSweep(file=file)
    elif not networks:
        problem = errors.NoNetwork(span=Span(module.source, 0, 0), file=file)
    else:
        for network in networks:
            if network.name == stem or len(networks) == 1:
                return network
        if asked.network is not None or lists_networks(asked):
            return networks[0]
        problem = errors.WhichNetwork(file=file, known=tuple(network.name for network in networks))
    raise SpecError([problem])
