"""The hash of a network: blind to names and grouping, and to nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings

import resdsl
from resdsl.ir.json import from_json, to_json
from resdsl.ir.network import INPUT, Argument, Body, Call, Layer, Network, Node, Run, Stage
from resdsl.ir.walk import FlatNetwork
from resdsl.sweeps import canonical
from resdsl.sweeps.canonical import network_hash
from tests.ir.networks import Graph, basic, branches, nested, resnet34, shared, small
from tests.ir.strategies import networks

HEAD = "network net(shortcut = B) { input 3x8x8\n"


def hash_of(body: str, before: str = "") -> str:
    return network_hash(resdsl.loads(f"{before}\n{HEAD}{body}\n}}", "net").ir)


# -------------------------------------------------------------------------------- what plays no part


@given(networks())
@settings(max_examples=100, deadline=None)
def test_names_play_no_part(network: Network) -> None:
    assert network_hash(renamed(network)) == network_hash(network)


@given(networks())
@settings(max_examples=100, deadline=None)
def test_repeats_apart_are_repeats_together(network: Network) -> None:
    assert network_hash(each_run_of_one(network)) == network_hash(network)


@pytest.mark.parametrize("make", [small, resnet34, branches, lambda: nested(6)])
def test_grouping_plays_no_part(make: Callable[[], Network]) -> None:
    assert network_hash(flattened(make())) == network_hash(make())


@given(networks())
@settings(max_examples=100, deadline=None)
def test_grouping_of_drawn_networks_plays_no_part(network: Network) -> None:
    assert network_hash(flattened(network)) == network_hash(network)


@pytest.mark.parametrize(
    ("one", "other", "before"),
    [
        ("stage a: [3x3, 8; 3x3, 8] x 2", "stage b: basic(8) x 2", ""),
        ("stage a: basic(8) x 3", "basic 8; basic 8; basic 8", ""),
        ("stage a: basic(8) x 2", "stage a: basic(8) x 1\n stage b: basic(8) x 1", ""),
        ("conv 3x3, 8; bn", "mine: conv 3x3, 8\n other: bn\n expect params > 1", ""),
        ("conv 3x3, 8; relu", "nothing; conv 3x3, 8; nothing; relu", "block nothing { }"),
        ("conv 3x3, 8; relu", "own 8", "block own(width, unread = 3) { conv 3x3, width; relu }"),
        ("conv 3x3, 8", "conv kernel=3x3, pad=1, out=8, groups=1", ""),
        ("conv 3x3, 8; norm", "conv 3x3, 8; batch", "block batch { bn }"),
    ],
)
def test_the_same_written_otherwise(one: str, other: str, before: str) -> None:
    assert hash_of(one) == hash_of(other, before)


def test_json_and_other_processes_agree() -> None:
    here = network_hash(from_json(to_json(resdsl.load("resnet50").ir)))
    program = (
        "import resdsl; from resdsl.sweeps.canonical import network_hash as h; print(h(resdsl.load('resnet50').ir))"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == here


# ----------------------------------------------------------------------------------- what plays a part


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("conv 3x3, 8", "conv 3x3, 9"),
        ("conv 3x3, 8", "conv 3x3, 8, bias=true"),
        ("conv 3x3, 8; conv 1x1, 8", "conv 1x1, 8; conv 3x3, 8"),
        ("conv 3x3, 8; dropout 0.1", "conv 3x3, 8; dropout 0.2"),
        ("stage a: basic(8) x 3", "stage a: basic(8) x 4"),
        ("stage a: basic(8) x 3", "stage a: basic(8) x 3, shortcut=C"),
        ("conv 3x3, 8\n tap t", "conv 3x3, 8"),
        ("parallel concat { relu } { tanh }", "parallel concat { tanh } { relu }"),
        ("residual { relu; tanh }", "residual { relu }; tanh"),
        ("conv 3x3, 3; as a\n conv 3x3, 3; from add(a, a)", "conv 3x3, 3; as a\n conv 3x3, 3; as b\n from add(a, b)"),
    ],
)
def test_another_network(one: str, other: str) -> None:
    assert hash_of(one) != hash_of(other)


def test_input_and_outputs_play_a_part() -> None:
    nets = [resdsl.loads(f"network net {{ input {shape}; conv 3x3, 8 }}").ir for shape in ("3x8x8", "3x8x9")]
    swapped = branches().replace(outputs=branches().outputs[::-1])
    assert len({network_hash(net) for net in (*nets, branches(), swapped)}) == 4


def test_a_module_called_twice_is_not_two_modules() -> None:
    apart = shared().replace(nodes=tuple(apart_path(node) for node in shared().nodes))
    assert network_hash(apart) != network_hash(shared())


def called_again(body: str, **paths: str) -> str:
    """The hash of a network in which nodes of these names have those paths."""
    ir = resdsl.loads(f"{HEAD}{body}\n}}", "net").ir
    nodes = tuple(node.replace(path=paths.get(node.name, node.path)) for node in ir.nodes)
    return network_hash(from_json(to_json(ir.replace(nodes=nodes))))


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ("conv 3x3, 3; conv 3x3, 3", {"conv2": "conv1"}),
        ("basic 3; basic 3", {"basic2": "basic"}),
        ("stage a: basic(3) x 2\n stage b: basic(3) x 2", {"b": "a"}),
        ("stage a: basic(3) x 1\n stage b: basic(3) x 1", {"b": "a"}),
    ],
    ids=["layer", "block", "stage", "stage of one"],
)
def test_what_is_called_again_is_not_another_like_it(body: str, paths: dict[str, str]) -> None:
    assert called_again(body, **paths) != called_again(body)


@pytest.mark.parametrize("unit", ["conv 3x3, 3", "basic 3"])
def test_which_module_is_called_again_plays_a_part(unit: str) -> None:
    name = unit.split()[0]
    first = "conv1" if name == "conv" else "basic"
    body = f"{unit}; relu; {unit}; relu; {unit}"
    again = [called_again(body, **{f"{name}3": path}) for path in (first, f"{name}2", f"{name}3")]
    assert len(set(again)) == 3


def test_called_again_is_the_same_in_a_block_and_written_out() -> None:
    ir = resdsl.loads(f"block two {{ conv 3x3, 3; conv 3x3, 3 }}\n{HEAD}two\n}}", "net").ir
    (call,) = ir.nodes
    assert isinstance(call, Call)
    nodes = (call.body.nodes[0], call.body.nodes[1].replace(path="conv1"))
    within = call.replace(body=call.body.replace(nodes=nodes))
    network = from_json(to_json(ir.replace(nodes=(within,))))
    assert network_hash(network) == called_again("conv 3x3, 3; conv 3x3, 3", conv2="conv1")
    assert network_hash(network) != network_hash(ir)


@pytest.mark.parametrize("op", ["leaky_relu 0.0", "dropout 0.0", "scale 0.0"])
def test_no_zero_is_below_zero(op: str) -> None:
    text = to_json(resdsl.loads(f"{HEAD}conv 3x3, 3; {op}\n}}", "net").ir)
    assert text.count(": 0.0") == 1
    assert hash_alone(text.replace(": 0.0", ": -0.0")) == hash_alone(text)


def hash_alone(text: str) -> str:
    """The hash of a network in JSON as a new process finds it: of equal layers the first is remembered."""
    canonical._layer.cache_clear()
    return network_hash(from_json(text))


@given(networks(), networks())
@settings(max_examples=150, deadline=None)
def test_hashes_are_equal_where_the_flat_lists_are(one: Network, other: Network) -> None:
    assert (network_hash(one) == network_hash(other)) == (listing(one) == listing(other))


def test_every_shipped_network_has_its_own() -> None:
    names = ["resnet20", "resnet32", "resnet1202", "plain20", "resnet18", "resnet34", "resnet50", "resnext50_32x4d"]
    assert len({network_hash(resdsl.load(name).ir) for name in names}) == len(names)


def test_repeats_are_not_unfolded() -> None:
    hashes = {network_hash(resnet(10**12 + more)) for more in range(3)}
    assert len(hashes) == 3


def test_a_body_that_yields_what_it_is_given_ends_too() -> None:
    graph = Graph(input=(2, 4, 4))
    graph.layer("relu", name="relu")
    idle = Body(origin=basic((2, 4, 4), 2).origin, inputs=((2, 4, 4),), nodes=tuple(graph.nodes), output=INPUT)
    top = Graph(input=(2, 4, 4))
    top.stage((idle, 10**12), name="idle")
    other = Graph(input=(2, 4, 4))
    other.stage((idle, 10**12 + 1), name="idle")
    assert network_hash(top.network("a")) != network_hash(other.network("a"))


# --------------------------------------------------------------------------------------- other forms


def resnet(blocks: int) -> Network:
    graph = Graph(input=(4, 8, 8))
    graph.stage((basic((4, 8, 8), 4), blocks), name="stage")
    return graph.network("deep")


def apart_path(node: Node) -> Node:
    return node.replace(path=node.name)


def renamed(network: Network) -> Network:
    """The network with another name for everything that has one."""
    nodes, names = renamed_nodes(network.nodes, {given.name: f"in_{given.name}" for given in network.inputs})
    return network.replace(
        name=f"other_{network.name}",
        arguments=(Argument(name="unread", value=3),),
        inputs=tuple(each.replace(name=names[each.name]) for each in network.inputs),
        nodes=nodes,
        outputs=tuple(tap.replace(name=f"t{i}", value=names[tap.value]) for i, tap in enumerate(network.outputs)),
    )


def renamed_nodes(nodes: tuple[Node, ...], names: dict[str, str]) -> tuple[tuple[Node, ...], dict[str, str]]:
    made: list[Node] = []
    for node in nodes:
        names.update({f"{node.name}{end}": f"z_{node.name}{end}" for end in ("", ":1", ":2", ":3")})
        update: dict[str, object] = {
            "name": f"z_{node.name}",
            "path": f"y.{node.path}",
            "inputs": tuple(names[value] for value in node.inputs),
        }
        if isinstance(node, Call):
            update["body"] = renamed_body(node.body)
        elif isinstance(node, Stage):
            update |= {"title": "other", "runs": tuple(moved(run) for run in node.runs)}
        made.append(node.replace(**update))
    return tuple(made), names


def moved(run: Run) -> Run:
    return run.replace(body=renamed_body(run.body), first=run.first + 7)


def renamed_body(body: Body) -> Body:
    beside = {name: f"x_{name}" for name in body.beside}
    nodes, names = renamed_nodes(body.nodes, {INPUT: INPUT, **beside})
    origin = body.origin.replace(name="other", kind="block", arguments=())
    output, *also = (names[value] for value in body.outputs)
    return body.replace(origin=origin, beside=tuple(beside.values()), nodes=nodes, output=output, also=tuple(also))


def each_run_of_one(network: Network) -> Network:
    def apart(node: Node) -> Node:
        if not isinstance(node, Stage):
            return node
        runs = [Run(body=run.body, first=index, count=1) for run in node.runs for index in run.indices]
        return node.replace(runs=tuple(runs))

    return network.replace(nodes=tuple(map(apart, network.nodes)))


def flattened(network: Network) -> Network:
    """The network as layers alone."""
    flow = FlatNetwork(network)
    layers = tuple(
        Layer(name=step.outputs[0], path=step.path, op=step.layer.op, inputs=step.inputs, shapes=step.layer.shapes)
        for step in flow
    )
    outputs = tuple(tap.replace(value=flow.resolve(tap.value)) for tap in network.outputs)
    return network.replace(nodes=layers, outputs=outputs)


@dataclass(frozen=True)
class Line:
    """A layer of the flat list: its op, the places of what it reads, and the first call of its module."""

    op: str
    reads: tuple[tuple[int, int], ...]
    first: int


def listing(network: Network) -> tuple[object, ...]:
    """What the hash is to tell apart, written out: an oracle without any arithmetic."""
    places = {given.name: (-1 - index, 0) for index, given in enumerate(network.inputs)}
    modules: dict[str, int] = {}
    lines = []
    flow = FlatNetwork(network)
    for index, step in enumerate(flow):
        reads = tuple(places[value] for value in step.inputs)
        lines.append(Line(json.dumps(step.layer.op.plain()), reads, modules.setdefault(step.path, index)))
        places.update({value: (index, number) for number, value in enumerate(step.outputs)})
    shapes = tuple(given.shape for given in network.inputs)
    return shapes, tuple(lines), tuple(places[flow.resolve(tap.value)] for tap in network.outputs)
