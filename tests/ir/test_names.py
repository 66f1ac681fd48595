"""Names: what the language cannot say, JSON may not say, wherever a name or a text stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import resdsl
from resdsl.diagnostics.spec_error import SpecError
from resdsl.ir.json import from_json, to_json
from resdsl.ir.names import LONGEST_TEXT, MOST_PARTS, is_name, is_path
from resdsl.refusal import Refused

SPEC = """
block twin(width, kind = "plain") {
  residual { conv 3x3, width; norm; act; conv 3x3, width; norm }
  act
}
network victim(classes = 10, unit = twin) {
  input 3x8x8
  conv 3x3, 8
  stage layer1 "first": unit(8) x 2
  tap c2
  avgpool global
  fc classes
}
"""
JSON = to_json(resdsl.loads(SPEC).ir)
HOSTILE = [
    "../../evil",
    "/abs",
    "n:\n import os\n#",
    "\ud800",
    "\x1b[31mx",
    "\u202eevil",
    "a b",
    "a.b",
    "",
    "é",
]

Place = Callable[[dict[str, Any], str], object]
NAMES: dict[str, tuple[Place, str]] = {
    "network": (lambda d, name: d["network"].update(name=name), "name of a network"),
    "parameter": (lambda d, name: d["network"]["arguments"][0].update(name=name), "name of a parameter"),
    "setting": (lambda d, name: d["network"]["settings"][0].update(name=name), "name of a parameter"),
    "reference": (lambda d, name: d["network"]["arguments"][1]["value"].update(name=name), "name of a definition"),
    "tap": (lambda d, name: d["network"]["outputs"][0].update(name=name), "name of this output"),
    "block": (lambda d, name: d["bodies"]["twin_1"]["origin"].update(name=name), "name of a block"),
    "argument": (lambda d, name: d["bodies"]["twin_1"]["origin"]["arguments"][0].update(name=name), "of a parameter"),
}


def changed(place: Place, name: str) -> str:
    document = json.loads(JSON)
    place(document, name)
    return json.dumps(document)


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
@pytest.mark.parametrize("place", NAMES)
def test_a_name_that_no_text_can_say_is_refused_in_json(place: str, name: str) -> None:
    with pytest.raises(Refused) as refused:
        from_json(changed(NAMES[place][0], name))
    shown = str(refused.value)
    assert all(line.isprintable() for line in shown.split("\n"))
    assert NAMES[place][1] in shown or "surrogate" in shown


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_network_of_that_name_is_refused_in_a_text(name: str) -> None:
    with pytest.raises(SpecError):
        resdsl.loads(SPEC.replace("network victim", f"network {name}"))


@pytest.mark.parametrize("place", NAMES)
def test_a_name_of_the_language_is_taken(place: str) -> None:
    assert NAMES[place][1]
    network = from_json(changed(NAMES[place][0], "honest_1"))
    assert "honest_1" in to_json(network)


def test_half_a_character_is_refused_with_its_place() -> None:
    document = json.loads(JSON)
    document["network"]["nodes"][1]["title"] = "\ud800"
    with pytest.raises(
        Refused, match=r"^\$\.network\.nodes\[1\]\.title: expected complete characters, not half of a surrogate pair$"
    ):
        from_json(json.dumps(document))


def test_a_title_in_json_is_as_long_as_one_in_a_text() -> None:
    title = "t" * LONGEST_TEXT
    assert resdsl.loads(SPEC.replace("first", title)).ir.stages[0].title == title
    with pytest.raises(SpecError, match="this word has 10_003 characters"):
        resdsl.loads(SPEC.replace("first", f"{title}t"))
    document = json.loads(JSON)
    document["network"]["nodes"][1]["title"] = title
    from_json(json.dumps(document))
    document["network"]["nodes"][1]["title"] = f"{title}t"
    with pytest.raises(Refused, match="`layer1`: a title can have at most 10,000 characters, not 10,001"):
        from_json(json.dumps(document))


def test_a_string_in_json_is_as_long_as_one_in_a_text() -> None:
    document = json.loads(JSON)
    document["bodies"]["twin_1"]["origin"]["arguments"][1]["value"] = "t" * (LONGEST_TEXT + 1)
    with pytest.raises(Refused, match="a string can have at most 10,000 characters, not 10,001"):
        from_json(json.dumps(document))


@pytest.mark.parametrize("title", ["größer", "λ → ∞", "网络", "שלום", "a\nb", "\x1b[31m", "\u202eevil"], ids=ascii)
def test_a_title_is_any_text_in_both(title: str) -> None:
    document = json.loads(JSON)
    document["network"]["nodes"][1]["title"] = title
    text = to_json(from_json(json.dumps(document)))
    assert from_json(text).stages[0].title == title
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("layer1", True),
        ("features.0.conv", True),
        ("0", True),
        ("0.conv", True),
        ("a-b", True),
        ("1x1_reduce", True),
        ("-a", False),
        ("a.-b", False),
        ("input", False),
        ("a..b", False),
        ("a.b\n", False),
        ("a b", False),
        ("a/b", False),
        ("\u0430", False),
        ("\u0661", False),
        (".".join("a" * MOST_PARTS), True),
        (".".join("a" * (MOST_PARTS + 1)), False),
    ],
    ids=ascii,
)
def test_paths(path: str, is_one: bool) -> None:
    assert is_path(path) == is_one


def test_a_path_in_json_has_as_many_parts_as_one_in_a_text() -> None:
    path = ".".join("a" * (MOST_PARTS + 1))
    with pytest.raises(SpecError):
        resdsl.loads(SPEC.replace("  conv 3x3, 8", f'  "{path}": conv 3x3, 8'))
    with pytest.raises(Refused, match="is not a valid path"):
        from_json(JSON.replace('"conv1"', f'"{path}"', 2).replace('["conv1"]', f'["{path}"]'))


def test_names_are_plain() -> None:
    assert is_name("resnet_34")
    assert not is_name("name\n")
    assert not is_name("\uff4e")
