"""`resdsl sweep`: from a command line to tables, files and charts."""

from __future__ import annotations

import contextlib
import csv
import fcntl
import io
import json
import os
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.cli.running import ROOT, Command
from tests.sweeps import arithmetic

SPEC = """
network small(n = 1, w = 8, shortcut = A) {
  input 3x8x8
  conv 3x3, w; norm; act
  stage layer1: basic(w) x n
  stage layer2: basic(2 * w) x n, /2
}
network other = small(w = 4)

sweep small_family {
  network small
  over    n = [1, 2], shortcut = [A, C]
  name    "s{n}{shortcut}"
}
"""


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_without_a_file_it_sweeps_a_shipped_network(resdsl: Command) -> None:
    done = resdsl(
        "sweep",
        "cifar",
        "--over",
        "n=3,5,7",
        "--over",
        "shortcut=A,B,C",
        "--keep",
        "params <= 500k",
        "--format",
        "json",
    )
    found = json.loads(done.out)
    assert (done.code, found["sweep"], found["size"], found["solved"]) == (0, "cifar", 9, None)
    assert [tuple(point["parameters"].values()) for point in found["points"]] == [(n, s) for n in (3, 5) for s in "ABC"]
    for point in found["points"]:
        count = arithmetic.cifar(point["parameters"]["n"], shortcut=point["parameters"]["shortcut"])
        assert (point["depth"], point["params"], point["macs"], point["activations"]) == arithmetic.figures(count)
        assert point["flops"] == 2 * count.macs
        assert point["network"] == "cifar"


def test_solve_together_and_name_on_the_command_line(resdsl: Command) -> None:
    words = ["--together", "n=3,5", "--together", "classes=10,100", "--solve", "k in 1..16 for macs = 250M"]
    done = resdsl("sweep", "cifar", *words, "--name", "r{n}-{classes}-{k}", "--format", "csv")
    found = rows(done.out)
    assert [(row["name"], row["n"], row["classes"], row["k"]) for row in found] == [
        ("r3-10-2", "3", "10", "2"),
        ("r5-100-2", "5", "100", "2"),
    ]
    assert int(found[1]["macs_change"]) == int(found[1]["macs"]) - int(found[0]["macs"]) != 0


def test_a_sweep_of_a_file_and_what_is_changed_about_it(resdsl: Command) -> None:
    resdsl.write("small.res", SPEC)
    own = rows(resdsl("sweep", "small.res", "--format", "csv").out)
    assert [row["name"] for row in own] == ["s1A", "s1C", "s2A", "s2C"]
    changed = rows(
        resdsl("sweep", "small.res", "small_family", "--over", "n=3", "--when", "shortcut == C", "--format", "csv").out
    )
    assert [row["name"] for row in changed] == ["s3C"]
    other = rows(resdsl("sweep", "small.res", "--network", "other", "--format", "csv").out)
    assert int(other[0]["params"]) < int(own[0]["params"])
    alone = rows(
        resdsl("sweep", "small.res", "other", "--over", "n=1..3", "--set", "shortcut=C", "--format", "csv").out
    )
    assert [row["name"] for row in alone] == ["other-n=1", "other-n=2"]


def test_networks_are_an_axis(resdsl: Command) -> None:
    done = resdsl("sweep", "cifar", "--over", "network=resnet20,plain20", "--input", "3x64x64", "--format", "csv")
    assert [row["name"] for row in rows(done.out)] == ["resnet20", "plain20"]
    assert int(rows(done.out)[0]["macs"]) == (arithmetic.cifar(3).macs - 640) * 4 + 640


def test_lists_are_values_where_they_stand_between_commas(resdsl: Command) -> None:
    resdsl.write(
        "net.res", 'network net(depths = [1]) { input 3x8x8\nfor s, d in depths { stage "l{s}": plain(3) x d } }'
    )
    done = resdsl("sweep", "net.res", "--over", "depths=[1,2],[3,1,1]", "--format", "csv")
    assert [row["depths"] for row in rows(done.out)] == ["[1, 2]", "[3, 1, 1]"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--sort", "-params"], ["s2C", "s2A", "s1C", "s1A"]),
        (["--sort", "shortcut"], ["s1A", "s2A", "s1C", "s2C"]),
        (["--sort", "-n", "--top", "3"], ["s2A", "s2C", "s1A"]),
        (["--top", "1"], ["s1A"]),
        (["--pareto", "params,macs"], ["s1A"]),
        (["--keep", "depth > 6"], ["s2A", "s2C"]),
    ],
)
def test_points_are_sorted_and_chosen(resdsl: Command, options: list[str], expected: list[str]) -> None:
    resdsl.write("small.res", SPEC)
    assert [row["name"] for row in rows(resdsl("sweep", "small.res", *options, "--format", "csv").out)] == expected


