"""Which sweep of a text is meant."""

from __future__ import annotations

from pathlib import Path

from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate import errors
from resdsl.elaborate.linking import Module, NetworkDefinition, SweepDefinition
from resdsl.source import Span
from resdsl.sweeps.request import Request, joined, lists_networks
from resdsl.syntax import tree


def lines_of(module: Module, name: str | None, request: Request | None) -> tree.SweepLines:
    """The lines of the sweep that is meant, and of what is asked for beside it.

    Args:
        module: the text.
        name: a sweep of it, or a network to be swept.
        request: lines beside those of the text.

    Raises:
        SpecError: there is none, or it cannot be told which.
    """
    request = request or Request()
    found = _named(module, name) if name is not None else _own(module, request)
    if isinstance(found, SweepDefinition):
        return joined(found.node, request, found.node.name)
    place = Span(module.source, 0, 0)
    network = request.network or tree.Name(place, (found.name,))
    made = Request(None if lists_networks(request) else network, request.lines)
    return joined(None, made, tree.Word(place, network.text))


def _named(module: Module, name: str) -> SweepDefinition | NetworkDefinition:
    found = module.names.get(name)
    if isinstance(found, SweepDefinition | NetworkDefinition):
        return found
    known = (*(sweep.name for sweep in module.sweeps), *(network.name for network in module.networks))
    raise SpecError([errors.sweeps.NoSuchSweep(name=name, file=module.source.name, known=known)])


def _own(module: Module, request: Request) -> SweepDefinition | NetworkDefinition:
    """The sweep that a file is about; the network, where it has none and axes are given."""
    file, stem = module.source.name, Path(module.source.name).stem
    sweeps, networks = module.sweeps, module.networks
    for sweep in sweeps:
        if sweep.name == stem or len(sweeps) == 1:
            return sweep
    if sweeps:
        raise SpecError([errors.sweeps.WhichSweep(file=file, known=tuple(sweep.name for sweep in sweeps))])
    problem: Problem
    if not request:
        problem = errors.sweeps.NoSweep(file=file)
    elif not networks:
        problem = errors.networks.NoNetwork(span=Span(module.source, 0, 0), file=file)
    else:
        for network in networks:
            if network.name == stem or len(networks) == 1:
                return network
        if request.network is not None or lists_networks(request):
            return networks[0]
        problem = errors.networks.WhichNetwork(file=file, known=tuple(network.name for network in networks))
    raise SpecError([problem])
