"""Ways of asking what a text means, and of saying that it is refused and where."""

from __future__ import annotations

import pytest

from resdsl.api import Net, loads
from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.spec_error import SpecError
from resdsl.ir.network import Body, Layer, Network, Stage
from resdsl.ir.walk import Step, state, steps
from resdsl.settings import Setting


def read(*statements: str, head: str = "network n", before: str = "", **values: Setting) -> Net:
    """The network `n` made of these statements, each on a line of its own."""
    return loads(text_of(*statements, head=head, before=before), "n", **values)


def text_of(*statements: str, head: str = "network n", before: str = "") -> str:
    """The text of a network made of these statements."""
    return "\n".join([*([before] if before else []), head + " {", *statements, "}", ""])


def problems(text: str, network: str | None = None, **values: Setting) -> tuple[Problem, ...]:
    """What is wrong with a text; it fails the test if nothing is."""
    with pytest.raises(SpecError) as caught:
        loads(text, network, **values)
    return caught.value.problems


def refused(text: str, code: str, span: str | None, network: str | None = None, **values: Setting) -> Problem:
    """The one problem of a text, which must have this code and stand at this stretch of text."""
    found = problems(text, network, **values)
    told = [(one.code, one.span.text if one.span else None) for one in found]
    assert told == [(code, span)], told
    return found[0]


def layers(net: Net | Network) -> list[Step]:
    """All layers of a network, flat, in execution order."""
    return list(steps(net.ir if isinstance(net, Net) else net))


def ops(net: Net) -> list[tuple[str, str]]:
    """Path and op of every layer, flat."""
    return [(step.path, step.layer.op.op) for step in layers(net)]


def kinds(net: Net) -> list[str]:
    """The op of every layer, flat."""
    return [op for _, op in ops(net)]


def field(net: Net, path: str, name: str) -> object:
    """One parameter of the op under a path."""
    op = next(step.layer.op for step in layers(net) if step.path == path)
    return getattr(op, name)


def shape(net: Net, name: str = "output") -> tuple[int, ...]:
    """The shape of an output."""
    return net.ir.values[next(tap.value for tap in net.ir.outputs if tap.name == name)]


def keys(net: Net) -> list[str]:
    """Names of the network's state, in PyTorch's order."""
    return [name for name, _ in state(net.ir)]


def stage(net: Net, path: str) -> Stage:
    """The stage of that path."""
    return next(one for one in net.ir.stages if one.path == path)


def body(net: Net, path: str, index: int = 0) -> Body:
    """The body of one repeat of a stage."""
    return next(run.body for run in stage(net, path).runs if index in run.indices)


def within(body: Body) -> list[str]:
    """The ops of a body, calls within it by the path of the call."""
    return [node.op.op if isinstance(node, Layer) else node.path for node in body.nodes]


def codes(net: Net) -> list[str]:
    """Codes of the warnings."""
    return [warning.code for warning in net.warnings]


def value(expression: str, before: str = "") -> object:
    """What an expression is worth, seen as an argument of a block that keeps it."""
    net = read(
        "input 1x8x8",
        f"keep({expression})",
        before=f"block keep(value) {{ if value == value {{ relu }} }}\n{before}",
    )
    (call,) = net.ir.nodes
    assert not isinstance(call, Layer | Stage)
    return call.body.origin.argument("value")
