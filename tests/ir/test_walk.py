"""The flat views: names, roles, shapes and the order of the state."""

from __future__ import annotations

from hypothesis import given

from resdsl.ir.network import Network
from resdsl.ir.verify import verify
from resdsl.ir.walk import FlatNetwork, bodies, state, steps
from tests.ir.networks import Graph, branches, nested, projection, resnet34, shared, small
from tests.ir.strategies import networks


def test_paths_of_a_residual_network() -> None:
    paths = [step.path for step in steps(small())]
    assert paths[:4] == ["conv1", "bn1", "relu", "layer1.0.conv1"]
    assert paths[-2:] == ["avgpool", "fc"]
    assert [path for path in paths if path.endswith("conv1")] == [
        "conv1",
        *(f"layer1.{index}.conv1" for index in range(2)),
        *(f"layer2.{index}.conv1" for index in range(4)),
    ]


def test_values_lead_through_calls_and_stages() -> None:
    found = {step.path: step for step in steps(small())}
    assert found["layer1.0.conv1"].inputs == ("relu",)
    assert found["layer1.1.conv1"].inputs == ("layer1.0.relu2",)
    assert found["layer1.1.add"].inputs == ("layer1.1.bn2", "layer1.0.relu2")
    assert found["layer2.0.downsample.0"].inputs == ("layer1.1.relu2",)
    assert found["layer2.0.add"].inputs == ("layer2.0.bn2", "layer2.0.downsample.1")
    assert found["avgpool"].inputs == ("layer2.3.relu2",)


def test_outputs_of_one_layer() -> None:
    found = {step.path: step for step in steps(branches())}
    assert found["split"].outputs == ("split", "split:1")
    assert found["features.3"].inputs == ("split:1",)


def test_outermost_role_wins() -> None:
    graph = Graph(input=(4, 8, 8))
    graph.call(projection((4, 8, 8), 4, 1), name="inner", role="gate")
    body = graph.body("outer")
    top = Graph(input=(4, 8, 8))
    top.call(body, name="a")
    top.call(body, name="b", role="shortcut")
    roles = {step.path: step.role for step in steps(top.network("roles"))}
    assert roles == {"a.inner.0": "gate", "a.inner.1": "gate", "b.inner.0": "shortcut", "b.inner.1": "shortcut"}


def test_module_called_again_has_values_of_its_own() -> None:
    flat = [(step.path, step.outputs) for step in steps(shared()) if step.path.startswith("head")]
    assert flat == [
        ("head.conv", ("head.conv",)),
        ("head.relu", ("head.relu",)),
        ("head.conv", ("head_2.conv",)),
        ("head.relu", ("head_2.relu",)),
    ]


def test_body_that_yields_its_input() -> None:
    through = Graph(input=(4, 8, 8)).body("through", "shortcut")
    graph = Graph(input=(4, 8, 8))
    graph.layer("relu", name="relu")
    graph.call(through, name="same")
    graph.layer("relu", name="relu2")
    network = graph.network("through")
    verify(network)
    assert [step.inputs for step in steps(network)] == [("input",), ("relu",)]


def test_flow_resolves_outputs() -> None:
    flow = FlatNetwork(shared())
    assert len(list(flow)) == 10
    assert flow.resolve("head_2") == "head_2.relu"


def test_state_has_every_module_once() -> None:
    names = [name for name, _ in state(shared())]
    assert names == ["head.conv.weight", "head.conv.bias", "fc.weight", "fc.bias", "last.weight"]


def test_state_keeps_modules_of_one_part_together() -> None:
    names = [name for name, _ in state(branches())]
    assert names[:3] == ["features.0.weight", "features.3.weight", "head.left.weight"]


def test_bodies_come_once_and_after_those_they_call() -> None:
    found = [(path, body.origin.name) for path, body in bodies(small())]
    assert found == [
        ("layer1.0", "basic"),
        ("layer2.0.downsample", "B"),
        ("layer2.0", "basic"),
        ("layer2.1", "basic"),
    ]
    assert len(list(bodies(nested(40)))) == 40


def test_resnet34_state() -> None:
    names = [name for name, _ in state(resnet34())]
    # 36 convolutions and as many norms of 5 tensors, and the fc's two, as torchvision 0.28.0 has them.
    assert len(names) == 36 + 36 * 5 + 2
    assert names[:7] == ["conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var",
                         "bn1.num_batches_tracked", "layer1.0.conv1.weight"]  # fmt: skip


@given(networks())
def test_flat_view_is_in_order_and_names_are_unique(network: Network) -> None:
    known = {given.name: given.shape for given in network.inputs}
    for step in steps(network):
        assert [known[value] for value in step.inputs] == list(step.shapes)
        for value, shape in zip(step.outputs, step.layer.shapes, strict=True):
            assert value not in known
            known[value] = shape
    names = [name for name, _ in state(network)]
    assert len(set(names)) == len(names)
