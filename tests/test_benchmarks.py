"""The benchmarks run; what they measure is theirs to say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import resdsl as package
from benchmarks import (
    branching,
    construction,
    editing,
    gpu,
    large,
    lifting,
    loading,
    pytorch,
    results,
    since,
    sweeps,
    training,
    watching,
)
from benchmarks.page import FORM, LIVE, NO_GPU_YET, OURS, PLAIN, gpu_section, with_gpu_section
from benchmarks.peers import contenders, images, laid_out
from benchmarks.processes import Command, loaded_by, python, resdsl, run_in_turn
from benchmarks.turns import in_turn, single
from benchmarks.within import POINTS, long_text


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that wait for cores that other tests have turn seconds into minutes."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


_LARGE = "import sys; held = bytearray(b'1') * (100 << 20)"


@pytest.mark.parametrize("network", pytorch.MEASURED)
def test_peers_are_the_network_that_is_compiled(network: str) -> None:
    found = dict(contenders(network))
    assert list(found)[:2] == [OURS, PLAIN]
    params = package.load(network).params
    assert {sum(p.numel() for p in module.parameters()) for module in found.values()} == {params}
    x = images(1, 64)
    with torch.no_grad():
        wanted = found[OURS].eval()(x)
        for module in found.values():
            torch.testing.assert_close(module.eval()(x), wanted)


def test_a_module_is_laid_out() -> None:
    convolution, linear = torch.nn.Conv2d(3, 4, 3), torch.nn.Linear(4, 4)
    laid_out(torch.nn.Sequential(convolution, linear), torch.channels_last)
    assert convolution.weight.is_contiguous(memory_format=torch.channels_last)
    assert linear.weight.is_contiguous()


def test_processes_are_measured_in_turn_and_memory_is_their_own() -> None:
    held = bytearray(b"1") * (50 << 20)
    runs = run_in_turn({"pass": Command(python("-c", "pass")), "large": Command(python("-c", _LARGE))}, 2)
    assert [(len(run.seconds), len(run.peaks)) for run in runs.values()] == [(2, 2), (2, 2)]
    assert runs["pass"].mebibytes < len(held) / 2**20 < 100 < min(runs["large"].peaks)


@pytest.mark.benchmarks
def test_a_stream_of_points_is_measured_and_takes_little() -> None:
    found = large.measure(2)
    assert found.points == 2 * large.FEW
    assert 0 < found.processor_of_few < found.processor
    assert found.mebibytes_at_a_tenth <= found.mebibytes <= large.MOST_MEBIBYTES
    assert " MiB at the end. Goals: " in str(found)


@pytest.mark.benchmarks
def test_commands_are_measured_against_another_checkout() -> None:
    rows = _rows(since.table(since.HERE, 1))
    assert [row[0] for row in rows[1:]] == list(since.COMMANDS)
    for row in rows[1:]:
        other, this, ratio = map(float, row[1:4])
        assert ratio == pytest.approx(this / other, abs=0.05)


def test_a_command_is_run_where_it_should_be(tmp_path: Path) -> None:
    (tmp_path / "where.py").write_text("open('found', 'w').close()", encoding="utf-8")
    run_in_turn({"there": Command(python("-m", "where"), tmp_path / "made", tmp_path)}, 1)
    assert (tmp_path / "found").exists()


def test_works_take_turns_and_the_first_round_is_not_counted() -> None:
    order: list[str] = []
    times = in_turn({"one": lambda: order.append("one"), "two": lambda: order.append("two")}, 2, single)
    assert order == ["one", "two", "two", "one", "one", "two"]
    assert [len(taken) for taken in times.values()] == [2, 2]


def test_a_run_finds_its_folder_empty(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    once = f"open({str(folder / 'file')!r}, 'x').close()"
    run_in_turn({"once": Command(python("-c", once), folder)}, 2)
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_a_command_that_fails_is_told() -> None:
    with pytest.raises(RuntimeError, match="unknown command"):
        run_in_turn({"wrong": Command(resdsl("wrong"))}, 1)


def test_imports_of_a_command_are_found() -> None:
    assert {"click", "resdsl"} <= loaded_by(resdsl("--help"))
    assert "lark" not in loaded_by(resdsl("--help"))


@pytest.mark.benchmarks
def test_measurements_within_a_process_are_complete() -> None:
    found = _printed("benchmarks.within", "1")
    assert set(found) >= {"resnet34", "resnet20", "resnet1202", "parse_10000", "sweep", "sweep_cold"}
    assert len(POINTS) == 2000
    assert long_text(5_000).count("\n") == 5_000


@pytest.mark.benchmarks
def test_sweeps_are_measured_and_paged(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _printed("benchmarks.sweeps", "1")
    assert set(found["rates"]) == {"cifar", "imagenet", "cifar, by hand", "imagenet, by hand"}
    assert min(found["points"].values()) > 1_900
    monkeypatch.setattr(sweeps, "many", lambda _: (1.0, 100.0))
    assert [row[0] for row in _rows(sweeps.page(found, 1))][1:] == ["cifar", "imagenet"]


@pytest.mark.benchmarks
def test_results_are_measured_and_paged() -> None:
    assert [row[0] for row in _rows(results.section(1))][1:] == [results.OURS, results.PEER]


@pytest.mark.benchmarks
def test_saves_are_measured_and_paged() -> None:
    rows = _rows(watching.page(_printed("benchmarks.watching", "10")))
    assert [row[0] for row in rows][1:3] == ["resnet34: message", "resnet34: figure"]


@pytest.mark.benchmarks
def test_sweeps_over_networks_that_branch_are_measured_and_paged() -> None:
    found = _printed("benchmarks.branching", "1")
    assert found["points"] == {"cifar": 400, "unet": 400}
    assert [row[0] for row in _rows(branching.page(found))][1:] == ["cifar", "unet"]


@pytest.mark.benchmarks
def test_loading_is_measured_and_paged() -> None:
    found = _printed("benchmarks.loading", "1")
    assert [row[0] for row in _rows(loading.page(found))][1:] == ["ours", "plain DataLoader"]
    assert min(min(rates) for rates in found.values()) > 1


@pytest.mark.benchmarks
def test_steps_of_training_are_measured_and_paged() -> None:
    found = _printed("benchmarks.training", "1", "4")
    rows = _rows(training.page(found))[1:]
    assert [row[1] for row in rows] == [training.OURS, training.BY_HAND] * len(training.CASES)
    assert min(min(times) for case in found.values() for times in case.values()) > 0


def test_repeats_of_a_stage_count_once() -> None:
    sweep = "sweep family { network n; over k = [1, 3] }"
    text = "network n(k = 1) { input 4x8x8; stage s: basic(4) x k; conv 1, 2 }\n"
    each = {k: package.loads(text, k=k).costs.layers for k in (1, 3)}
    assert each[3] > each[1]
    assert branching.layers(text + sweep) == 2 * each[1]


@pytest.mark.benchmarks
def test_the_networks_by_hand_are_those_of_the_sweeps() -> None:
    for family, text in (("cifar", sweeps.CIFAR), ("imagenet", sweeps.IMAGENET)):
        for block, depths, width in sweeps.SAMPLES[family]:
            given = {"n": depths[0], "w": width} if family == "cifar" else {"depths": list(depths), "width": width}
            net = package.loads(text, block=block, shortcut="B", **given)
            assert (net.params, net.macs) == sweeps.counted(family, block, depths, width)


@pytest.mark.benchmarks
def test_construction_is_measured_and_paged() -> None:
    found = _printed("benchmarks.construction", "1")
    assert {*found["resnet34"], *found["resnet50 on meta"]} >= {OURS, PLAIN, LIVE}
    assert set(found["generated"]) == set(found["executed"]) == {*construction.NETWORKS, construction.LARGE}
    rows = _rows(pytorch.construction(found))
    assert ["ResNet-50 on meta", "our class"] in [row[:2] for row in rows]
    assert rows[-1][0] == "ResNet-152"


def test_modules_on_meta_are_made_there() -> None:
    for network in construction.NETWORKS:
        ours = construction.run(package.load(network).to_torch_source())[network]
        for make in construction.calls(network, ours, "meta").values():
            assert {parameter.device.type for parameter in make().parameters()} == {"meta"}


@pytest.mark.benchmarks
def test_eager_modules_are_measured_and_paged() -> None:
    found = _printed("benchmarks.eager", "1", "--networks", "resnet34", "--batches", "1", "--side", "64")
    assert [(row["job"], row["layout"]) for row in found] == [
        ("inference", "contiguous"),
        ("training step", "contiguous"),
        ("inference", "channels_last"),
        ("training step", "channels_last"),
    ]
    assert [FORM in row["times"] for row in found] == [True, False, False, False]
    assert pytorch.peers_in(found)[0] == PLAIN
    rows = _rows(pytorch.eager(found))
    widths = {row[0]: len(row) for row in rows}
    assert widths == {"network": widths["ResNet-34"], "ResNet-34": widths["network"]}
    assert sum(row[0] == "ResNet-34" for row in rows) == len(found) + 1


@pytest.mark.benchmarks
def test_memory_is_measured_and_paged() -> None:
    found = pytorch.peaks([PLAIN], 1, [("resnet34", "training")], (1, 64))
    rows = _rows(pytorch.memory(found))[1:]
    assert [row[:3] for row in rows] == [
        ["ResNet-34", "training step", what] for what in ("our file", "`to_torch`", "plain")
    ]
    # Weights, gradients and momenta of 22 million parameters, four bytes each.
    assert all(int(row[3]) > 250 for row in rows)


def test_the_page_says_whether_there_was_a_gpu() -> None:
    measured = f"{NO_GPU_YET.splitlines()[0]}\n\nfigures\n"
    page = with_gpu_section(f"# Performance\n\n{NO_GPU_YET}", measured)
    assert page == f"# Performance\n\n{measured}"
    assert gpu_section(page) == measured
    assert gpu_section("# Performance\n") == NO_GPU_YET


@pytest.mark.benchmarks
def test_gpu_benchmark_runs_small() -> None:
    command = [sys.executable, "-m", "benchmarks.gpu", "--small", "--rounds", "1"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows = _rows(done.stdout.splitlines())
    trained = [(row[0], row[1]) for row in rows if row[0] in ("eager", "compiled")]
    assert trained[0] == ("eager", OURS)
    assert {("eager", PLAIN), ("compiled", OURS), ("compiled", PLAIN)} <= set(trained)
    assert {OURS, PLAIN, FORM} <= {row[1] for row in rows if row[0] == "2"}


@pytest.mark.parametrize("arguments", [["--small", "--write", "page.md"], []])
def test_gpu_benchmark_writes_no_figures_of_the_processor(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(sys, "argv", ["gpu", *arguments])
    with pytest.raises(SystemExit, match="2"):
        gpu.main()
    assert not list(tmp_path.iterdir())


def _printed(*command: str) -> Any:
    done = subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def _rows(lines: Any) -> list[list[str]]:
    """The cells of all tables, without the lines below headers."""
    rows = (line.strip("|").split("|") for text in lines for line in text.splitlines() if line.startswith("| "))
    return [[cell.strip() for cell in row] for row in rows]


def test_typing_is_measured_in_a_text_whose_every_keystroke_means_something() -> None:
    typing = editing.Typing(editing.text_of(60))
    assert typing.checkup.problems == ()
    text = editing.text_of(editing.LINES)
    assert abs(text.count("\n") - editing.LINES) < 20
    assert all(text.count(old) >= 1 for old, _ in editing.KEYSTROKES.values())
    assert typing.type(typing.text.replace("x 2", "x 3")) > 0
    assert typing.complete("  conv 3x3, ") > 0


@pytest.mark.benchmarks
def test_typing_is_measured_from_end_to_end() -> None:
    line = [sys.executable, "-m", "benchmarks.editing", "1"]
    found = json.loads(subprocess.run(line, capture_output=True, text=True, check=True).stdout)
    assert set(found["times"]) == {*editing.KEYSTROKES, "mending the last", "completion", editing.LONG}
    assert all(time > 0 for times in found["times"].values() for time in times)
    assert len(found["memory"]) == 6
    assert len(list(editing.page(found))) > len(found["times"])


def test_lifts_are_measured_as_whole_processes() -> None:
    head, *rows = _rows(lifting.table(("resnet20", "resnet32"), 1))
    assert head[0] == "what"
    assert [row[0] for row in rows] == ["resnet20", "resnet32", lifting.IDENTIFY, lifting.VERSION]
    assert 60 < int(rows[0][1]) < int(rows[1][1])
    assert all(float(cell) > 0 for row in rows for cell in (row[2], row[4], row[5]))
