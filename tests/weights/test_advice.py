"""The options that are found for a file that does not fit without."""

from __future__ import annotations

import pytest

import resdsl
from resdsl.ir.network import Network
from resdsl.ir.walk import state
from resdsl.weights.advice import advice
from resdsl.weights.fitting import Held

SPEC = """network n(classes = 10) {
  input 3x16x16
  conv 3x3, 8; norm; act
  stage layer1: basic(8) x 3
  avgpool global
  fc classes
}
"""
Entries = dict[str, Held]


def network(text: str = SPEC, *, classes: int = 10) -> Network:
    return resdsl.loads(text, classes=classes).ir


def entries(net: Network) -> Entries:
    return {name: Held(tensor.dtype, tensor.shape) for name, tensor in state(net)}


def renamed(held: Entries, *changes: tuple[str, str]) -> Entries:
    for old, new in changes:
        held = {name.replace(old, new): each for name, each in held.items()}
    return held


def command(held: Entries, net: Network) -> str | None:
    found = advice({"": held}, "", net)
    return None if found is None else found.command


OWN = network()
CASES: dict[str, tuple[Entries, Network, str | None]] = {
    "what fits": (entries(OWN), OWN, ""),
    "other classes": (entries(network(classes=3)), OWN, "--reset fc"),
    "a head of another name": (renamed(entries(OWN), ("fc.", "head.")), OWN, "--rename 'head -> fc'"),
    "a head of another name and size": (
        renamed(entries(network(classes=3)), ("fc.", "head.")),
        OWN,
        "--ignore head --reset fc",
    ),
    "a tensor at the top": (entries(OWN) | {"x": Held("float32", (1,))}, OWN, "--ignore x"),
    "two norms that look alike": (
        renamed(entries(OWN), ("layer1.0.bn1", "layer1.0.norm1"), ("layer1.0.bn2", "layer1.0.norm2")),
        OWN,
        "--rename 'layer1.0.norm1 -> layer1.0.bn1' --rename 'layer1.0.norm2 -> layer1.0.bn2'",
    ),
    "a block too many": (
        entries(network(SPEC.replace("x 3", "x 4"))),
        OWN,
        "--ignore layer1.3",
    ),
    "a block too few": (entries(network(SPEC.replace("x 3", "x 2"))), OWN, "--reset layer1.2"),
    "grey images": (entries(resdsl.loads(SPEC, input="1x16x16").ir), OWN, "--adapt stem"),
    "no weight in common": ({"a": Held("float32", (3,))}, OWN, None),
    "most of it missing": (
        {name: each for name, each in entries(OWN).items() if "layer1" not in name},
        OWN,
        None,
    ),
    "a dtype": (entries(OWN) | {"fc.bias": Held("float64", (10,))}, OWN, None),
    "parts that nobody would list": (entries(OWN) | {f"x{n}.w": Held("float32", (1,)) for n in range(9)}, OWN, None),
    "more than is looked at": (entries(OWN) | {f"x.{n}": Held("float32", (1,)) for n in range(20_000)}, OWN, None),
}


@pytest.mark.parametrize("name", CASES)
def test_which_options_are_found(name: str) -> None:
    held, net, wanted = CASES[name]
    assert command(held, net) == wanted


def test_the_usual_dictionary_is_taken_if_it_will_do() -> None:
    held = entries(OWN)
    found = advice({"model": held, "ema": held}, "model", OWN)
    assert found is not None
    assert (found.command, found.drawn) == ("", 0)
    better = advice({"model": entries(network(classes=3)), "ema": held}, "model", OWN)
    assert better is not None
    assert better.command == "--weights-key ema"


def test_what_is_taken_and_drawn_is_counted() -> None:
    found = advice({"": entries(network(classes=3))}, "", OWN)
    assert found is not None
    assert found.drawn == 8 * 10 + 10
    values = [parameter.numel() for parameter in resdsl.loads(SPEC).to_torch().parameters()]
    statistics = 7 * 2 * 8  # of seven norms
    assert found.taken + found.drawn == sum(values) + statistics


def test_options_that_are_too_many_are_said_to_be() -> None:
    found = advice({"": entries(OWN)}, "", OWN)
    assert found is not None
    assert found.sentence == "the file fits as it is, without options about what is taken from it"


def test_names_that_terminals_obey_are_not_in_a_command() -> None:
    assert command(renamed(entries(OWN), ("fc.", "h\x1b[2J\n.")) | {"more\n": Held("float32", (3,))}, OWN) is None
