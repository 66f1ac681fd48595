"""`resdsl render` of a sweep: when a sheet is meant, what is on it, and what is refused."""

from __future__ import annotations

import re

import pytest

from tests.cli.running import ROOT, Command
from tests.draw.figures import words_of

TEXT = """network family(n = 1, shortcut = A) {
  input 3x32x32
  conv 3x3, 16; norm; act
  stage layer1: basic(16) x n
  stage layer2: basic(32) x n, /2
  avgpool global
  fc 10
}
sweep options { network family; over shortcut = [A, B, C]; name "{shortcut}" }
sweep depths { network family; over n = [1, 2]; name "n{n}" }
sweep too_many { network family; over n = 1..99 }
sweep nothing { network family; over n = [1, 2]; keep params < 1 }
"""


@pytest.fixture
def text(resdsl: Command) -> str:
    resdsl.write("family.res", TEXT)
    return "family.res"


def test_a_sweep_that_is_named_is_drawn(resdsl: Command, text: str) -> None:
    ended = resdsl("render", text, "--sweep", "options")
    assert (ended.code, ended.err) == (0, "")
    texts = words_of(ended.out)
    assert [texts.count(name) for name in ("A", "B", "C")] == [1, 1, 1]
    assert "What differs from A is marked: a dotted frame is changed, a thick one added." in texts


def test_all_points_get_what_is_set(resdsl: Command, text: str) -> None:
    ended = resdsl("render", text, "--sweep", "depths", "--set", "shortcut=none", "--annotate", "params")
    texts = words_of(ended.out)
    assert "basic(16)" in texts
    assert "4.672k params" in texts


@pytest.mark.parametrize("spec", [ROOT / "specs/studies/shortcut_options.res", "shortcut_options"])
def test_a_study_is_its_sweep(resdsl: Command, spec: object) -> None:
    texts = words_of(resdsl("render", spec).out)
    assert {"resnet34-A", "resnet34-B", "resnet34-C"} <= set(texts)


def test_the_network_of_a_study_is_drawn_where_a_view_is_named(resdsl: Command) -> None:
    ended = resdsl("render", "shortcut_options", "--view", "stages")
    assert "imagenet34" in words_of(ended.out)


def test_a_file_with_sweeps_of_other_names_is_its_network(resdsl: Command, text: str) -> None:
    assert "family" in words_of(resdsl("render", text).out)


@pytest.mark.parametrize(
    ("form", "start"), [("svg", b"<?xml"), ("tex", b"\\documentclass"), ("dot", b"digraph"), ("pdf", b"%PDF")]
)
def test_it_is_written_in_the_format_of_the_name(resdsl: Command, text: str, form: str, start: bytes) -> None:
    more = ["--standalone"] if form == "tex" else []
    ended = resdsl("render", text, "--sweep", "depths", "-o", f"sheet.{form}", *more)
    assert (ended.code, ended.err) == (0, f"wrote sheet.{form}\n")
    content = (resdsl.folder / f"sheet.{form}").read_bytes()
    assert re.sub(rb"^(%[^\n]*\n)*", b"", content).startswith(start) or content.startswith(start)


def test_the_title_and_the_style_are_those_that_are_asked_for(resdsl: Command, text: str) -> None:
    words = ["render", text, "--sweep", "depths"]
    plain, mono = resdsl(*words, "--title", "How deep"), resdsl(*words, "--style", "mono")
    assert "How deep" in words_of(plain.out)
    assert mono.out != resdsl(*words).out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--view", "columns"], "--sweep is for --view sheet: it would have no effect on another view"),
        (["--network", "family"], "--network would have no effect"),
        (["--diff"], "--diff would have no effect"),
        (["--color-by", "macs"], "--color-by would have no effect"),
        (["--no-legend"], "--no-legend would have no effect"),
        (["--fold"], "--fold and --changes would have no effect"),
        (["--changes"], "--fold and --changes would have no effect"),
        (["--format", "mmd"], "Mermaid has no views"),
        (["--dpi", "100"], "--dpi is for PNG"),
        (["--standalone"], "--standalone is for TikZ"),
        (["resnet34"], "not 2 SPECs"),
    ],
)
def test_what_would_have_no_effect_is_refused(resdsl: Command, text: str, words: list[str], said: str) -> None:
    ended = resdsl("render", text, "--sweep", "options", *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["family.res", "--sweep", "too_many"], "error: a sheet shows at most 60 networks, not 98"),
        (["family.res", "--sweep", "nothing"], "RES909"),
        (["family.res", "--sweep", "option"], "RES910"),
        (["family.res", "--view", "sheet"], "RES911"),
        (["resnet34", "--view", "sheet"], "RES912"),
        (["missing.res", "--view", "sheet"], "RES100"),
    ],
)
def test_what_cannot_be_drawn_is_told(resdsl: Command, text: str, words: list[str], said: str) -> None:
    ended = resdsl("render", *words, "-o", "sheet.svg")
    assert ended.code in {1, 2}
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert not (resdsl.folder / "sheet.svg").exists()


def test_json_is_no_sweep(resdsl: Command, text: str) -> None:
    resdsl("build", text, "--to", "json", "-o", "one.json")
    ended = resdsl("render", "one.json", "--view", "sheet")
    assert (ended.code, ended.out) == (2, "")
    assert "one.json is a single network, not a sweep" in ended.err


def test_the_standard_input_may_be_a_sweep(resdsl: Command) -> None:
    ended = resdsl("render", "-", "--sweep", "depths", stdin=TEXT)
    assert {"n1", "n2"} <= set(words_of(ended.out))
