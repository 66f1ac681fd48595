"""`resdsl diff`: which networks are compared, what is printed, and the exit codes of `diff`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import Command, run_process

SPEC = """network small(width = 8, n = 2, shortcut = B) {
  input 3x16x16
  conv 3x3, width; norm; act
  stage layer1: basic(width) x n
  stage layer2: basic(width * 2) x n, /2
  fc 10
}

network wider = small(width = 16)
network longer = small { stage layer1: basic(8) x 4 }
"""


@pytest.fixture
def spec(resdsl: Command) -> str:
    resdsl.write("small.res", SPEC)
    return "small.res"


def test_equal_networks_end_with_zero_and_one_line(resdsl: Command, spec: str) -> None:
    ended = resdsl("diff", spec, spec)
    assert (ended.code, ended.out, ended.err) == (0, "small is the same network in both\n", "")
    ended = resdsl("diff", "cifar", "resnet20")
    assert (ended.code, ended.out) == (0, "cifar and resnet20 are the same network\n")


def test_different_networks_end_with_one(resdsl: Command, spec: str) -> None:
    ended = resdsl("diff", spec, spec, "--network-b", "longer")
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.startswith(
        "What changes from small to longer\n"
        "\n"
        "part             what            params     macs    saved  field\n"
        "----------------------------------------------------------------\n"
        "stem\n"
        "layer1        ~  2 -> 4 blocks  +2.368k  +589.8k  +65.79k     +8\n"
        "  layer1.0-1     basic(8) x 2\n"
        "  layer1.2-3  +  basic(8) x 2   +2.368k  +589.8k  +65.79k\n"
        "layer2\n"
        "head\n"
        "----------------------------------------------------------------\n"
        "total                           +2.368k  +589.8k  +65.79k\n"
    )
    assert "Totals of small and longer" in ended.out


def test_networks_of_files_are_named_for_both_or_each(resdsl: Command, spec: str) -> None:
    assert resdsl("diff", spec, spec, "--network", "wider").out == "wider is the same network in both\n"
    ended = resdsl("diff", spec, spec, "--network-a", "longer", "--network-b", "wider")
    assert (ended.code, ended.out.splitlines()[0]) == (1, "What changes from longer to wider")
    ended = resdsl("diff", spec, spec, "--network", "wider", "--network-b", "small", "--set-b", "width=16")
    assert (ended.code, ended.out) == (0, "wider and small are the same network\n")


def test_values_are_given_to_both_or_each(resdsl: Command, spec: str) -> None:
    assert resdsl("diff", spec, spec, "--set", "n=5").code == 0
    assert resdsl("diff", spec, spec, "--set-a", "n=5", "--set-b", "n=5").code == 0
    ended = resdsl("diff", spec, spec, "--set-b", "n=3", "--set", "width=4")
    assert ended.code == 1
    assert "argument: 2 -> 3" in ended.out
    assert "basic(4)" in ended.out
    ended = resdsl("diff", spec, spec, "--set-b", "input=3x32x32")
    assert "input: 3x16x16 -> 3x32x32" in ended.out
    assert resdsl("diff", spec, spec, "--input", "3x32x32").code == 0


def test_one_of_both_may_be_the_standard_input(resdsl: Command, spec: str) -> None:
    text = SPEC.partition("network wider")[0]
    assert resdsl("diff", spec, "-", stdin=text).code == 0
    assert resdsl("diff", "-", spec, stdin=text.replace("x n", "x 3")).code == 1
    ended = resdsl("diff", "-", "-", stdin=text)
    assert ended.code == 2
    assert "only one spec can be read from the standard input" in ended.err


def test_a_network_in_json_is_the_one_that_it_was_made_of(resdsl: Command, spec: str) -> None:
    assert resdsl("build", spec, "--to", "json").code == 0
    assert resdsl("diff", spec, "small.json").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("small.res", "nowhere.res"), "cannot read nowhere.res: there is no such file"),
        (("small.res", "resnet5"), "did you mean `resnet50`?"),
        (("small.res", "small.res", "--network-b", "smal"), "smal"),
        (("small.res", "small.res", "--set-b", "depth=3"), "depth"),
        (("small.res", "broken.res"), "RES1"),
        (("small.res", "broken.json"), "error: "),
        (("small.res", "small.res", "--set-a", "n"), "--set-a takes NAME=VALUE"),
        (("small.res", "small.res", "--set", "n=3", "--set-a", "n=4"), "--set-a n is already set for both"),
        (("small.res",), "Missing argument 'B'"),
        (("small.res", "small.res", "--format", "yaml"), "yaml"),
    ],
)
def test_trouble_ends_with_two(resdsl: Command, spec: str, arguments: tuple[str, ...], said: str) -> None:
    resdsl.write("broken.res", "network broken { conv 3x3, }")
    resdsl.write("broken.json", "{}")
    ended = resdsl("diff", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_networks_that_are_the_same_may_be_given_otherwise(resdsl: Command) -> None:
    resdsl.write("a.res", "network a(n = 1) { input 8; fc 4 * n }")
    resdsl.write("b.res", "network b(n = 2) { input 8; fc 2 * n }")
    ended = resdsl("diff", "a.res", "b.res")
    assert ended.code == 0
    assert ended.out.startswith("a and b are the same network, though given other arguments\n")
    assert "argument: 1 -> 2" in ended.out


def test_warnings_of_both_are_told(resdsl: Command, spec: str) -> None:
    ended = resdsl("diff", spec, spec, "--set-b", "n=2")
    assert ended.code == 0
    assert "RES516" in ended.err


def test_warnings_of_one_file_are_told_once(resdsl: Command) -> None:
    resdsl.write("n.res", "block wide(c, q=1) { conv 3x3, c }\nnetwork n { input 3x8x8; wide(8) }\n")
    ended = resdsl("diff", "n.res", "n.res")
    assert (ended.code, ended.err.count("RES207")) == (0, 1)


def test_json_is_one_document(resdsl: Command, spec: str) -> None:
    ended = resdsl("diff", spec, spec, "--network-b", "longer", "--format", "json")
    record = json.loads(ended.out)
    assert ended.code == 1
    assert (record["resdsl_diff"], record["before"], record["after"], record["same"]) == (1, "small", "longer", False)
    assert [each["status"] for each in record["changes"]] == ["same", "changed", "same", "same"]
    same = json.loads(resdsl("diff", spec, spec, "--format", "json").out)
    assert (same["same"], same["changes"], same["given"]) == (True, [], [])


@pytest.mark.parametrize("form", ["markdown", "md"])
def test_markdown_has_both_tables(resdsl: Command, spec: str, form: str) -> None:
    ended = resdsl("diff", spec, spec, "--network-b", "longer", "--format", form)
    titles = [line for line in ended.out.splitlines() if line.startswith("**")]
    assert titles == ["**What changes from small to longer**", "**Totals of small and longer**"]
    assert "| &nbsp;&nbsp;layer1.2-3 | +   | basic(8) x 2" in ended.out


@pytest.mark.parametrize(("by", "lines"), [("model", 0), ("stage", 1), ("block", 3), ("layer", 3)])
def test_tables_go_as_deep_as_asked_for(resdsl: Command, spec: str, by: str, lines: int) -> None:
    ended = resdsl("diff", spec, spec, "--network-b", "longer", "--by", by)
    assert ended.out.partition("total")[0].count("layer1") == lines


def test_networks_are_compared_without_arrays_and_frameworks(tmp_path: Path) -> None:
    program = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules)); from resdsl.cli.main import main; main()"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program, "diff", "resnet34", "resnet50"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(root), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "resdsl" in loaded
    assert not loaded & {"numpy", "onnx", "onnxruntime", "safetensors", "torch"}


def test_it_is_the_same_as_a_process(tmp_path: Path) -> None:
    ended = run_process(tmp_path, "diff", "resnet50", "resnet101")
    assert (ended.code, ended.err) == (1, "")
    assert "bottleneck(256) x 17" in ended.out


def test_bytes_have_their_unit(resdsl: Command) -> None:
    lines = resdsl("diff", "plain20", "plain34", "--by", "stage").out.splitlines()
    (amounts,) = [line.split()[1:7] for line in lines if line.startswith("inference_bytes")]
    assert amounts[1::2] == ["MB", "MB", "MB"]
    assert amounts[4].startswith("+")
    (back,) = [line for line in resdsl("diff", "plain34", "plain20").out.splitlines() if "inference_bytes" in line]
    assert f"-{amounts[4][1:]} MB" in back


def test_a_removed_stage_without_a_title_says_its_blocks(resdsl: Command) -> None:
    text = (
        "block simple(c) { conv 3x3, c; relu }\n"
        "network n { input 8x8x8; stage s1: simple(8) x 2@; avgpool global; fc 10 }\n"
    )
    resdsl.write("one.res", text.replace("@", "; stage s2: simple(8) x 3"))
    resdsl.write("two.res", text.replace("@", ""))
    (line,) = [each for each in resdsl("diff", "one.res", "two.res").out.splitlines() if each.startswith("s2 ")]
    assert line.split()[:4] == ["s2", "-", "3", "blocks"]
