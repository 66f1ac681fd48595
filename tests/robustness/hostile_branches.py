"""What can be wrong where a network in JSON branches: inputs, outputs, values beside the flow, modules called again."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

from tests.robustness.hostile_texts import TEXTS

Json = Any

BRANCHING = """
block pair(width, stride = 1) {
  conv 3x3, width, /stride; norm; act; as fine; tap inner
  conv 3x3, width, /2; norm; act; as coarse
  from [fine, coarse]
}
block up(width, skip) {
  upsample 2; conv 1x1, width; as risen
  from add(skip, risen); conv 3x3, width; norm; act
}
block beside(skip) { as x; from add(x, skip); act }
network branching {
  input near 3x8x8
  input far 3x8x8
  from near; shared "eye.0": conv 3x3, 4; act; as a
  from far;  shared "eye.0": conv 3x3, 4; act; as b
  from concat(a, b); pair(4); as levels
  from levels[1]; shared stage trunk: basic(4) x 2; up(4, skip=levels[0]); tap high
  shared head: basic(4); tap "0"
  maxpool 2x2, /2; shared head: basic(4); tap "1"
  stage reading: beside(skip=levels[1]) x 3
  shared stage trunk: basic(4) x 2
  output last
}
"""


def read_beside(document: Json, dice: random.Random) -> None:
    """What a body reads beside the flow: more, fewer, in another order, or under another name."""
    body = dice.choice([body for body in document["bodies"].values() if dice.random() < 0.3 or "beside" in body])
    names = body.setdefault("beside", [])
    dice.choice(
        (
            lambda: names.append(dice.choice((*names, "input", "more", *TEXTS))),
            lambda: body["inputs"].append(copy.deepcopy(dice.choice(body["inputs"]))),
            lambda: names.pop(),
            lambda: body["inputs"].reverse(),
            lambda: names.insert(0, body["nodes"][0]["name"]),
            lambda: body.update(beside=[]),
        )
    )()


def yielded(document: Json, dice: random.Random) -> None:
    """What a body yields beside its output: more, none, the same twice, or what it has not."""
    body = dice.choice(list(document["bodies"].values()))
    values = [node["name"] for node in body["nodes"]]
    body.setdefault("also", []).append(dice.choice((*values, body["output"], "input", "input:1", *TEXTS)))
    if dice.random() < 0.3:
        body["also"] = dice.choice(([], body["also"][:-1], body["also"] * 3_000))


def given(document: Json, dice: random.Random) -> None:
    """What a call or a stage is given: more, fewer, in another order, or what comes later."""
    nodes = [
        node for graph in graphs_of(document) for node in graph["nodes"] if len(node["inputs"]) > 1 or "op" not in node
    ]
    inputs, graph = dice.choice(nodes)["inputs"], dice.choice(graphs_of(document))
    later = dice.choice(graph["nodes"])["name"]
    dice.choice((inputs.reverse, inputs.clear, inputs.pop, lambda: inputs.append(inputs[0])))()
    if dice.random() < 0.4:
        inputs.append(dice.choice((later, f"{later}:1", f"{later}:0", f"{later}:-1", f"{later}:{10**30}", "near")))


def called_again(document: Json, dice: random.Random) -> None:
    """A module at a further place, where it fits or not."""
    graph = dice.choice(graphs_of(document))
    place = dice.randrange(len(graph["nodes"]))
    node, other = copy.deepcopy(graph["nodes"][place]), dice.choice(graph["nodes"])
    node.update(name=dice.choice(("again", other["name"])), path=dice.choice((node["path"], other["path"])))
    node["inputs"] = dice.choice((node["inputs"], other["inputs"], [node["name"]]))
    graph["nodes"].insert(dice.choice((place, place + 1, 0)), node)


def entered(document: Json, dice: random.Random) -> None:
    """Inputs and outputs of the network: doubled, left out, or under another's name."""
    rows = document["network"][dice.choice(("inputs", "outputs"))]
    row = copy.deepcopy(dice.choice(rows))
    row["name"] = dice.choice((row["name"], "more", "input", "output", *(each["name"] for each in rows), *TEXTS))
    dice.choice((rows.pop, rows.reverse, lambda: rows.append(row), lambda: rows.extend([row] * 2_000)))()


def other_version(document: Json, dice: random.Random) -> None:
    """A version that has not what the file has, or that there is not."""
    document["resdsl_ir"] = dice.choice((1, 2, 3, 0, True, "2", 2.0, None))


CHANGES: tuple[Callable[[Json, random.Random], None], ...] = (
    *(read_beside, yielded, given, called_again, entered, other_version),
)


def graphs_of(document: Json) -> list[Json]:
    graphs = [*document.get("bodies", {}).values(), document.get("network")]
    return [graph for graph in graphs if isinstance(graph, dict) and isinstance(graph.get("nodes"), list)] or [{}]
