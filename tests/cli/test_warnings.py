"""A warning is told once for each place, however many networks, points and files lead there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import resdsl as library
from resdsl.diagnostics.problem import once
from tests.cli.running import Command

PART = "block layer(w, unused = 3) { conv 3x3, w; norm; act }\n"
MANY = PART + "".join(
    f"network n{index} {{ input 3x8x8; conv 3x3, 4; layer({index + 4}); fc 3 }}\n" for index in range(12)
)
SWEEP = 'sweep family { over network = [n0, n1, n2]; name "p{network}" }\n'


@pytest.fixture
def texts(resdsl: Command) -> None:
    resdsl.write("many.res", MANY + SWEEP)
    resdsl.write("part.res", PART)
    for name in ("one", "two"):
        text = f'import "part.res" as part\nnetwork {name} {{ input 3x8x8; part.layer(4); fc 3 }}\n'
        resdsl.write(f"{name}.res", text)


@pytest.mark.usefixtures("texts")
@pytest.mark.parametrize(
    "words",
    [
        ["check", "many.res"],
        ["check", "many.res", "many.res"],
        ["check", "one.res", "two.res"],
        ["diff", "many.res", "many.res", "--network-a", "n0", "--network-b", "n1"],
        ["diff", "one.res", "two.res"],
        ["report", "one.res", "two.res"],
        ["render", "one.res", "two.res", "-o", "both.svg"],
        ["render", "many.res", "--sweep", "family", "-o", "sheet.svg"],
        ["sweep", "many.res", "family"],
        ["sweep", "many.res", "family", "--lint"],
        ["sweep", "many.res", "family", "--build", "json", "-o", "runs", "--jobs", "1"],
        ["build", "one.res", "--to", "json"],
    ],
    ids=" ".join,
)
def test_an_unused_parameter_is_told_once(resdsl: Command, words: list[str]) -> None:
    assert resdsl(*words).err.count("warning[RES207]") == 1


@pytest.mark.usefixtures("texts")
def test_in_json_the_first_network_has_it(resdsl: Command) -> None:
    records = json.loads(resdsl("check", "many.res", "--format", "json").out)
    assert [len(record["warnings"]) for record in records] == [1] + [0] * 11


def test_texts_of_one_name_in_two_folders_are_two_places(resdsl: Command) -> None:
    for folder in ("a", "b"):
        resdsl.write(f"{folder}/part.res", PART)
        text = 'import "part.res" as part\nnetwork one { input 3x8x8; part.layer(4); fc 3 }\n'
        resdsl.write(f"{folder}/one.res", text)
    assert resdsl("check", "a/one.res", "b/one.res").err.count("warning[RES207]") == 2


def test_every_network_in_python_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "many.res").write_text(MANY + SWEEP, encoding="utf-8")
    nets = [library.load(tmp_path / "many.res", f"n{index}") for index in range(3)]
    assert [len(net.warnings) for net in nets] == [1, 1, 1]
    assert len(once(warning for net in nets for warning in net.warnings)) == 1
    swept = library.sweep(tmp_path / "many.res", "family")
    for _ in range(2):
        assert len(list(swept)) == 3
        assert len(swept.warnings) == 1