def test_changes_are_against_a_baseline(resdsl: Command) -> None:
    resdsl.write("small.res", SPEC)
    first = rows(resdsl("sweep", "small.res", "--format", "csv").out)
    assert [row["params_change"] for row in first if row["name"] == "s1A"] == ["0"]
    other = rows(resdsl("sweep", "small.res", "--baseline", "s2C", "--top", "2", "--format", "csv").out)
    assert all(int(row["params_change"]) < 0 for row in other)
    text = resdsl("sweep", "small.res", "--baseline", "s2C").out
    assert "Changes are against s2C." in text


def test_json_has_the_baseline_and_what_changes_against_it(resdsl: Command) -> None:
    resdsl.write("small.res", SPEC)
    whole = json.loads(resdsl("sweep", "small.res", "--format", "json").out)
    found = json.loads(resdsl("sweep", "small.res", "--top", "1", "--baseline", "s2C", "--format", "json").out)
    assert next(iter(found.items())) == ("resdsl_sweep", 1)
    base = found["baseline_point"]
    assert {**base, "change": None} == {**whole["points"][3], "change": None}
    assert (found["baseline"], base["name"]) == ("s2C", "s2C")
    (point,) = found["points"]
    keys = ("depth", "params", "macs", "activations", "memory_bytes")
    assert point["change"] == {key: point[key] - base[key] for key in keys}
    assert all(change < 0 for change in point["change"].values())
    assert whole["points"][0]["change"] == dict.fromkeys(keys, 0)


def test_json_of_one_point_has_no_change(resdsl: Command) -> None:
    found = json.loads(resdsl("sweep", "cifar", "--over", "n=3", "--format", "json").out)
    assert (found["baseline"], found["baseline_point"]) == (None, None)
    assert "change" not in found["points"][0]


@pytest.mark.parametrize(
    ("form", "told"),
    [("text", "small_family: 4 points"), ("md", "| s1A "), ("latex", r"\toprule"), ("csv", "s2C,2,C,")],
)
def test_tables_in_every_format(resdsl: Command, form: str, told: str) -> None:
    resdsl.write("small.res", SPEC)
    done = resdsl("sweep", "small.res", "--format", form, "-o", "table")
    assert (done.code, done.out) == (0, "")
    assert told in (resdsl.folder / "table").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["points.svg", "points.html", "points.tex"])
def test_points_are_plotted(resdsl: Command, name: str) -> None:
    resdsl.write("small.res", SPEC)
    done = resdsl("sweep", "small.res", "--plot", name)
    assert done.code == 0
    drawn = (resdsl.folder / name).read_text(encoding="utf-8")
    assert all(point in drawn for point in ("s1A", "s1C", "s2A", "s2C"))
    assert "parameters" in drawn


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--over", "m=1"], 1, "has no parameter `m`"),
        (["--over", "n=1,,2"], 1, "RES102"),
        (["--over", "n"], 2, "takes NAME=VALUES"),
        (["--over", "n=1", "--over", "n=2"], 2, "given twice"),
        (["--over", "n=0,1"], 1, "the point n = 0, shortcut = A does not make a network"),
        (["--solve", "w in 1..4"], 1, "RES102"),
        (["--solve", "w in 1..4 for mac = 3"], 1, "did you mean `macs`?"),
        (["--keep", "parms < 3"], 1, "did you mean `params`?"),
        (["--name", "{n"], 1, "is not closed in the string"),
        (["--name", "x"], 1, "two points are called `x`"),
        (["--sort", "parms"], 1, "did you mean `params`?"),
        (["--pareto", "params,mac"], 1, "did you mean `macs`?"),
        (["--baseline", "s1B"], 1, "there is no point `s1B`"),
        (["--set", "n=3"], 1, "`n` is given one value for all points"),
        (["--top", "0"], 2, "--top"),
        (["missing"], 1, "there is no sweep or network `missing`"),
    ],
)
def test_what_is_wrong_is_told(resdsl: Command, words: list[str], code: int, told: str) -> None:
    resdsl.write("small.res", SPEC)
    done = resdsl("sweep", "small.res", *words)
    assert done.code == code
    assert told in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    "words",
    [
        ["--over", "n=1,3", "--over", "shortcut=A,B,C", "--solve", "k in 1..16 for macs = 250M"],
        ["--over", "norm=bn,group_norm(8),none", "--over", "act=relu,gelu"],
    ],
)
def test_every_name_of_a_table_is_a_baseline(resdsl: Command, words: list[str]) -> None:
    names = [row["name"] for row in rows(resdsl("sweep", "cifar", *words, "--format", "csv").out)]
    shown = resdsl("sweep", "cifar", *words).out
    assert len(set(names)) == 6
    assert all(name in shown.split() for name in names)
    assert resdsl("sweep", "cifar", *words, "--baseline", names[-1]).out.endswith(f"against {names[-1]}.\n")


