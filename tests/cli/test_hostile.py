"""Names, titles and arguments of others: nothing of them reaches the terminal, or another folder."""

from __future__ import annotations

import json

import pytest

from tests.cli.running import Command, Ended

SPEC = """network victim {
  input 3x8x8
  stage a "%s": basic(8, shortcut = B) x 2
  avgpool global
  fc 3
}
"""
HOSTILE = ["../../evil", "/abs", "n:\n import os\n#", "\ud800", "\u001b[31mx", "x\u0007\u202ey"]
TITLE = "a\x1b]0;owned\x07\u202eb"


def is_safe(ended: Ended) -> bool:
    return all(line.isprintable() for line in (ended.out + ended.err).split("\n"))


@pytest.mark.parametrize("target", ["torch", "onnx", "json", "svg"])
@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_json_of_a_hostile_name_is_refused_and_writes_nothing(resdsl: Command, name: str, target: str) -> None:
    resdsl.write("v.res", SPEC % "title")
    document = json.loads(resdsl("build", "v.res", "--to", "json", "-o", "-").out)
    document["network"]["name"] = name
    (resdsl.folder / "inner").mkdir()
    resdsl.write("inner/x.json", json.dumps(document))
    before = sorted(resdsl.folder.rglob("*"))
    ended = resdsl("build", "inner/x.json", "--to", target)
    assert ended.code == 1
    assert "name of a network" in ended.err or "surrogate" in ended.err
    assert is_safe(ended)
    assert sorted(resdsl.folder.rglob("*")) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "x\x07\u202ey.res"),
        ("check", "v.res", "--set", "\x07=3"),
        ("check", "v.res", "--set", "n=\x07\u202e"),
        ("report", "v.res", "--columns", "\x07\u202e"),
        ("report", "v.res", "--device", "\x07\u202e"),
        ("report", "v.res", "--why", "\x07\u202e"),
        ("report", "v.res", "--network", "\x07\u202e"),
        ("render", "v.res", "--style", "\x07\u202e"),
        ("render", "v.res", "-o", "\x07\u202e.xyz"),
        ("build", "v.res", "--to", "\x07\u202e"),
        ("build", "v.res", "--to", "json", "-o", "nowhere\x07\u202e/x.json"),
        ("build", "v.res", "--to", "onnx", "--weights", "\x07\u202e"),
        ("sweep", "v.res", "\x07\u202e"),
        ("sweep", "v.res", "--over", "\x07\u202e=1"),
        ("diff", "v.res", "\x07\u202e"),
        ("list", "\x07\u202e"),
        ("\x07\u202e",),
        ("check", "--\x07\u202e"),
    ],
    ids=ascii,
)
def test_an_argument_is_repeated_in_plain_characters(resdsl: Command, arguments: tuple[str, ...]) -> None:
    resdsl.write("v.res", SPEC % "title")
    ended = resdsl(*arguments)
    assert ended.code in (1, 2)
    assert is_safe(ended)


def test_file_names_are_shown_in_plain_characters(resdsl: Command) -> None:
    resdsl.write("v\x07\u202e.res", SPEC % "title")
    assert is_safe(resdsl("check", "v\x07\u202e.res"))
    ended = resdsl("build", "v\x07\u202e.res", "--to", "json", "-o", "w\x07\u202e.json")
    assert ended.code == 0
    assert is_safe(ended)
    assert "w\\x07\\u202e.json" in ended.out
    assert is_safe(resdsl("report", "v\x07\u202e.res", "-o", "r\x07\u202e.txt"))
    assert is_safe(resdsl("check", "w\x07\u202e.json"))


def test_a_file_name_that_is_no_text_is_shown_too(resdsl: Command) -> None:
    resdsl.write("v\udcff.res", SPEC % "title")
    assert resdsl("check", "v\udcff.res").code == 0
    ended = resdsl("build", "v\udcff.res", "--to", "json", "-o", "w\udcff.json")
    assert ended.code == 0
    assert "w\\udcff.json" in ended.out
    assert resdsl("check", "w\udcff.json").code == 0


@pytest.mark.parametrize(
    ("command", "form"),
    [
        *[("report", form) for form in ("text", "json", "csv", "md", "latex", "html")],
        *[("sweep", form) for form in ("text", "json", "csv", "md", "latex")],
        *[("diff", form) for form in ("text", "json", "md")],
    ],
)
def test_tables_hold_no_controls(resdsl: Command, command: str, form: str) -> None:
    resdsl.write("v.res", SPEC % TITLE)
    resdsl.write("w.res", SPEC.replace("8, short", "16, short") % TITLE)
    arguments = {
        "report": ("v.res",),
        "sweep": ("v.res", "--over", "act=relu, gelu", "--name", TITLE + "{act}"),
        "diff": ("v.res", "w.res"),
    }
    ended = resdsl(command, *arguments[command], "--format", form)
    assert ended.code == (command == "diff")
    assert "x1b" in ended.out or "u001b" in ended.out
    assert is_safe(Ended(0, ended.out.replace("\r\n", "\n"), ended.err))


@pytest.mark.parametrize("target", ["torch", "json", "svg", "dot"])
def test_texts_that_are_built_hold_no_controls(resdsl: Command, target: str) -> None:
    resdsl.write("v.res", SPEC % TITLE)
    ended = resdsl("build", "v.res", "--to", target, "-o", "-")
    assert ended.code == 0
    assert all(character.isprintable() or character in "\n\t" for character in ended.out)


@pytest.mark.parametrize("form", ["svg", "html", "tex", "dot", "mmd"])
def test_figures_hold_no_controls(resdsl: Command, form: str) -> None:
    resdsl.write("v.res", SPEC % TITLE)
    assert resdsl("render", "v.res", "-o", f"figure.{form}").code == 0
    text = (resdsl.folder / f"figure.{form}").read_text(encoding="utf-8")
    assert all(character.isprintable() or character in "\n\t" for character in text)


@pytest.mark.parametrize("name", ["con", "aux", "LPT1", "n" * 5000])
def test_a_network_that_no_file_can_be_named_for_gets_a_usual_name(resdsl: Command, name: str) -> None:
    resdsl.write("v.res", SPEC.replace("victim", name) % "title")
    ended = resdsl("build", "v.res", "--to", "json")
    assert ended.code == 0
    (made,) = resdsl.folder.glob("*.json")
    assert len(made.name) < 130
    assert made.name.lower() not in ("con.json", "aux.json", "lpt1.json")
    assert f"wrote {made.name} " in ended.out


@pytest.mark.parametrize("name", ["double", "half", "train", "forward", "type"])
def test_a_block_that_no_module_can_be_called_for_is_warned_of_with_its_line(resdsl: Command, name: str) -> None:
    resdsl.write("v.res", f"block {name}(w) {{\n  conv 3x3, w\n}}\nnetwork v {{\n  input 3x8x8\n  {name}(4)\n}}\n")
    checked = resdsl("check", "v.res")
    assert checked.code == 0
    assert f"warning[RES430]: `{name}` cannot be the path of a PyTorch module\n --> v.res:6:3" in checked.err
    built = resdsl("build", "v.res", "--to", "torch")
    assert built.code == 1
    assert "RES430" in built.err
    assert "v.res:6:3" in built.err
    labelled = (resdsl.folder / "v.res").read_text(encoding="utf-8").replace(f"  {name}(4)", f"  first: {name}(4)")
    resdsl.write("v.res", labelled)
    assert resdsl("build", "v.res", "--to", "torch").err == ""
