"""`resdsl bench`: its formats, and what it refuses."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.cli.running import Command

SPEC = "network tiny { input 1x6x6; conv 3x3, 4; norm; act; avgpool global; fc 3 }"
BENCH = ("bench", "tiny.res", "--targets", "torch,onnx", "--rounds", "1")


@pytest.fixture(autouse=True)
def _spec(resdsl: Command) -> None:
    resdsl.write("tiny.res", SPEC)


def test_text_has_the_forms_the_fastest_and_the_machine(resdsl: Command) -> None:
    done = resdsl(*BENCH, "--batch", "1,2", "--threads", "1")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "tiny of 1x6x6: times on this machine"
    assert [line.split()[:2] for line in lines[4:8]] == [["torch", "1"], ["onnx", "1"], ["torch", "2"], ["onnx", "2"]]
    assert "Fastest at batch 2: " in done.out
    assert "Median and quartiles of 1 round in turn, 3 calls each; 1 thread of " in done.out


def test_csv_and_json(resdsl: Command) -> None:
    rows = [*csv.DictReader(io.StringIO(resdsl(*BENCH, "--format", "csv").out))]
    assert [row["form"] for row in rows] == ["torch", "onnx"]
    assert float(rows[1]["milliseconds"]) > 0
    assert resdsl(*BENCH, "--format", "json", "-o", "times.json").err == "wrote times.json\n"
    record = json.loads((resdsl.folder / "times.json").read_text())
    assert (record["network"], record["inputs"], len(record["times"])) == ("tiny", [[1, 6, 6]], 2)


def test_another_input(resdsl: Command) -> None:
    record = json.loads(resdsl(*BENCH, "--input", "1x8x8", "--format", "json").out)
    assert record["inputs"] == [[1, 8, 8]]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--targets", "torch,onix"), "unknown form `onix`; did you mean `onnx`?"),
        (("--targets", "gpu"), "unknown form `gpu`; available: `onnx`, `onnx-int8`, `torch`, "),
        (("--batch", "1,0"), "it takes numbers from 1 such as 1,8, not '1,0'"),
        (("--batch", "1,8,01"), "1 is given twice"),
        (("--targets", "torch,torch"), "torch is given twice"),
        (("--weights", "none.safetensors"), "none.safetensors: no such file or directory"),
        (("-o", "tiny.res"), "tiny.res is an input and would be overwritten"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], reason: str, resdsl: Command) -> None:
    done = resdsl(*BENCH, *arguments)
    assert reason in done.err
    assert done.code in (1, 2)
    assert (resdsl.folder / "tiny.res").read_text() == SPEC
