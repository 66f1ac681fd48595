"""The JSON form: round trips, sharing, and files that are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from resdsl.ir.json import InvalidJson, InvalidNetwork, from_json, json_schema, to_json
from resdsl.ir.network import Argument, DimsValue, Expectation, ListValue, Network, Place, Reference
from resdsl.ir.walk import bodies
from resdsl.ops.registry import ops
from resdsl.records.record import MISSING
from tests.ir.networks import branches, nested, resnet34, shared, small
from tests.ir.strategies import networks


def full() -> Network:
    """`small` with a value in every field that the others leave empty."""
    given = (
        Argument(name="n", value=3),
        Argument(name="p", value=0.0),
        Argument(name="plain", value=False),
        Argument(name="stem", value=DimsValue(dims=(3, 3))),
        Argument(name="depths", value=ListValue(items=(1, 2.5, "drei", None, ListValue(items=())))),
        Argument(name="block", value=Reference(name="basic", arguments=(Argument(name="width", value=1),))),
        Argument(name="title", value='größer "als" \\ \n'),
    )
    place = Place(file="a.res", line=1, column=2)
    expected = (
        Expectation(text="macs = 3.66G", quantity="macs", relation="=", value=3.66e9, tolerance=5e6, place=place),
        Expectation(text="-> 8", quantity="shape", relation="=", value=(8, 4), place=place, skipped="other input"),
    )
    return small().replace(arguments=given, settings=given[:1], expectations=expected)


NETWORKS = [small(), full(), resnet34(), branches(), shared(), nested(40)]


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_round_trip(network: Network, validator: Any) -> None:
    text = to_json(network)
    read = from_json(text)
    assert read == network
    assert to_json(read) == text
    assert text.endswith("}\n")
    assert validator.is_valid(json.loads(text))


@given(networks())
def test_round_trip_of_drawn_networks(network: Network) -> None:
    text = to_json(network)
    assert from_json(text) == network


def test_types_of_values_survive() -> None:
    values = [argument.value for argument in from_json(to_json(full())).arguments]
    assert [type(value) for value in values[:3]] == [int, float, bool]


def test_version_comes_first_and_lines_are_short() -> None:
    lines = to_json(resnet34()).splitlines()
    assert lines[1] == '  "resdsl_ir": 1,'
    assert max(map(len, lines)) <= 120
    assert lines == to_json(resnet34()).splitlines()


def test_bodies_stand_once_after_those_they_call() -> None:
    document = json.loads(to_json(small()))
    assert list(document["bodies"]) == ["basic_1", "B_1", "basic_2", "basic_3"]
    assert len(to_json(nested(40))) < 40 * 700


def test_equal_bodies_of_an_edited_file_become_one() -> None:
    document = json.loads(to_json(small()))
    document["bodies"]["mine"] = document["bodies"]["basic_1"]
    document["network"]["nodes"][3]["runs"] = [
        {"body": "basic_1", "first": 0, "count": 1},
        {"body": "mine", "first": 1, "count": 1},
    ]
    network = from_json(json.dumps(document))
    first, second = network.stages[0].runs
    assert first.body is second.body
    assert len(list(bodies(network))) == 4


def test_order_of_the_table_is_free() -> None:
    document = json.loads(to_json(small()))
    document["bodies"] = dict(reversed(document["bodies"].items()))
    assert from_json(json.dumps(document)) == small()


def test_fields_with_a_default_may_be_left_out() -> None:
    document = json.loads(to_json(small()))
    for node in document["network"]["nodes"]:
        del node["role"]
    assert from_json(json.dumps(document)) == small()


Change = Callable[[dict[str, Any]], object]
CONV = "$.network.nodes[0]"

BROKEN: dict[str, tuple[Change, str, str]] = {
    "other version": (lambda d: d.update(resdsl_ir=2), "$.resdsl_ir", "only version"),
    "no version": (lambda d: d.pop("resdsl_ir"), "$", "missing key `resdsl_ir`"),
    "version that is no number": (lambda d: d.update(resdsl_ir=True), "$.resdsl_ir", "only version"),
    "stranger": (lambda d: d.update(more=1), "$.more", "unknown key"),
    "stranger in a layer": (lambda d: conv(d).update(colour=1), f"{CONV}.colour", "unknown key"),
    "no name": (lambda d: conv(d).pop("name"), f"{CONV}.name", "missing key"),
    "name that is a number": (lambda d: conv(d).update(name=1), f"{CONV}.name", "a string"),
    "unknown op": (lambda d: conv(d)["op"].update(op="convolve"), f"{CONV}.op.op", "unknown op `convolve`"),
    "op without a name": (lambda d: conv(d)["op"].pop("op"), f"{CONV}.op.op", "expected the name of an op"),
    "op that is a text": (lambda d: conv(d).update(op="conv"), f"{CONV}.op", "expected an object"),
    "parameter left out": (lambda d: conv(d)["op"].pop("groups"), f"{CONV}.op.groups", "missing key"),
    "parameter too many": (lambda d: conv(d)["op"].update(width=1), f"{CONV}.op.width", "unknown key"),
    "parameter of another type": (
        lambda d: conv(d)["op"].update(kernel=[3, "3"]),
        f"{CONV}.op.kernel[1]",
        "an integer",
    ),
    "shape with a zero": (lambda d: conv(d).update(shapes=[[8, 0, 3]]), f"{CONV}.shapes[0][1]", "at least 1"),
    "shape with a text": (lambda d: conv(d).update(shapes=[[8, "32", 32]]), f"{CONV}.shapes[0][1]", "an integer"),
    "unknown role": (lambda d: conv(d).update(role="aside"), f"{CONV}.role", '"main", "shortcut" or "gate"'),
    "node of no kind": (lambda d: conv(d).pop("op"), CONV, "expected `op`"),
    "node that is a list": (lambda d: d["network"]["nodes"].insert(0, []), CONV, "expected an object"),
    "nodes that are an object": (lambda d: d["network"].update(nodes={}), "$.network.nodes", "expected a list"),
    "no nodes": (lambda d: d["network"].pop("nodes"), "$.network.nodes", "missing key"),
    "unknown body": (
        lambda d: layer1(d)["runs"][0].update(body="basic_9"),
        "$.network.nodes[3].runs[0].body",
        '"basic_9" is not a key',
    ),
    "body written in place": (
        lambda d: layer1(d)["runs"][0].update(body={}),
        "$.network.nodes[3].runs[0].body",
        "expected a key of the table",
    ),
    "run without a count": (
        lambda d: layer1(d)["runs"][0].pop("count"),
        "$.network.nodes[3].runs[0].count",
        "missing key",
    ),
    "runs that are none": (lambda d: layer1(d).update(runs=[]), "$.network.nodes[3].runs", "at least 1 item"),
    "body without a caller": (
        lambda d: d["bodies"].update(mine=d["bodies"]["B_1"]),
        "$.bodies.mine",
        "nothing calls this body",
    ),
    "body with a fault": (
        lambda d: d["bodies"]["B_1"]["origin"].update(kind="blok"),
        "$.bodies.B_1.origin.kind",
        '"block", "bracket" or "shortcut"',
    ),
    "bodies in a list": (lambda d: d.update(bodies=[]), "$.bodies", "expected an object"),
    "output without a value": (
        lambda d: d["network"]["outputs"][0].pop("value"),
        "$.network.outputs[0].value",
        "missing key",
    ),
}


def conv(document: dict[str, Any]) -> dict[str, Any]:
    node: dict[str, Any] = document["network"]["nodes"][0]
    return node


def layer1(document: dict[str, Any]) -> dict[str, Any]:
    node: dict[str, Any] = document["network"]["nodes"][3]
    return node


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_refused_with_its_place(name: str) -> None:
    change, path, words = BROKEN[name]
    document = json.loads(to_json(small()))
    change(document)
    with pytest.raises(InvalidJson) as caught:
        from_json(json.dumps(document))
    assert caught.value.path == path
    assert words in caught.value.message


BEYOND_THE_SCHEMA = {"unknown body", "body without a caller"}
"""What a schema cannot say."""


@pytest.mark.parametrize("name", sorted(BROKEN.keys() - BEYOND_THE_SCHEMA))
def test_schema_refuses_what_the_reader_refuses(name: str, validator: Any) -> None:
    document = json.loads(to_json(small()))
    BROKEN[name][0](document)
    assert not validator.is_valid(document)


def test_ring_of_bodies() -> None:
    document = json.loads(to_json(small()))
    document["bodies"]["B_1"]["nodes"].append(
        {"name": "2", "path": "2", "body": "basic_2", "inputs": ["1"], "role": "main"}
    )
    with pytest.raises(InvalidJson, match=r"in a cycle: `(B_1|basic_2)` -> `(B_1|basic_2)` -> ") as caught:
        from_json(json.dumps(document))
    assert caught.value.path == "$.bodies"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not valid JSON: expecting value in line 1, column 1"),
        ("{", "not valid JSON"),
        ('{"a": 1, "a": 2}', 'the key "a" twice'),
        ("[1, NaN]", "NaN is not a finite number"),
        ("[-Infinity]", "-Infinity is not a finite number"),
        ("[1e999]", "1e999 is not a finite number"),
        ("1" * 5000, "limit"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "expected an object"),
        ("null", "expected an object"),
    ],
)
def test_text_that_is_no_network(text: str, words: str) -> None:
    with pytest.raises(InvalidJson, match=r"^\$: ") as caught:
        from_json(text)
    assert words in caught.value.message


def test_contradiction_is_found_by_the_verifier() -> None:
    document = json.loads(to_json(small()))
    document["bodies"]["B_1"]["nodes"][0]["shapes"] = [[16, 16, 15]]
    with pytest.raises(InvalidNetwork) as caught:
        from_json(json.dumps(document))
    assert "`layer2.0.downsample.0`: the shape is given as 16x16x15, but is 16x16x16" in caught.value.findings


def test_deep_chain_of_bodies_is_refused_in_good_order() -> None:
    document = json.loads(to_json(nested(2)))
    call = document["bodies"]["level_2"]
    for level in range(3, 2000):
        nodes = [{**call["nodes"][0], "body": f"level_{level - 1}"}]
        document["bodies"][f"level_{level}"] = {**call, "nodes": nodes, "output": "a"}
    document["network"]["nodes"][0]["body"] = "level_1999"
    with pytest.raises(InvalidNetwork, match="nested more than"):
        from_json(json.dumps(document))


def test_deep_value() -> None:
    value: object = 1
    for _ in range(300):
        value = {"items": [value]}
    document = json.loads(to_json(small()))
    document["network"]["arguments"] = [{"name": "n", "value": value}]
    with pytest.raises(InvalidJson) as caught:
        from_json(json.dumps(document))
    assert str(caught.value) == "$.network: lists and objects are nested too deeply"


def test_numbers_that_are_not_finite_are_not_written() -> None:
    odd = small().replace(arguments=(Argument(name="p", value=float("inf")),))
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(odd)


@pytest.mark.parametrize("name", ops())
def test_schema_knows_the_parameters_of_every_op(name: str, validator: Any) -> None:
    kind = ops()[name]
    schema = validator.evolve(schema={"$ref": "#/$defs/Op", "$defs": validator.schema["$defs"]})
    for sample in kind.samples:
        written = kind.build(sample.given, sample.inputs).plain()
        assert schema.is_valid(written)
        assert not schema.is_valid({**written, "colour": 1})
        for parameter in kind.parameters():
            left_out = {key: value for key, value in written.items() if key != parameter}
            # What is younger than the form of JSON may be left out.
            assert schema.is_valid(left_out) == (kind.fields()[parameter].default is not MISSING)
            assert not schema.is_valid({**written, parameter: {}})
