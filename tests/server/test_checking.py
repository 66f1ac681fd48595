"""A text that is checked after every change is told the same as a text that is read anew."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from resdsl.compiler import Built, read_spec
from resdsl.diagnostics.problem import Problem, in_order
from resdsl.diagnostics.spec_error import SpecError
from resdsl.ir.network import Network
from resdsl.resources import spec_folder
from resdsl.server import definitions, pieces
from resdsl.server.checking import Cancelled, Checker, Checkup
from resdsl.server.items import ItemReader
from resdsl.source import Source

TEXT = """resdsl 1
# a block
block twice(width, stride = 1) {
  residual { conv 3x3, width, /stride; norm; act; conv 3x3, width; norm }
  act
}
block deep(width) {
  twice(width)
  twice(width)
}
network n(shortcut = B, k = 2) {
  input 3x32x32
  conv 3x3, 16
  stage s1: twice(16) x k
  stage s2: [3x3, 32; 3x3, 32] x 2, /2
  stage s3: deep(32) x 1
  avgpool global
  fc 10
  expect depth = 14
}
network m = n { s1: twice(16) }
sweep w { network n; over k = [1, 2] }
"""

Told = list[tuple[str, str]]


def _told(problems: tuple[Problem, ...]) -> Told:
    own = [each for each in problems if each.span is not None]
    return sorted((each.code, each.headline) for each in own)


def _anew(text: str) -> tuple[Told, dict[str, Network]]:
    """What reading a text from the beginning tells."""
    source, built = Source("n.res", text), dict[str, Built]()
    try:
        spec = read_spec(source)
    except SpecError as error:
        return _told(error.problems), {}
    problems = [*spec.warnings]
    for name in spec.networks:
        try:
            built[name] = spec.build(name)
            problems += built[name].warnings
        except SpecError as error:
            problems += error.problems
    for name in spec.sweeps:
        try:
            spec.sweep(name)
        except SpecError as error:
            problems += error.problems
    return _told(in_order(problems)), {name: _without_places(each.network) for name, each in built.items()}


def _without_places(network: Network) -> Network:
    """The network without the lines of its expectations, which are counted from the definition."""
    return network.replace(expectations=())


def _checked(checker: Checker, reader: ItemReader, text: str) -> tuple[Told, dict[str, Network]]:
    checkup = checker.check(reader.read(text))
    built = {name: _without_places(each.network) for name, each in checkup.built.items() if checkup.is_built}
    return _told(checkup.problems), built


def _edited(text: str, draw: random.Random) -> str:
    """A text with a piece of itself in another place, without one, or with a digit changed."""
    lines = text.split("\n")
    at, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    match draw.randrange(5):
        case 0:
            lines[at] = lines[other]
        case 1:
            lines.insert(at, lines[other])
        case 2:
            del lines[at]
        case 3:
            where = [index for index, char in enumerate(text) if char.isdigit()]
            place = draw.choice(where)
            return text[:place] + draw.choice("0123456789") + text[place + 1 :]
        case _:
            place = draw.randrange(len(text))
            return text[:place] + draw.choice("{}()=x/, abz3\n") + text[place:]
    return "\n".join(lines)


@pytest.mark.parametrize("long", [pieces.LONG, 0], ids=["whole", "in pieces"])
@pytest.mark.parametrize("seed", range(4))
def test_a_text_that_changes_is_told_what_it_would_be_told_anew(
    seed: int, long: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "LONG", long)
    draw, checker, reader = random.Random(seed), Checker(), ItemReader("n.res")
    text = TEXT
    for _ in range(40):
        assert _checked(checker, reader, text) == _anew(text), text
        # Mostly from the sound text, so that not everything is broken after a few changes.
        text = _edited(TEXT if draw.random() < 0.6 else text, draw)


@pytest.mark.parametrize("name", ["resnet50", "attention", "regnet", "backbone", "studies/shortcuts"])
def test_shipped_texts_are_checked_as_they_are_read(name: str) -> None:
    path = spec_folder() / f"{name}.res"
    if not path.exists():
        path = next(iter(sorted((spec_folder() / "studies").glob("*.res"))))
    text = path.read_text(encoding="utf-8")
    checker, reader = Checker(), ItemReader("n.res", path.parent, path)
    told, built = _checked(checker, reader, text)
    assert (told, built) == _checked(Checker(), ItemReader("n.res", path.parent, path), "# moved\n" + text)
    assert built or told == []


def _checkup(checker: Checker, reader: ItemReader, text: str) -> Checkup:
    return checker.check(reader.read(text))


def test_what_a_change_does_not_reach_is_not_built_again() -> None:
    checker, reader = Checker(), ItemReader("n.res")
    first = _checkup(checker, reader, TEXT)
    second = _checkup(checker, reader, TEXT.replace("resdsl 1\n", "resdsl 1\n\n"))
    assert all(second.built[name] is first.built[name] for name in first.built)
    third = _checkup(checker, reader, TEXT.replace("fc 10", "fc 100"))
    stages = [(a, b) for a, b in zip(first.built["n"].network.nodes, third.built["n"].network.nodes, strict=True)]
    assert [a is b or a.name for a, b in stages][-1] == "fc"


def test_a_changed_block_changes_the_networks_that_use_it() -> None:
    checker, reader = Checker(), ItemReader("n.res")
    before = _checkup(checker, reader, TEXT).built["m"].network
    after = _checkup(checker, reader, TEXT.replace("conv 3x3, width; norm }", "conv 1x1, width; norm }"))
    assert after.built["m"].network != before
    assert _checkup(checker, reader, TEXT).built["m"].network == before


def test_a_check_that_nobody_waits_for_ends_and_the_next_is_right() -> None:
    checker, reader = Checker(), ItemReader("n.res")
    steps = 0

    def before_step() -> None:
        nonlocal steps
        steps += 1
        if steps > 20:
            raise Cancelled

    with pytest.raises(Cancelled):
        checker.check(reader.read(TEXT), before_step)
    assert _checked(checker, reader, TEXT) == _anew(TEXT)


def test_points_of_sweeps_are_built_on_demand() -> None:
    checker, reader = Checker(), ItemReader("n.res")
    text = TEXT.replace("over k = [1, 2]", "over k = [1, 0]")
    checkup = _checkup(checker, reader, text)
    assert checkup.sweeps == {"w": 2}
    assert [each.severity for each in checkup.problems if each.code.startswith("RES9")] == []
    complete = checker.check_points(checkup, 1000)
    assert [each.code for each in complete.problems] != [each.code for each in checkup.problems]
    assert checker.check_points(checkup, 1) is checkup


def test_an_imported_text_that_changes_is_read_again(tmp_path: Path) -> None:
    lib = tmp_path / "lib.res"
    lib.write_text("block one(w) { conv 3x3, w }\n", encoding="utf-8")
    text = 'import "lib.res" as lib\nnetwork n {\n  input 3x8x8\n  lib.one(4)\n}\n'
    typed: dict[Path, str] = {}
    checker = Checker(open_text=typed.get)
    reader = ItemReader("n.res", tmp_path, tmp_path / "n.res")
    first = _checkup(checker, reader, text)
    assert first.problems == ()
    typed[lib.resolve()] = "block one(w) { conv 1x1, w }\n"
    second = _checkup(checker, reader, text)
    assert second.built["n"].network != first.built["n"].network
    typed[lib.resolve()] = "block two(w) { conv 1x1, w }\n"
    assert [each.code for each in _checkup(checker, reader, text).problems] == ["RES200"]


def test_what_is_remembered_of_a_text_that_is_typed_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definitions, "LEAST_REMEMBERED", 100)
    checker, reader = Checker(), ItemReader("n.res")
    counts = []
    for width in range(17, 77):
        _checkup(checker, reader, TEXT.replace("s1: twice(16)", f"s1: twice({width})"))
        counts.append(checker.definitions.remembered)
    assert max(counts) < 3 * 100
    assert min(counts[30:]) < max(counts[:30])
