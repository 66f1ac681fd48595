"""JSON as nobody should write it: networks with one to three things in them made hostile, drawn from a seed."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import resdsl
from resdsl.resources import shipped_specs
from tests.robustness.hostile_branches import BRANCHING, CHANGES as BRANCHING_CHANGES, graphs_of
from tests.robustness.hostile_texts import TEXTS

Json = Any
Place = tuple[Any, Any]
"""A list or an object, and the index or the key of what stands in it."""

SEED = 20260
BRANCHES = 5
"""How often a network with several inputs and outputs is among those that are changed."""
SOURCES = ("resnet18", "preact_resnet18", "seresnet50", "convnext_tiny", "densenet121", "cifar")
OF_ALL = """
block step(width, kind = "plain") {
  residual { conv 3x3, width; norm; act; conv 3x3, width; norm }
  act
}
network small(classes = 3, unit = step) {
  input 3x8x8
  conv 3x3, 8; as stem
  stage layer1 "first": unit(8) x 2
  tap c2
  residual { conv 3x3, 8; gate { avgpool global; conv 1x1, 8; sigmoid } }
  avgpool global
  fc classes
  expect params <= 1M
}
"""
NUMBERS = (0, -1, 1, 2**31, 2**63, 2**64, 10**18, 10**30, -0.0, 0.5, 1e308, -1e308, 5e-324, 10**4000)
VALUES: tuple[Any, ...] = (
    *NUMBERS,
    *TEXTS,
    None,
    True,
    False,
    [],
    {},
    [[]],
    [0],
    [[[[[0]]]]],
    {"": 0},
    [2**63] * 3,
    [10**9] * 2,
)


@dataclass(frozen=True)
class Case:
    """A text that claims to be a network in JSON.

    Attributes:
        name: its number and what was done to it.
        text: the JSON, or what is left of it.
    """

    name: str
    text: str


def cases(count: int, seed: int = SEED) -> Iterator[Case]:
    """So many files; the same ones every time."""
    for number in range(count):
        dice = random.Random(f"{seed} {number}")
        document = copy.deepcopy(dice.choice(_documents()))
        if dice.random() < 0.3:
            made = dice.choice(TEXTUAL)
            yield Case(f"{number} {made.__name__}", made(json.dumps(document), dice))
            continue
        changes = [dice.choice(CHANGES) for _ in range(dice.choice((1, 1, 1, 2, 3)))]
        for change in changes:
            with suppress(LookupError, TypeError, AttributeError, ValueError):  # a change before it left nothing for it
                change(document, dice)
        yield Case(f"{number} {' '.join(change.__name__ for change in changes)}", json.dumps(document))


@cache
def _documents() -> tuple[Json, ...]:
    known = {path.stem for path in shipped_specs()}
    nets = [
        *map(resdsl.loads, (OF_ALL, *[BRANCHING] * BRANCHES)),
        *(resdsl.load(name) for name in SOURCES if name in known),
    ]
    return tuple(json.loads(net.to_json()) for net in nets)


# ---------------------------------------------------------------------------- changes of the document


def another_value(document: Json, dice: random.Random) -> None:
    """A value of another type or size, anywhere."""
    holder, key = dice.choice(_places(document))
    holder[key] = dice.choice(VALUES)


def another_number(document: Json, dice: random.Random) -> None:
    """A number that no network has."""
    numbers = [(holder, key) for holder, key in _places(document) if type(holder[key]) in (int, float)]
    holder, key = dice.choice(numbers)
    holder[key] = dice.choice(NUMBERS)


def another_text(document: Json, dice: random.Random) -> None:
    """A hostile text in one place."""
    holder, key = dice.choice(_texts(document))
    holder[key] = dice.choice(TEXTS)


def renamed(document: Json, dice: random.Random) -> None:
    """A hostile text wherever one name stands, so that all references hold."""
    holder, key = dice.choice(_texts(document))
    old, new = holder[key], dice.choice(TEXTS)
    for place, at in _texts(document):
        if place[at] == old:
            place[at] = new


def wrong_reference(document: Json, dice: random.Random) -> None:
    """One text of the file where another stands."""
    holder, key = dice.choice(_texts(document))
    other, at = dice.choice(_texts(document))
    holder[key] = other[at]


def left_out(document: Json, dice: random.Random) -> None:
    """Something missing."""
    holder, key = dice.choice(_places(document))
    del holder[key]


def stranger(document: Json, dice: random.Random) -> None:
    """A key that nothing has."""
    objects = [holder for holder, _ in _places(document) if isinstance(holder, dict)]
    dice.choice(objects)[dice.choice(TEXTS)] = dice.choice(VALUES)


def swapped(document: Json, dice: random.Random) -> None:
    """Two values in each other's place."""
    (one, a), (other, b) = dice.choice(_places(document)), dice.choice(_places(document))
    one[a], other[b] = copy.deepcopy(other[b]), copy.deepcopy(one[a])


def ring(document: Json, dice: random.Random) -> None:
    """Bodies that call each other in a ring."""
    names = list(document["bodies"])
    name = dice.choice(names)
    call = {"name": "again", "path": "again", "body": dice.choice(names), "inputs": ["input"], "role": "main"}
    _nodes_of(document, name).insert(0, call)