@pytest.mark.parametrize("columns", [60, 80, 132])
def test_a_table_is_as_wide_as_the_terminal(resdsl: Command, columns: int) -> None:
    words = ["cifar", "--over", "n=1,3", "--over", "shortcut=A,B", "--over", "norm=bn,group_norm(8)"]
    above, below = os.openpty()
    fcntl.ioctl(below, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-m", "resdsl", "sweep", *words]
    path = {"PYTHONPATH": str(ROOT), "PATH": ""}
    process = subprocess.Popen(command, cwd=resdsl.folder, stdout=below, stderr=subprocess.DEVNULL, env=path)
    os.close(below)
    shown = bytearray()
    with contextlib.suppress(OSError):  # Linux ends the reading of a terminal that nobody holds so
        while piece := os.read(above, 4096):
            shown += piece
    os.close(above)
    assert process.wait(timeout=60) == 0
    lines = re.sub(r"\x1b\[\d*m", "", shown.decode()).splitlines()
    assert max(map(len, lines)) <= columns
    assert next(len(line) for line in lines if set(line) == {"-"}) > columns - 20
    assert any("cifar-n=3-shortcut=B-norm=group_norm-groups-8" in line.split() for line in lines)


def test_a_sweep_without_points_is_no_error(resdsl: Command) -> None:
    resdsl.write("small.res", SPEC)
    done = resdsl("sweep", "small.res", "--keep", "params < 1", "--format", "json")
    assert (done.code, json.loads(done.out)["points"]) == (0, [])
    assert "all 4 points of `small_family` are left out" in done.err
    assert resdsl("sweep", "small.res", "--keep", "params < 1").code == 0


def test_json_is_no_family(resdsl: Command, tmp_path: Path) -> None:
    resdsl.write("small.res", SPEC)
    assert resdsl("build", "small.res", "--network", "small", "--to", "json", "-o", "net.json").code == 0
    assert resdsl("sweep", "net.json").code == 2


def test_studies_go_by_their_names(resdsl: Command) -> None:
    done = resdsl("sweep", "cifar_depth", "--format", "csv")
    assert [row["depth"] for row in rows(done.out)] == ["20", "32", "44", "56", "110", "1202"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("points.svg", ["--over", "n=1,2,3,5,7,9", "--over", "shortcut=A,C", "--name", "resnet{depth}-{shortcut}"]),
        ("edf.svg", ["--over", "k=1,2,4", "--over", "n=1..30", "--edf", "macs", "--below", "500M"]),
    ],
)
def test_the_picture_of_the_manual_is_what_plot_draws(
    resdsl: Command, update_golden: bool, name: str, words: list[str]
) -> None:
    kept = ROOT / "docs" / "pictures" / name
    assert resdsl("sweep", "cifar", *words, "--plot", name).code == 0
    if update_golden:
        kept.write_bytes((resdsl.folder / name).read_bytes())
    assert kept.read_bytes() == (resdsl.folder / name).read_bytes()


def test_each_network_definition_has_a_distribution_of_its_own(resdsl: Command) -> None:
    words = ["--over", "network=resnet20,resnet110", "--over", "classes=10,100,1000", "--edf", "params"]
    assert resdsl("sweep", "cifar", *words, "--plot", "edf.tex").code == 0
    content = (resdsl.folder / "edf.tex").read_text(encoding="utf-8")
    assert {"resdsl/curve1", "resdsl/curve2"} <= set(re.findall(r"resdsl/curve\d", content))
    assert "resnet110" in content


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_distribution_is_drawn_while_rows_are_written(resdsl: Command, form: str) -> None:
    words = ["--over", "n=1..9", "--over", "k=1,2", "--edf", "params", "--below", "1M"]
    for name, more in (("apart.svg", ["--format", "text"]), ("along.svg", ["--format", form, "--top", "3"])):
        done = resdsl("sweep", "cifar", *words, "--plot", name, *more, "-o", "rows")
        assert (done.code, f"wrote {name}" in done.err) == (0, True)
    assert len((resdsl.folder / "rows").read_text(encoding="utf-8").splitlines()) == 3 + (form == "csv")
    assert (resdsl.folder / "along.svg").read_bytes() == (resdsl.folder / "apart.svg").read_bytes()
    none = resdsl("sweep", "cifar", *words, "--keep", "params > 1T", "--plot", "e.svg", "--format", form)
    assert (none.code, "there are no points left to draw" in none.err) == (1, True)
