"""`resdsl sweep` given what makes no sense: a message that says so, early, once, and nothing on the terminal but it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.cli.running import Command
from tests.interrupts.moments import launched

SPEC = """network small(n = 1, w = 8, shortcut = A) {
  require n >= 1 "n counts the blocks"
  input 3x8x8
  conv 3x3, w; norm; act
  stage layer1: basic(w) x n
}
network other(n = 1) { input 3x16x16; conv 3x3, 4; norm; act; stage layer1: basic(4) x n }
network fixed = small(n = 2)
sweep one { over network = small }
sweep several { over network = [small, other, fixed] }
"""


@pytest.fixture
def spec(resdsl: Command) -> str:
    resdsl.write("small.res", SPEC)
    return "small.res"


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (["--over", "n=1,2", "--keep", "params / (n - 2) > 1"], "in the point n = 2, used at --over:1:5"),
        (["--keep", "params"], "in the point of this sweep, used at --keep:1:1"),
        (["--over", "n=1,2", "--keep", "params > 1T"], " --> --over:1:5\n"),
        (["--over", "n=1..2000", "--over", "w=1..2000"], " --> --over:1:6\n"),
        (["--over", "n=1,1"], " --> --over:1:5\n"),
        (["--over", "n=0"], " --> --over:1:6\n"),
    ],
)
def test_what_stands_in_no_text_is_shown_where_it_was_given(
    resdsl: Command, spec: str, words: list[str], place: str
) -> None:
    ended = resdsl("sweep", spec, "small", *words)
    assert place in ended.err
    assert "small.res:1:1" not in ended.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--pareto", "params,nosuch"], "unknown figure or parameter `nosuch`"),
        (["--pareto", "params", "--plot", "p.svg"], "--plot draws one figure against another"),
        (["--pareto", "params,params", "--plot", "p.svg"], "--plot draws one figure against another"),
        (["--pareto", "params,macs,depth", "--plot", "p.svg"], "--plot draws one figure against another"),
        (["--pareto", "params,receptive_field"], "known only while a point is built, to `keep`, `solve` and `name`"),
        (["--set", "zz=1"], "the network `small` has no parameter `zz`"),
        (["--plot", "p.xyz"], "no format of figures has the suffix of 'p.xyz'"),
        (["--plot", "edf:macs"], "--plot takes the file of the chart, as in --plot edf.svg --edf macs"),
        (["--jobs", "100000"], "--jobs starts at most 1,024 processes on one machine, not 100,000"),
        (["--edf", "macs"], "--edf draws a chart: name its file with --plot"),
        (["--plot", "p.svg", "--edf", "speed"], "unknown figure or parameter `speed`"),
        (["--plot", "p.svg", "--edf", "latency"], "`latency` is known with --measure latency"),
        (["--plot", "p.svg", "--below", "5"], "it would have no effect without --edf"),
        (["--plot", "p.svg", "--edf", "macs", "--below", "much"], "--below takes a number, such as 35, 4.5 or 380M"),
        (["--sheet", "s"], "no format of figures has the suffix of 's'"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_all_points_are_built(
    resdsl: Command, spec: str, words: list[str], message: str
) -> None:
    # That n = 0 makes no network is never found.
    ended = resdsl("sweep", spec, "small", "--over", "n=0,1", *words)
    assert ended.code in (1, 2)
    assert message in ended.err
    assert ended.out == ""


@pytest.mark.parametrize("option", ["--plot", "--sheet"])
def test_where_no_point_is_left_nothing_is_drawn_and_that_is_said(resdsl: Command, spec: str, option: str) -> None:
    ended = resdsl("sweep", spec, "small", "--over", "n=1,2", "--keep", "params > 1T", option, "f.svg")
    assert ended.code == 1
    assert ended.err.endswith("error: there are no points left to draw\n")
    assert not Path("f.svg").exists()


def test_names_do_not_write_to_the_terminal(resdsl: Command, spec: str) -> None:
    words = ["--over", "n=1,2", "--name", "\x1b[31m\u202e{n}"]
    ended = resdsl("sweep", spec, "small", *words)
    assert "\\x1b[31m\\u202e1" in ended.out
    assert "\x1b" not in ended.out + ended.err
    refused = resdsl("sweep", spec, "small", *words, "--baseline", "\x1b[2J")
    assert refused.err.startswith("error: there is no point `\\x1b[2J`; ")


def test_an_axis_of_one_network_is_linted(resdsl: Command, spec: str) -> None:
    ended = resdsl("sweep", spec, "one", "--lint")
    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_a_solve_is_suggested_only_where_all_networks_take_the_parameter(resdsl: Command, spec: str) -> None:
    ended = resdsl("sweep", spec, "several", "--lint")
    assert "`network` also changes costs from small to other" in ended.err
    assert "solve n in" not in ended.err


def test_what_is_thinned_out_is_no_idle_axis(resdsl: Command, spec: str) -> None:
    ended = resdsl("sweep", spec, "small", "--over", "n=1,2,3", "--when", "n == 1", "--lint")
    assert (ended.code, ended.err) == (0, "")


def test_check_reads_the_axes_of_sweeps(resdsl: Command) -> None:
    resdsl.write("small.res", f"{SPEC}sweep wrong {{ network small; together n = [1, 2], w = [8] }}\n")
    ended = resdsl("check", "small.res")
    assert ended.code == 1
    assert ended.out.count("multiply-adds") == len(ended.out.splitlines()) == 3
    assert ended.err.startswith("error[RES905]: `w` has 1 value, but `n` has 2 values\n  --> small.res:11:55\n")


def test_axes_in_step_that_lost_values_are_not_called_idle(resdsl: Command) -> None:
    axes = ["--over", "n=3,5,7", "--over", "shortcut=A,B", "--together", "k=1,2", "--together", "classes=10,100"]
    ended = resdsl("sweep", "cifar", *axes, "--when", "n < 7", "--keep", "macs < 100M", "--lint")
    assert "RES922" in ended.err
    assert "RES921" not in ended.err


def test_an_axis_that_lost_values_is_not_to_be_left_out(resdsl: Command) -> None:
    resdsl.write(
        "idle.res", SPEC.replace("w = 8,", "w = 8, rate = 0,").replace("  stage", "  if rate > 2 { norm }\n  stage")
    )
    words = ["small", "--over", "w=4,8", "--over", "rate=0,1,2,3"]
    ended = resdsl("sweep", "idle.res", *words, "--when", "rate < 3", "--lint")
    assert "`rate` changes nothing among the remaining points: points that differ only in it are" in ended.err
    assert "remove the axis" not in ended.err
    whole = resdsl("sweep", "idle.res", "small", "--over", "w=4,8", "--over", "rate=0,1,2", "--lint")
    assert "help: remove the axis `rate`" in whole.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--over", "n=1,1"], "help: a value of `n` is listed twice: remove one"),
        (["--together", "n=1,2,1", "--together", "w=8,4,8"], "help: a value of `n` and `w` is listed twice"),
        (["--over", "n=1,2", "--name", "x"], "help: add `n` to the name"),
    ],
)
def test_what_makes_names_equal_is_told(resdsl: Command, spec: str, words: list[str], told: str) -> None:
    ended = resdsl("sweep", spec, "small", *words)
    assert told in ended.err
    assert ended.err.endswith("\n\n1 problem\n")


def test_a_value_that_is_to_blame_is_counted_as_a_problem(resdsl: Command, spec: str) -> None:
    ended = resdsl("sweep", spec, "small", "--over", "n=1,0")
    assert "another value of `n`" in ended.err
    assert ended.err.endswith("\n\n1 problem\n")


def test_a_file_in_the_place_of_the_folder_is_told_before_anything_begins(resdsl: Command, spec: str) -> None:
    resdsl.write("taken", "")
    ended = resdsl("sweep", spec, "small", "--over", "n=1,2", "--build", "json", "-o", "taken")
    assert ended.code == 1
    assert ended.err.endswith("error: taken is not a folder, but points go into folders\n")
    assert "building" not in ended.err


def test_the_help_says_what_each_figure_draws(resdsl: Command) -> None:
    said = " ".join(resdsl("sweep", "--help").out.split())
    assert "Draw all points, the front marked, whatever --top and --pareto show" in said
    assert "Draw the networks of the table by stage" in said
    assert ".tex or .dot" in said


def test_a_study_is_suggested(resdsl: Command) -> None:
    assert "did you mean `width_depth`?" in resdsl("sweep", "width_dept").err


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_is_no_loss_and_says_so(resdsl: Command, spec: str, jobs: int) -> None:
    words = ["small", "--over", "n=1..60", "--over", "w=32,64", "--build", "onnx", "-o", "runs", "--jobs", str(jobs)]
    process = launched(resdsl.folder, "plain", signal.SIGINT, 0, ["sweep", spec, *words])
    while process.poll() is None and not list(resdsl.folder.glob("runs/*/manifest.json")):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (130, "")
    assert err.endswith(
        "\ninterrupted: all files built so far are complete, and the same command continues from there\n"
    )
    assert "Traceback" not in err
    assert not list(resdsl.folder.glob("runs/**/.*.part"))
    assert not Path("runs/manifest.json").exists()


def test_only_what_is_there_is_merged(resdsl: Command, spec: str) -> None:
    ended = resdsl("sweep", spec, "several", "--merge", "-o", "nowhere")
    assert (ended.code, Path("nowhere").exists()) == (2, False)
    assert "there is no folder nowhere with points to merge" in ended.err