def exponential(document: Json, dice: random.Random) -> None:
    """Bodies each of which calls the one before it twice."""
    levels = dice.choice((10, 30, 60, 70, 2_000))
    shape = [4, 4, 4]
    origin: Json = {"kind": "block", "name": "twice", "source": None, "arguments": []}
    relu = {"op": "relu"}
    layer = {"name": "act", "path": "act", "op": relu, "inputs": ["input"], "shapes": [shape], "role": "main"}
    bodies = {"b0": {"origin": origin, "inputs": [shape], "nodes": [layer], "output": "act"}}
    for level in range(1, levels):
        calls = [_call("a", f"b{level - 1}", "input"), _call("b", f"b{level - 1}", "a")]
        bodies[f"b{level}"] = {"origin": origin, "inputs": [shape], "nodes": calls, "output": "b"}
    document["bodies"] = bodies
    network = document["network"]
    network.update(
        inputs=[{"name": "input", "shape": shape}],
        nodes=[_call("top", f"b{levels - 1}", "input")],
        outputs=[{"name": "output", "value": "top"}],
        expectations=[],
    )


def many_repeats(document: Json, dice: random.Random) -> None:
    """A run of very many blocks."""
    runs = [run for body in graphs_of(document) for node in body["nodes"] for run in _runs(node)]
    if runs:
        dice.choice(runs)["count"] = dice.choice((1_000, 10**6, 10**9, 2**63, 10**30))


def many_nodes(document: Json, dice: random.Random) -> None:
    """Very many nodes, in a row or none of them sound."""
    graph = dice.choice(graphs_of(document))
    if graph.get("nodes"):
        node = dice.choice(graph["nodes"])
        graph["nodes"] += [copy.deepcopy(node) for _ in range(dice.choice((100, 3_000)))]


def large_shapes(document: Json, dice: random.Random) -> None:
    """A network for an input that no machine holds."""
    size = dice.choice((10**6, 10**9, 2**62))
    document["network"]["inputs"][0]["shape"] = [3, size, size]


def deep_value(document: Json, dice: random.Random) -> None:
    """An argument that is a list in a list in a list."""
    value: Json = 0
    for _ in range(dice.choice((10, 100, 400))):
        value = {"items": [value]}
    document["network"]["arguments"].append({"name": "deep", "value": value})


CHANGES: tuple[Callable[[Json, random.Random], None], ...] = (
    *(another_value, another_number, another_text, renamed, wrong_reference, left_out, stranger, swapped),
    *(another_value, another_number, another_text, renamed),
    *BRANCHING_CHANGES,
    *(ring, exponential, many_repeats, many_nodes, large_shapes, deep_value),
)


# -------------------------------------------------------------------------------- changes of the text


def cut(text: str, dice: random.Random) -> str:
    """The beginning alone."""
    return text[: dice.randrange(len(text))]


def doubled_key(text: str, dice: random.Random) -> str:
    """An object with a key twice."""
    return text.replace('"name": ', '"name": "first", "name": ', dice.randrange(1, 20))


def not_a_number(text: str, dice: random.Random) -> str:
    """Numbers that JSON has not, or that no float can hold."""
    return text.replace(": 1", f": {dice.choice(('NaN', 'Infinity', '-Infinity', '1e999', '-1e999', '9' * 5_000))}", 1)


def nested(text: str, dice: random.Random) -> str:
    """Lists or objects within each other, far too deep."""
    depth = dice.choice((500, 5_000, 200_000))
    opening, closing = dice.choice((("[", "]"), ('{"a":', "}")))
    hole = opening * depth + "0" + closing * depth
    return dice.choice((hole, text.replace('"bodies": {', f'"bodies": {{"deep": {hole}, ', 1)))


def half_characters(text: str, dice: random.Random) -> str:
    """Halves of characters, and escapes that are none."""
    return text.replace('"name": "', '"name": "' + dice.choice(("\\ud800", "\\udfff\\ud800", "\\uZZZZ", "\ud800")), 1)


def flipped(text: str, dice: random.Random) -> str:
    """Some characters that are others."""
    characters = list(text)
    for _ in range(dice.choice((1, 3, 30))):
        characters[dice.randrange(len(text))] = dice.choice('{}[]",:0e-\\\0\n\ufeffx')
    return "".join(characters)


def other_json(text: str, dice: random.Random) -> str:
    """JSON that is no network."""
    return dice.choice(("{}", "[]", "null", '"x"', "0", "", " ", "\ufeff{}", "{" * 10, text + text, f"[{text}]"))


TEXTUAL: tuple[Callable[[str, random.Random], str], ...] = (
    cut,
    doubled_key,
    not_a_number,
    nested,
    half_characters,
    flipped,
    other_json,
)


def _places(document: Json) -> list[Place]:
    """Every place of a document below its top."""
    found: list[Place] = []
    waiting = [document]
    while waiting:
        holder = waiting.pop()
        for key, value in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
            found.append((holder, key))
            if isinstance(value, dict | list):
                waiting.append(value)
    return found


def _texts(document: Json) -> list[Place]:
    return [(holder, key) for holder, key in _places(document) if isinstance(holder[key], str)]


def _nodes_of(document: Json, body: str) -> list[Json]:
    nodes: list[Json] = document["bodies"][body]["nodes"]
    return nodes


def _runs(node: Json) -> list[Json]:
    runs = node.get("runs") if isinstance(node, dict) else None
    return [run for run in runs if isinstance(run, dict)] if isinstance(runs, list) else []


def _call(name: str, body: str, value: str) -> Json:
    return {"name": name, "path": name, "body": body, "inputs": [value], "role": "main"}


def main(count: int, seed: int) -> int:
    """Run the commands on so many; the exit code."""
    from tests.robustness.bounded import OF_JSON, Summary, faults_of, warm

    warm(OF_JSON)
    summary = Summary(f"files of seed {seed}")
    for case in cases(count, seed):
        summary.add(case.name, *faults_of(case.text, "hostile.json", OF_JSON))
    return summary.close()


if __name__ == "__main__":
    import sys

    given = [int(text) for text in sys.argv[1:]]
    sys.exit(main(*(given + [500, SEED][len(given) :])))
