"""Writes and reads the public JSON form of the IR.

Why it exists: a network can be stored, compared and passed to other tools, and read back without the language. The form
is versioned, and `resdsl.ir.schema` describes it. A file is

    {"resdsl_ir": 1, "bodies": {"basic_1": {...}, ...}, "network": {...}}

The version of a file is the lowest one that can say its network, and fields that came later are left out where they say
nothing: what version 1 can say is written as it always was.

Each distinct body is in the table once, after the bodies that it calls, and calls and runs refer to it by its key. So
the length of a file depends on what is different in the network. Everything else follows the records of
`resdsl.ir.network`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, NoReturn, TypeVar

from resdsl.ir.layout import layout
from resdsl.ir.network import Body, Call, Layer, Network, Node, Run, Stage, Tap
from resdsl.ir.schema import LATER, VERSION, VERSIONS, json_schema
from resdsl.ir.verify import InvalidNetwork, verify, verify_body
from resdsl.ir.walk import bodies
from resdsl.ops.base import Op
from resdsl.ops.registry import op_named
from resdsl.printable import phrase
from resdsl.records.checks import UNKNOWN, Invalid
from resdsl.records.record import MISSING, Record
from resdsl.refusal import Refused

Json = Any
R = TypeVar("R", bound=Record)


class InvalidJson(Refused):
    """A text is not a valid network in JSON.

    Args:
        path: the JSON path of the fault, such as `$.network.nodes[3].op.kernel`.
        message: what is wrong there.
    """

    def __init__(self, path: str, message: str) -> None:
        super().__init__(phrase(f"{path}: {message}"))
        self.path = path
        self.message = message


def to_json(network: Network) -> str:
    """The network as JSON: indented, ending with a line feed, and the same for equal networks."""
    keys: dict[Body, str] = {}
    counts: Counter[str] = Counter()
    table: dict[str, Json] = {}
    for _, body in bodies(network):
        word = re.sub(r"\W+", "_", body.origin.name, flags=re.ASCII) or body.origin.kind
        counts[word] += 1
        keys[body] = key = f"{word}_{counts[word]}"
        table[key] = _plain(body, keys)
    top = _plain(network, keys)
    version = VERSION if any(True for _ in _later(table, top)) else 1
    return layout({"resdsl_ir": version, "bodies": table, "network": top}) + "\n"


def from_json(text: str) -> Network:
    """Read and verify a network from JSON; equal bodies become one object.

    Raises:
        InvalidJson: the text is not JSON, has another version, or does not have the right form.
        InvalidNetwork: the form is right, but the network contradicts itself.
    """
    document = _parse(text)
    _expect_object("$", document, ("resdsl_ir", "bodies", "network"))
    version = document["resdsl_ir"]
    if type(version) is not int or version not in VERSIONS:
        raise InvalidJson("$.resdsl_ir", f"only versions {VERSIONS[0]} to {VERSION} can be read")
    table = _expect_object("$.bodies", document["bodies"])
    if version == 1:
        _refuse_later(table, document["network"])
    reader = _Reader(table)
    network = reader.network(document["network"])
    verify(network)
    return network


def _refuse_later(table: dict[str, Json], network: Json) -> None:
    """Refuse fields that version 1 does not have."""
    for path in _later(table, network):
        raise InvalidJson(path, "unknown key in version 1")


def _later(table: dict[str, Json], network: Json) -> Iterator[str]:
    """The paths of fields that version 1 does not have."""
    outputs = network.get("outputs") if isinstance(network, dict) else None
    taps = enumerate(outputs if isinstance(outputs, list) else ())
    records: list[tuple[type, str, Json]] = [(Body, f"$.bodies.{key}", body) for key, body in table.items()]
    records += [(Tap, f"$.network.outputs[{index}]", tap) for index, tap in taps]
    for kind, path, record in records:
        yield from (f"{path}.{name}" for name in LATER[kind] if isinstance(record, dict) and name in record)


class _Reader:
    """Reads the records of one document; bodies first, each before its callers."""

    def __init__(self, table: dict[str, Json]) -> None:
        self._bodies: dict[str, Body] = {}
        self._used: set[str] = set()
        distinct: dict[Body, Body] = {}
        for key in _callees_first(table):
            path = f"$.bodies.{key}"
            body = _record(path, Body, self._with_nodes(path, table[key]))
            self._bodies[key] = body = distinct.setdefault(body, body)
            # From the innermost out, so that what follows never has to look far into a body.
            verify_body(body)

    def network(self, value: Json) -> Network:
        network = _record("$.network", Network, self._with_nodes("$.network", value))
        for key in self._bodies:
            if key not in self._used:
                raise InvalidJson(f"$.bodies.{key}", "nothing calls this body")
        return network

    def _with_nodes(self, path: str, value: Json) -> dict[str, Json]:
        graph = dict(_expect_object(path, value))
        if "nodes" in graph:
            nodes = _expect_list(f"{path}.nodes", graph["nodes"])
            graph["nodes"] = tuple([self._node(f"{path}.nodes[{i}]", node) for i, node in enumerate(nodes)])
        return graph

    def _node(self, path: str, value: Json) -> Node:
        node = dict(_expect_object(path, value))
        if "op" in node:
            return _record(path, Layer, node | {"op": _op(f"{path}.op", node["op"])})
        if "body" in node:
            return _record(path, Call, self._with_body(path, node))
        if "runs" in node:
            runs = _expect_list(f"{path}.runs", node["runs"])
            return _record(path, Stage, node | {"runs": tuple([self._run(path, i, run) for i, run in enumerate(runs)])})
        raise InvalidJson(path, "expected `op` (a layer), `body` (a call) or `runs` (a stage)")

    def _run(self, path: str, index: int, value: Json) -> Run:
        path = f"{path}.runs[{index}]"
        return _record(path, Run, self._with_body(path, _expect_object(path, value)))

    def _with_body(self, path: str, value: dict[str, Json]) -> dict[str, Json]:
        key = value.get("body")
        if not isinstance(key, str):
            raise InvalidJson(f"{path}.body", "expected a key of the table `bodies`")
        if key not in self._bodies:
            raise InvalidJson(f"{path}.body", f"{json.dumps(key)} is not a key of the table `bodies`")
        self._used.add(key)
        return value | {"body": self._bodies[key]}


def _plain(record: object, keys: Mapping[Body, str]) -> Json:
    """A record as data for JSON, with keys in place of bodies."""
    if isinstance(record, Op):
        return record.plain()
    if isinstance(record, Record):
        later = LATER.get(type(record), ())
        values = {name: getattr(record, name) for name in type(record).fields()}
        return {name: _plain_field(value, keys) for name, value in values.items() if value or name not in later}
    return [_plain_field(item, keys) for item in record] if isinstance(record, tuple) else record


def _plain_field(value: object, keys: Mapping[Body, str]) -> Json:
    return keys[value] if isinstance(value, Body) else _plain(value, keys)


def _callees_first(table: dict[str, Json]) -> tuple[str, ...]:
    """The keys of the table, each after those it refers to."""
    calls = {key: _referred(value) & table.keys() for key, value in table.items()}
    try:
        return tuple(TopologicalSorter(calls).static_order())
    except CycleError as error:
        ring = " -> ".join(f"`{key}`" for key in reversed(error.args[1]))
        raise InvalidJson("$.bodies", f"bodies call each other in a cycle: {ring}") from None


def _referred(body: Json) -> set[str]:
    """The keys that a body refers to, as far as its form is right."""
    nodes = body.get("nodes") if isinstance(body, dict) else None
    callers = [node for node in nodes if isinstance(node, dict)] if isinstance(nodes, list) else []
    for node in tuple(callers):
        runs = node.get("runs")
        callers += [run for run in runs if isinstance(run, dict)] if isinstance(runs, list) else []
    return {key for caller in callers if isinstance(key := caller.get("body"), str)}


def _op(path: str, value: Json) -> Op:
    name = _expect_object(path, value).get("op")
    if not isinstance(name, str):
        raise InvalidJson(f"{path}.op", "expected the name of an op")
    try:
        kind = op_named(name)
    except ValueError as error:
        raise InvalidJson(f"{path}.op", str(error)) from None
    return _record(path, kind, value)


def _record(path: str, kind: type[R], value: Mapping[str, Json]) -> R:
    try:
        return kind.of(value)
    except Invalid as error:
        raise InvalidJson(path + _steps(error), _message(error)) from None
    except RecursionError:
        raise InvalidJson(path, "lists and objects are nested too deeply") from None


def _steps(error: Invalid) -> str:
    """A place within a value, as part of a JSON path."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.place)


