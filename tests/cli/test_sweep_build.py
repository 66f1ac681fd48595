"""`resdsl sweep`: building into folders, parts of a sweep, and what the lint says."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import nullcontext
from pathlib import Path

import onnx
import pytest

from resdsl.compiler import read_spec
from resdsl.resources import shipped_studies
from resdsl.source import read_source
from resdsl.sweeps.lint.findings import Finding
from resdsl.sweeps.lint.of_sweep import findings_of
from resdsl.sweeps.lint.sample import LintSample
from resdsl.sweeps.point import Point
from resdsl.targets import own_targets
from tests.cli.running import Command, run_process
from tests.onnx_lines import without_lines
from tests.sweeps.reading import shortened
from tests.sweeps.trees import hashes, times

SPEC = """network small(n = 1, width = 4, shortcut = A, idle = 0) {
  input 3x8x8
  let unread = idle
  conv 3x3, width; norm; act
  stage layer1: basic(width) x n
  stage layer2: basic(2 * width) x n, /2
  avgpool global
  fc 3
}

sweep widths {
  network small
  over    width = [4, 6, 8]
  name    "w{width}"
}

sweep idle {
  network small
  over    idle = [1, 2]
}

sweep clean {
  network small
  over    act = [relu, gelu]
}

sweep spoilt {
  network small
  over    width = [4, 6, "x"]
}
"""


@pytest.fixture
def spec(resdsl: Command) -> str:
    resdsl.write("small.res", SPEC)
    return "small.res"


# ------------------------------------------------------------------------------------------ building


def test_a_folder_for_each_point(resdsl: Command, spec: str) -> None:
    ended = resdsl("sweep", spec, "widths", "--build", "onnx,torch,safetensors", "-o", "runs", "--jobs", 1)
    assert (ended.code, ended.out) == (0, "runs: 3 points: 3 built\n")
    assert "`width` also changes costs" in ended.err
    run = json.loads((resdsl.folder / "runs" / "manifest.json").read_text(encoding="utf-8"))
    assert (run["sweep"], [point["folder"] for point in run["points"]]) == ("widths", ["w4", "w6", "w8"])
    files = {path.relative_to(resdsl.folder / "runs").as_posix() for path in (resdsl.folder / "runs").rglob("*.*")}
    each = ("manifest.json", "network.onnx", "network.py", "network.safetensors")
    assert files == {"manifest.json", *(f"w{width}/{name}" for width in (4, 6, 8) for name in each)}
    for point in run["points"]:
        manifest = json.loads((resdsl.folder / "runs" / point["folder"] / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["parameters"] == {"width": int(point["name"][1:])}


def test_what_is_built_is_what_build_makes(resdsl: Command, spec: str) -> None:
    resdsl("sweep", spec, "widths", "--build", "onnx,torch", "-o", "runs", "--jobs", 1, "--seed", 5)
    resdsl("build", spec, "--to", "onnx", "--set", "width=6", "--seed", 5, "-o", "one.onnx")
    resdsl("build", spec, "--to", "torch", "--set", "width=6", "-o", "one.py")
    # A line more above would otherwise be a reason to build all points anew.
    assert onnx.load(resdsl.folder / "runs/w6/network.onnx") == without_lines(resdsl.folder / "one.onnx")
    assert (resdsl.folder / "one.py").read_bytes() == (resdsl.folder / "runs/w6/network.py").read_bytes()


def test_started_again_it_goes_on(resdsl: Command, spec: str) -> None:
    words = ("sweep", spec, "widths", "--build", "onnx", "-o", "runs", "--jobs", 1)
    resdsl(*words)
    root = resdsl.folder / "runs"
    before, whole = times(root), hashes(root)
    (root / "w6" / "network.onnx").write_bytes(b"")
    ended = resdsl(*words)
    assert (ended.code, ended.out) == (0, "runs: 3 points: 1 built, 2 kept\n")
    assert hashes(root) == whole
    assert {name for name, when in times(root).items() if before[name] != when} == {
        "w6/network.onnx",
        "w6/manifest.json",
    }


def test_all_cores_from_the_command_line(resdsl: Command, spec: str) -> None:
    ended = run_process(resdsl.folder, "sweep", spec, "widths", "--build", "onnx", "-o", "several", "--jobs", "2")
    assert (ended.code, ended.out) == (0, "several: 3 points: 3 built\n"), ended.err
    resdsl("sweep", spec, "widths", "--build", "onnx", "-o", "one", "--jobs", 1)
    assert hashes(resdsl.folder / "several") == hashes(resdsl.folder / "one")


def test_a_comment_more_in_the_text_builds_nothing_anew(resdsl: Command, spec: str) -> None:
    words = ("sweep", spec, "widths", "--build", "onnx", "-o", "runs", "--jobs", 1)
    resdsl(*words)
    resdsl.write("small.res", f"# A comment.\n{SPEC}".replace("fc 3\n", "fc 3\n  expect depth > 3\n"))
    assert resdsl(*words).out == "runs: 3 points: 0 built, 3 kept\n"
    resdsl.write("small.res", SPEC.replace("fc 3", "fc 4"))
    assert resdsl(*words).out == "runs: 3 points: 3 built\n"


def test_a_point_that_fails_is_told_at_the_end(resdsl: Command, spec: str) -> None:
    resdsl.write("runs/w6", "a file in the way")
    ended = resdsl("sweep", spec, "widths", "--build", "onnx", "-o", "runs", "--jobs", 1)
    assert (ended.code, ended.out) == (1, "runs: 3 points: 2 built, 1 failed\n")
    assert ended.err.endswith("error: w6: runs/w6 is not a folder, but points go into folders\n")


def test_a_wrong_value_of_an_axis_builds_nothing_and_loses_nothing(resdsl: Command, spec: str) -> None:
    resdsl("sweep", spec, "widths", "--build", "onnx", "-o", "runs", "--jobs", 1)
    before = times(resdsl.folder / "runs")
    ended = resdsl("sweep", spec, "spoilt", "--build", "onnx", "-o", "runs", "--jobs", 1)
    assert (ended.code, ended.out) == (1, "")
    assert 'width = "x"' in ended.err
    line = next(number for number, text in enumerate(SPEC.splitlines(), 1) if '"x"' in text)
    assert f"small.res:{line}:" in ended.err
    assert times(resdsl.folder / "runs") == before


def test_parts_and_their_merging(resdsl: Command, spec: str) -> None:
    build = ("sweep", spec, "widths", "--build", "onnx", "--jobs", 1)
    assert resdsl(*build, "-o", "runs", "--shard", "1/2").out == "runs: 1 point (part 1 of 2): 1 built\n"
    ended = resdsl("sweep", spec, "widths", "--merge", "-o", "runs")
    assert (ended.code, ended.out) == (1, "wrote runs/manifest.json: 1 of 3 points\n")
    assert ended.err == "error: 2 points are missing or differ from the sweep: w4, w6\n"
    assert resdsl(*build, "-o", "runs", "--shard", "2/2").out == "runs: 2 points (part 2 of 2): 2 built\n"
    ended = resdsl("sweep", spec, "widths", "--merge", "-o", "runs")
    assert (ended.code, ended.out, ended.err) == (0, "wrote runs/manifest.json: 3 of 3 points\n", "")
    resdsl(*build, "-o", "whole")
    assert hashes(resdsl.folder / "runs") == hashes(resdsl.folder / "whole")


def test_no_room_left(resdsl: Command, spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full")
    assert full.exists()
    resdsl("sweep", spec, "widths", "--build", "torch", "-o", "runs", "--jobs", 1)
    before = hashes(resdsl.folder / "runs")

    monkeypatch.setattr("resdsl.files.replacing", lambda _: nullcontext(full))
    (resdsl.folder / "runs" / "w6" / "network.py").unlink()
    ended = resdsl("sweep", spec, "widths", "--build", "torch", "-o", "runs", "--jobs", 1)
    assert ended.code == 2
    assert "error: no space left for runs, with 2 of 3 points to build; free some space" in ended.err
    monkeypatch.undo()
    monkeypatch.chdir(resdsl.folder)
    assert resdsl("sweep", spec, "widths", "--build", "torch", "-o", "runs", "--jobs", 1).code == 0
    assert hashes(resdsl.folder / "runs") == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--build", "onnx"], "--build and --merge need a folder: name it with -o"),
        (["--build", "onnx", "-o", "-"], "--build and --merge need a folder: name it with -o"),
        (
            ["--build", "tflite", "-o", "runs"],
            f"unknown output 'tflite'; available: {', '.join(own_targets())}",
        ),
        (["--build", "onnx", "-o", "runs", "--shard", "5/4"], "`5/4` is not a valid part of a sweep"),
        (
            ["--seed", "4"],
            '--seed would have no effect; the seed of a sample stands beside it, as in --sample "500 seed 1"',
        ),
        (["--build", "torch", "-o", "runs", "--seed", "4"], "--seed would have no effect"),
        (["--build", "onnx,json,onnx", "-o", "runs"], "'--build': onnx is given twice"),
        (["--merge"], "--build and --merge need a folder: name it with -o"),
        (["--merge", "-o", "runs", "--build", "onnx"], "--merge makes nothing"),
        (["--lint", "--build", "onnx", "-o", "runs"], "--lint makes nothing"),
        (["--lint", "-o", "runs"], "--lint does not write a file: -o would have no effect"),
        (["--lint", "--plot", "p.svg"], "--lint shows no table: --plot would have no effect"),
        (["--lint", "--format", "csv"], "--format csv would have no effect"),
        (["--build", "json", "-o", "runs", "--top", "1"], "a build shows no table: --top would"),
        (["--build", "json", "-o", "runs", "--format", "json"], "--format json would have no effect"),
    ],
)
def test_options_that_do_not_go_together(resdsl: Command, spec: str, words: list[str], said: str) -> None:
    ended = resdsl("sweep", spec, "widths", *words)
    assert ended.code == 2
    assert said in re.sub(r"\s+", " ", ended.err)
    assert not (resdsl.folder / "runs").exists()


# ---------------------------------------------------------------------------------------------- lint


def test_lint_tells_and_fails(resdsl: Command, spec: str) -> None:
    ended = resdsl("sweep", spec, "idle", "--lint")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "warning[RES921]: `idle` changes nothing: points that differ only in it are the same network\n"
        "  --> small.res:19:11\n"
        "   |\n"
        "19 |   over    idle = [1, 2]\n"
        "   |           ^^^^^^^^^^^^^\n"
        "  help: remove the axis `idle`\n"
    )


def test_lint_as_json(resdsl: Command, spec: str) -> None:
    ended = resdsl("sweep", spec, "idle", "--lint", "--format", "json")
    (finding,) = json.loads(ended.out)["findings"]
    assert (ended.code, finding["kind"], finding["axis"]) == (1, "dead", "idle")


def test_lint_has_nothing_to_say_of_a_fair_comparison(resdsl: Command, spec: str) -> None:
    ended = resdsl("sweep", spec, "clean", "--lint")
    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_a_table_comes_with_warnings(resdsl: Command, spec: str) -> None:
    ended = resdsl("sweep", spec, "idle")
    assert ended.code == 0
    assert "warning[RES921]: `idle` changes nothing" in ended.err


def test_an_override_that_changes_nothing(resdsl: Command, spec: str) -> None:
    ended = resdsl("sweep", spec, "clean", "--set", "idle=3", "--lint")
    assert (ended.code, "remove the override `idle`" in ended.err) == (1, True)


# ------------------------------------------------------------------------------- the paper's studies


def studies() -> list[tuple[str, str]]:
    return [(path.stem, sweep) for path in shipped_studies() for sweep in read_spec(read_source(path)).sweeps]


def study_findings(study: str, name: str) -> tuple[list[Point], tuple[Finding, ...]]:
    (path,) = (path for path in shipped_studies() if path.stem == study)
    sweep = shortened(read_spec(read_source(path)), name)
    sample = LintSample(sweep.axes, sweep.draws)
    points = list(sample.noting(sweep.found()))
    return points, findings_of(sweep, sample.linted, sample.points)


@pytest.mark.parametrize(("study", "name"), studies())
def test_what_is_said_of_the_studies_is_true(study: str, name: str) -> None:
    points, findings = study_findings(study, name)
    assert [finding.kind for finding in findings] == ["confound"] * len(findings)
    for finding in findings:
        assert finding.axis is not None
        for first, value, moved in re.findall(r"from (.+?) to (.+?): ([^;]+)", finding.text):
            pairs = compared(points, finding.axis, first, value)
            assert pairs
            for quantity, least, most in shares(moved):
                factors = [getattr(b.costs, quantity) / getattr(a.costs, quantity) for a, b in pairs]
                assert (min(factors), max(factors)) == (pytest.approx(least, rel=0.005), pytest.approx(most, rel=0.005))


def compared(points: list[Point], axis: str, first: str, value: str) -> list[tuple[Point, Point]]:
    """Pairs of points with these values that are alike in all other axes."""
    solved = {"w", "width"} - {axis}

    def rest(point: Point) -> dict[str, str]:
        return {name: text for name, text in point.texts.items() if name != axis and name not in solved}

    ones = [point for point in points if point.texts[axis] == first]
    others = [point for point in points if point.texts[axis] == value]
    return [(one, other) for one in ones for other in others if rest(one) == rest(other)]


def shares(moved: str) -> list[tuple[str, float, float]]:
    """`+0.8 % params, 2 to 3 times the macs` as quantities with factors."""
    found = []
    for part in moved.split(", "):
        words = re.fullmatch(r"(\S+)(?: to (\S+))? (%|times the) (\w+)", part)
        assert words is not None, part
        low, high = float(words[1]), float(words[2] or words[1])
        if words[3] == "%":
            low, high = 1 + low / 100, 1 + high / 100
        found.append((words[4], low, high))
    return found


@pytest.mark.parametrize(
    ("study", "name", "axes"),
    [
        ("plain_residual", "plain_residual", ["depths"]),
        ("cifar_depth", "cifar_depth", ["n"]),
        ("cifar_depth", "plain_and_residual", ["n"]),
        ("shortcut_options", "shortcut_options", ["shortcut"]),
        ("bottlenecks", "bottlenecks", ["block"]),
    ],
)
def test_plain_against_residual_is_clean_and_the_others_move_what_they_move(
    study: str, name: str, axes: list[str]
) -> None:
    assert [finding.axis for finding in study_findings(study, name)[1]] == axes


def test_shortcuts_of_the_paper() -> None:
    (finding,) = study_findings("shortcut_options", "shortcut_options")[1]
    assert "from A to C: +5.1 % params" in finding.text


def test_a_copy_of_the_tree_is_whole_elsewhere(resdsl: Command, spec: str) -> None:
    words = ("sweep", spec, "widths", "--build", "onnx", "--jobs", 1)
    resdsl(*words, "-o", "runs")
    shutil.copytree(resdsl.folder / "runs", resdsl.folder / "moved")
    assert resdsl(*words, "-o", "moved").out == "moved: 3 points: 0 built, 3 kept\n"
