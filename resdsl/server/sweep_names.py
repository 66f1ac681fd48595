"""What can be written in the lines of a sweep: the parameters of its networks, and their costs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from resdsl.diagnostics.problem import ProblemFound
from resdsl.elaborate.linking import Module, NetworkDefinition
from resdsl.elaborate.sweeps import networks_of, parameters_of
from resdsl.syntax import tree
from resdsl.syntax.lalr import Phrase
from resdsl.syntax.token import Token

_AXIS = re.compile(
    r"(?:^|.* )SWEEP NAME LBRACE .*\b(?:OVER|TOGETHER|DRAW|SOLVE)(?:(?: (?!EQUAL|LSQB|LPAR)\S+)* COMMA)?$"
)
_OF_POINTS = re.compile(r"(?:^|.* )SWEEP NAME LBRACE .*\b(?:WHEN|KEEP|SOLVE)\b")
_OF_COSTS = re.compile(r"(?:^|.* )SWEEP NAME LBRACE .*\bKEEP\b")
_COST = re.compile(r"(?:^|.* )SWEEP NAME LBRACE .*\bSOLVE .*FOR$")


def names_an_axis(stack: str) -> bool:
    """Whether the name of a parameter comes next, which an axis or a `solve` is to set.

    Args:
        stack: what was read, as `resdsl.syntax.statements.stack_words` gives it.
    """
    return _AXIS.match(stack) is not None


def names_a_cost(stack: str) -> bool:
    """Whether the cost comes next that a `solve` is to reach; `stack` as above."""
    return _COST.match(stack) is not None


def knows_points(stack: str) -> bool:
    """Whether an expression comes next that can use the parameters of a point; `stack` as above."""
    return _OF_POINTS.match(stack) is not None


def knows_costs(stack: str) -> bool:
    """Whether it can use the costs of the point as well; `stack` as above."""
    return _OF_COSTS.match(stack) is not None


def swept_parameters(
    read: Iterable[Phrase | Token], item: tree.Item | None, module: Module | None
) -> Iterator[tuple[str, str]]:
    """The parameters that a sweep can set, each with the networks that have it.

    Args:
        read: what was read of the sweep: its networks are those named so far.
        item: the sweep as it was last, for one that names its network further down.
        module: the file.
    """
    if module is None:
        return
    named = [_network(name, module) for name in _networks_named(read)]
    networks = [network for network in named if network is not None] or _networks_before(item, module)
    owners: dict[str, list[str]] = {}
    for network in networks:
        for parameter in dict.fromkeys(parameters_of(network)):
            owners.setdefault(parameter, []).append(network.name)
    for parameter, names in owners.items():
        yield parameter, ", ".join(names)


def _networks_before(item: tree.Item | None, module: Module) -> tuple[NetworkDefinition, ...]:
    if not isinstance(item, tree.SweepLines):
        return ()
    try:
        return networks_of(item, module)
    except ProblemFound:
        return ()


def _networks_named(read: Iterable[Phrase | Token]) -> Iterator[str]:
    """The names of the networks in lines that were read."""
    for part in read:
        if not isinstance(part, Phrase):
            continue
        if part.rule == "swept" or (part.rule == "axis" and str(part.parts[0]) == "network"):
            yield from _references(part)
        else:
            yield from _networks_named(part.parts)


def _references(phrase: Phrase) -> Iterator[str]:
    for part in phrase.parts:
        if isinstance(part, Phrase) and part.rule in ("reference", "name"):
            yield "".join(map(str, _tokens(part)))
        elif isinstance(part, Phrase):
            yield from _references(part)


def _tokens(phrase: Phrase) -> Iterator[Token]:
    for part in phrase.parts:
        if isinstance(part, Phrase):
            yield from _tokens(part)
        else:
            yield part


def _network(name: str, module: Module) -> NetworkDefinition | None:
    found: object = module
    for part in name.split("."):
        found = found.find(part) if isinstance(found, Module) else None
    return found if isinstance(found, NetworkDefinition) else None
