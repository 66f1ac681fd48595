"""`resdsl check`, `list`, `schema`, help texts and exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from resdsl.resources import shipped_studies
from tests.cli.running import Command, run_process

SPEC = """network small(width = 8, shortcut = B) {
  input 3x16x16
  conv 3x3, width; norm; act
  stage layer1: basic(width * 2) x 2, /2 -> 16x8x8
  fc 10
  expect depth = 6
  expect params <= 1M
  expect macs = 1.3M when default
}
"""
NESTED = """block inner(width) { conv 3x3, width, groups=5 }
block outer(width) { residual identity { inner width } }
network a { input 8x8x8; stage s: outer(8) x 3; fc clases }
"""


def test_every_statement_is_accounted_for(resdsl: Command) -> None:
    resdsl.write("small.res", SPEC.replace("1.3M", figure(resdsl)))
    ended = resdsl("check", "small.res")
    assert (ended.code, ended.err) == (0, "")
    assert "small.res: small: depth 6, " in ended.out
    assert "4 of 4 expectations checked and met" in ended.out
    assert "  holds: expect depth = 6 (it is 6)" in ended.out
    ended = resdsl("check", "small.res", "--input", "3x32x32")
    assert ended.code == 0
    assert "2 of 4 expectations checked and met" in ended.out
    assert "not checked: expect macs = " in ended.out
    assert "not checked: -> 16x8x8 (line 4): the input is not the one in the text" in ended.out


def figure(resdsl: Command) -> str:
    """The multiply-adds of the network, as its text would state them."""
    resdsl.write("figure.res", re.sub(r"\n.*expect macs.*", "", SPEC).replace("network small", "network figure"))
    record = json.loads(resdsl("build", "figure.res", "--to", "json", "--summary", "json").out)
    return f"{record['macs']:_}"


def test_figure_that_is_not_met(resdsl: Command) -> None:
    resdsl.write("small.res", SPEC.replace("depth = 6", "depth = 7"))
    ended = resdsl("check", "small.res")
    assert ended.code == 1
    assert "error[RES800]" in ended.err
    assert "small.res:6:3" in ended.err


def test_findings_as_json(resdsl: Command) -> None:
    resdsl.write("small.res", SPEC.replace("1.3M", figure(resdsl)))
    resdsl.write("broken.res", "network broken { conv 3x3, }")
    ended = resdsl("check", "small.res", "broken.res", "--format", "json")
    assert ended.code == 1
    good, bad = json.loads(ended.out)
    assert (good["network"], good["depth"]) == ("small", 6)
    assert [one["verdict"] for one in good["expectations"]] == ["holds", "holds", "holds", "holds"]
    assert bad["problems"][0]["code"] == "RES102"
    assert bad["problems"][0]["place"] == {
        "file": "broken.res", "line": 1, "column": 28, "end_line": 1, "end_column": 29,
    }  # fmt: skip


def test_problems_of_several_texts_are_told_in_one_run(resdsl: Command) -> None:
    resdsl.write("one.res", "network one { conv 3x3, }")
    resdsl.write("two.res", NESTED.replace("clases", "10"))
    ended = resdsl("check", "one.res", "two.res")
    assert ended.code == 1
    assert "one.res: 1 problem\n" in ended.err
    assert "two.res: 1 problem\n" in ended.err
    assert "in block inner(width=8), used at two.res:2:42" in ended.err
    assert "in block outer(width=8), used at two.res:3:35" in ended.err


def test_text_in_several_files(resdsl: Command) -> None:
    resdsl.write("parts/lib.res", "block thin(width) { conv 3x3, width }")
    resdsl.write("net.res", 'import "lib.res" as lib\nnetwork net { input 3x8x8; lib.thin 8; fc 10 }')
    assert resdsl("check", "net.res").code == 1
    assert resdsl("check", "net.res", "--import-path", "parts").code == 0
    assert resdsl("check", "net.res", "--import-path", "nowhere").code == 2


def test_missing_file(resdsl: Command) -> None:
    ended = resdsl("check", "nowhere.res")
    assert ended.code == 1
    assert "cannot read nowhere.res: there is no such file" in ended.err


def test_shipped_specs_are_in_order(root: Path) -> None:
    paths = sorted(str(path.relative_to(root)) for path in (root / "specs").glob("*.res"))
    ended = run_process(root, "check", *paths)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.count("expectations checked and met") >= len(paths)


def test_list_names_what_can_be_built(resdsl: Command) -> None:
    rows = json.loads(resdsl("list", "--format", "json").out)
    names = [row["name"] for row in rows]
    assert {"resnet34", "resnet110", "plain34", "vgg19"} <= set(names)
    by_name = {row["name"]: row for row in rows}
    assert (by_name["resnet34"]["depth"], by_name["resnet34"]["params"]) == (34, 21_797_672)
    text = resdsl("list").out.splitlines()
    table, (gap, studies, _) = text[:-3], text[-3:]
    assert len(table) == len(rows) + 1
    assert [line.split()[0] for line in table[1:]] == names
    assert len({len(line) for line in table}) == 1
    assert gap == ""
    shipped = [path.stem for path in shipped_studies()]
    assert studies == f"studies, for `resdsl sweep`: {', '.join(shipped)}"


def test_list_names_the_sweeps_of_studies(resdsl: Command) -> None:
    rows = json.loads(resdsl("list", "--studies", "--format", "json").out)
    assert list(dict.fromkeys(row["study"] for row in rows)) == [path.stem for path in shipped_studies()]
    assert {"study": "width_depth", "sweep": "width_depth", "networks": "cifar", "points": 6} in rows
    text = resdsl("list", "--studies").out.splitlines()
    assert [line.split()[:2] for line in text[1:]] == [[row["study"], row["sweep"]] for row in rows]
    assert len({len(line) for line in text}) == 1


def test_schema_is_one(resdsl: Command) -> None:
    schema = json.loads(resdsl("schema").out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)
    resdsl.write("small.res", SPEC.replace("expect macs = 1.3M when default", ""))
    network = json.loads(resdsl("build", "small.res", "--to", "json", "-o", "-").out)
    jsonschema.Draft202012Validator(schema).validate(network)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({"network": {}})


@pytest.mark.parametrize("command", ["build", "check", "list", "schema"])
def test_help_says_what_a_command_does(resdsl: Command, command: str) -> None:
    overview = resdsl("--help").out
    assert re.search(rf"^  {command} +[A-Z].*\.$", overview, re.MULTILINE)
    text = resdsl(command, "--help").out
    assert text.startswith(f"Usage: resdsl {command} ")
    options = text.split("Options:\n")[1]
    told = [line for line in options.splitlines() if re.match(r"  -", line)]
    assert told
    assert max(map(len, text.splitlines())) <= 100


def test_unknown_command_is_told_with_a_suggestion(resdsl: Command) -> None:
    ended = resdsl("biuld", "resnet34")
    assert ended.code == 2
    assert "did you mean `build`?" in ended.err


@pytest.mark.parametrize("arguments", [["build", "resnet34"], ["build", "--to", "json"], ["check"], ["list", "--fast"]])
def test_usage(resdsl: Command, arguments: list[str]) -> None:
    assert resdsl(*arguments).code == 2


@pytest.mark.parametrize("kind", [ZeroDivisionError, EOFError])
def test_fault_of_ours_is_owned_up_to(resdsl: Command, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]) -> None:
    def fail(network: object) -> str:
        raise kind("\x1b[31mnever")

    monkeypatch.setattr("resdsl.ir.json.to_json", fail)
    ended = resdsl("build", "resnet18", "--to", "json")
    assert ended.code == 3
    assert "this is a bug in resdsl" in ended.err
    assert f"{kind.__name__}: \\x1b[31mnever" in ended.err
    assert "RESDSL_TRACEBACK=1" in ended.err


def test_interrupt(resdsl: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(network: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("resdsl.ir.json.to_json", stop)
    assert resdsl("build", "resnet18", "--to", "json").code == 130


def test_text_cannot_write_to_the_terminal(resdsl: Command) -> None:
    resdsl.write("small.res", 'network small { input 3x8x8; fc "\x1b[2J" }')
    ended = resdsl("check", "small.res")
    assert ended.code == 1
    assert "\x1b" not in ended.out + ended.err


@pytest.mark.parametrize(
    "words",
    [
        ["check", ""],
        ["build", "", "--to", "json"],
        ["build", "resnet20", "--to", "onnx", "-o", ""],
        ["build", "resnet20", "--to", "onnx", "--weights", ""],
        ["report", "resnet20", "--plot", ""],
        ["diff", "resnet20", ""],
        ["render", "resnet20", "--style", ""],
        ["sweep", "cifar", "--over", "n=3", "--build", "json", "-o", ""],
    ],
)
def test_an_empty_name_is_refused(resdsl: Command, words: list[str]) -> None:
    ended = resdsl(*words)
    assert ended.code == 2
    assert ended.err.endswith(": the name is empty\n")
