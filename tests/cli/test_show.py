"""`resdsl show`: what a part of a network expands to, and what gave each setting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Command

SPEC = """block twice(width, stride = 1, act = relu) {
  residual { conv 3x3, width, /stride; norm; act; conv 3x3, width; norm }
  act
}
network n(shortcut = B, classes = 10, norm = group_norm(8)) {
  input 3x32x32
  conv 3x3, 16
  stage s1: twice(16) x 2
  stage s2: twice(width = 32, shortcut = C) x 3, /2, norm = bn
  stage s3: [3x3, 32; 3x3, 32] x 2
  stage s4: twice(32, norm = group_norm(4)) x 1
  avgpool global
  fc classes
}
network m = n(classes = 100) { s1: twice(16, act = silu) }
"""


@pytest.fixture
def spec(resdsl: Command) -> Path:
    path = resdsl.folder / "n.res"
    path.write_text(SPEC, encoding="utf-8")
    return path


def _record(resdsl: Command, *arguments: str) -> dict[str, Any]:
    ended = resdsl("show", "n.res", *arguments, "--format", "json")
    assert (ended.code, ended.err) == (0, "")
    record: dict[str, Any] = json.loads(ended.out)
    return record


def _settings(part: dict[str, Any]) -> dict[str, tuple[str, str, int | None]]:
    """The value of each setting, what gave it, and the line of that."""
    return {
        each["name"]: (each["value"], each["given_by"], each["place"] and each["place"]["line"])
        for each in part["settings"]
    }


@pytest.mark.usefixtures("spec")
def test_each_setting_of_a_block_says_what_gave_it(resdsl: Command) -> None:
    first, others = _record(resdsl, "s2")["parts"]
    assert (first["path"], first["repeats"], others["path"], others["repeats"]) == ("s2.0", 1, "s2.1", 2)
    assert _settings(first) == {
        "width": ("32", "call", 9),
        "stride": ("2", "stage", 9),
        "act": ("relu", "default", 1),
        "shortcut": ("C", "call", 9),
        "norm": ("bn", "stage", 9),
    }
    assert _settings(others)["stride"] == ("1", "stage", 9)


@pytest.mark.usefixtures("spec")
def test_settings_come_from_the_network_where_nothing_nearer_gives_them(resdsl: Command) -> None:
    (part,) = _record(resdsl, "s1.0")["parts"]
    assert _settings(part)["shortcut"] == ("B", "network", 5)
    assert _settings(part)["norm"] == ("group_norm(groups = 8)", "network", 5)
    (part,) = _record(resdsl, "s1.0", "--set", "norm=bn")["parts"]
    assert _settings(part)["norm"] == ("bn", "option", None)


@pytest.mark.usefixtures("spec")
def test_a_variant_gives_arguments(resdsl: Command) -> None:
    (part,) = _record(resdsl, "--network", "m")["parts"]
    assert _settings(part)["classes"] == ("100", "variant", 15)
    assert _settings(part)["act"] == ("relu", "language", None)
    (part,) = _record(resdsl, "s1", "--network", "m")["parts"]
    assert _settings(part)["act"] == ("silu", "call", 15)


@pytest.mark.usefixtures("spec")
def test_a_layer_has_the_parameters_of_its_op(resdsl: Command) -> None:
    (part,) = _record(resdsl, "s2.0.conv1")["parts"]
    found = _settings(part)
    assert found["kernel"] == ("3x3", "call", 2)
    assert found["stride"] == ("2x2", "call", 2)
    assert found["groups"] == ("1", "default", None)
    assert found["pad"] == ("1x1", "inferred", None)
    assert part["strides"] == [2, 2]
    (part,) = _record(resdsl, "s1.0.bn1")["parts"]
    assert _settings(part)["groups"] == ("8", "setting", 5)
    (part,) = _record(resdsl, "s4.0.bn1")["parts"]
    assert _settings(part)["groups"] == ("4", "setting", 11)


@pytest.mark.usefixtures("spec")
def test_the_statement_and_the_calls_around_it_are_named(resdsl: Command) -> None:
    (part,) = _record(resdsl, "s3.1.conv2")["parts"]
    assert part["from"]["text"] == "3x3, 32"
    assert [call["line"] for call in part["calls"]] == [10]


@pytest.mark.usefixtures("spec")
def test_a_definition_means_all_its_forms(resdsl: Command) -> None:
    parts = _record(resdsl, "twice")["parts"]
    assert [(part["path"], part["repeats"]) for part in parts] == [("s1.0", 2), ("s2.0", 1), ("s2.1", 2), ("s4.0", 1)]
    (part,) = _record(resdsl, "C")["parts"][:1]
    assert part["path"] == "s2.0.downsample"


@pytest.mark.usefixtures("spec")
def test_the_nodes_add_up_to_the_network(resdsl: Command) -> None:
    (part,) = _record(resdsl)["parts"]
    for figure in ("params", "macs"):
        assert sum(node[figure] for node in part["nodes"]) == part[figure]
    assert [node["path"] for node in part["nodes"]] == [
        "conv1",
        "s1.0-1",
        "s2.0",
        "s2.1-2",
        "s3.0-1",
        "s4.0",
        "avgpool",
        "fc",
    ]


TEXT = """s3.0: [3x3, 32; 3x3, 32] x 2
  32x16x16 -> 32x16x16; 18.56k parameters, 4.719M multiply-adds
  from n.res:10: stage s3: [3x3, 32; 3x3, 32] x 2

  shortcut  = B                       the network, n.res:5
  norm      = group_norm(groups = 8)  the network, n.res:5
  act       = relu                    the language

  path   op or block          shape     params  multiply-adds  line
  conv1  conv 3x3, 32         32x16x16  9.216k         2.359M    10
  bn1    group_norm groups=8  32x16x16      64              -    10
  act    relu                 32x16x16       -              -    10
  conv2  conv 3x3, 32         32x16x16  9.216k         2.359M    10
  bn2    group_norm groups=8  32x16x16      64              -    10
  add    add                  32x16x16       -              -    10
  act2   relu                 32x16x16       -              -    10
"""
"""18,432 weights are two times 9 * 32 * 32; each is used 256 times."""


@pytest.mark.usefixtures("spec")
def test_a_part_as_text(resdsl: Command) -> None:
    ended = resdsl("show", "n.res", "s3")
    assert (ended.code, ended.out) == (0, TEXT)


@pytest.mark.usefixtures("spec")
def test_what_is_not_there_is_refused(resdsl: Command) -> None:
    ended = resdsl("show", "n.res", "s9")
    assert ended.code == 2
    assert "`n` has no part `s9`, and uses no block or shortcut of that name; did you mean `s1`?" in ended.err
    ended = resdsl("show", "n.res", "s1", "--network", "k")
    assert ended.code == 1
    ended = resdsl("show", "-", stdin='{"resdsl": 1}')
    assert ended.code == 2
    assert "JSON" in ended.err


@pytest.mark.parametrize(
    "path", ["s1.", ".s1", "s1..0", "s1.0.", "s1.00", "s1.\uff10", "s1.-1", f"s1.{'9' * 5000}", "."]
)
def test_what_is_no_path_is_refused(resdsl: Command, path: str) -> None:
    resdsl.write("a.res", "network n { input 8x8x8; stage s1: basic(8) x 2, shortcut=B }\n")
    assert resdsl("show", "a.res", "s1.0").code == 0
    ended = resdsl("show", "a.res", path)
    assert ended.code == 2
    assert "`n` has no part `" in ended.err