def _message(error: Invalid) -> str:
    if error.found is MISSING:
        return "missing key"
    return "unknown key" if error.wanted == UNKNOWN else f"expected {error.wanted}"


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _parse(text: str) -> Json:
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise InvalidJson(
            "$", f"not valid JSON: {_lower(error.msg)} in line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise InvalidJson("$", "lists and objects are nested too deeply") from None
    except InvalidJson:
        raise
    except ValueError as error:
        raise InvalidJson("$", str(error)) from None


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in pairs:
        if key in found:
            raise InvalidJson("$", f"an object has the key {json.dumps(key)} twice")
        found[key] = value
    return found


def _finite(text: str) -> float:
    number = float(text)
    return _refuse(text) if number in (float("inf"), float("-inf")) else number


def _refuse(text: str) -> NoReturn:
    raise InvalidJson("$", f"{text} is not a finite number")


def _expect_object(path: str, value: Json, keys: tuple[str, ...] | None = None) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise InvalidJson(path, "expected an object")
    for key in keys or ():
        if key not in value:
            raise InvalidJson(path, f"missing key `{key}`")
    for key in value:
        if keys is not None and key not in keys:
            raise InvalidJson(f"{path}.{key}", "unknown key")
    return value


def _expect_list(path: str, value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise InvalidJson(path, "expected a list")
    return value


__all__ = ["VERSION", "InvalidJson", "InvalidNetwork", "from_json", "json_schema", "to_json"]
