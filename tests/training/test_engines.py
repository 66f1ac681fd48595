"""Engines: plain PyTorch and Lightning Fabric, one process and two, and what devices may be asked for."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric.loggers.csv_logs import CSVLogger
from safetensors.torch import load_file

import resdsl
from resdsl.data.images import Images
from resdsl.recipes.recipe import Augmentation
from resdsl.training.batches import Batches
from resdsl.training.devices import Devices, WrongDevices
from resdsl.training.engines import engine_on
from tests.training.small import COMMAND, SPEC, bytes_in

WITHOUT_NORM = "network small { input 1x8x8; conv 3x3, 8; act; conv 3x3, 8; act; avgpool global; fc 10 }"


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    for name in ("LOCAL_RANK", "LOCAL_WORLD_SIZE", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)


# --------------------------------------------------------------------------------------------- one process


def test_both_engines_end_with_the_same_bytes(tmp_path: Path) -> None:
    for name, fabric in (("plain", False), ("fabric", True)):
        resdsl.train(
            resdsl.loads(SPEC),
            resdsl.recipe("digits", steps=15),
            out=tmp_path / name,
            devices=Devices("cpu", fabric=fabric),
        )
    assert bytes_in(tmp_path / "plain") == bytes_in(tmp_path / "fabric")


@pytest.mark.parametrize("devices", [Devices("cpu", precision="bf16"), Devices("cpu", channels_last=True)])
def test_another_way_of_computing_is_near_and_is_another_run(devices: Devices, tmp_path: Path) -> None:
    net, recipe = resdsl.loads(SPEC), resdsl.recipe("digits", steps=4)
    for name, each in (("usual", Devices("cpu")), ("other", devices)):
        resdsl.train(net, recipe, out=tmp_path / name, devices=each)
    usual, other = (load_file(tmp_path / name / "weights.safetensors") for name in ("usual", "other"))
    assert any(not torch.equal(value, other[name]) for name, value in usual.items())
    assert all(torch.allclose(value, other[name], atol=0.02) for name, value in usual.items())
    with pytest.raises(resdsl.Refused, match=r"holds another run: it differs in (precision|channels_last)"):
        resdsl.train(net, recipe, out=tmp_path / "usual", devices=devices)


@pytest.mark.parametrize(
    ("devices", "message"),
    [
        (Devices("cpu", precision="fp16"), "a CPU does not train in fp16: use bf16, or a GPU"),
        (Devices("cpu", 2, strategy="fsdp", precision="fp16"), "a CPU does not train in fp16: use bf16, or a GPU"),
        (Devices("gpu", 1000), r"the run wants 1000 GPUs, but PyTorch finds \w+ GPUs? on this machine"),
    ],
)
def test_devices_that_are_not_there_are_refused(devices: Devices, message: str) -> None:
    with pytest.raises(WrongDevices, match=message):
        engine_on(devices)


def test_without_fabric_the_extra_is_named(tmp_path: Path) -> None:
    """In a process of its own, where a folder hides the package that is installed."""
    hiding = tmp_path / "hiding"
    hiding.mkdir()
    (hiding / "lightning_fabric.py").write_text("raise ModuleNotFoundError('no', name='lightning_fabric')\n")
    (tmp_path / "small.res").write_text(SPEC, encoding="utf-8")
    path = os.pathsep.join([str(hiding), *filter(None, [os.environ.get("PYTHONPATH")])])
    refused = subprocess.run(
        [*COMMAND, "run", "--accelerator", "cpu", "--precision", "bf16"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    assert refused.stderr == (
        "error: several devices, fsdp, bf16 and fp16 need Lightning Fabric: pip install 'resdsl[train]'\n"
    )


# ------------------------------------------------------------------------------------------- two processes


@pytest.mark.parametrize("step", [0, 2, 3, 7])
def test_shares_of_a_batch_are_together_the_batch_in_its_order(step: int) -> None:
    images = np.arange(20 * 4 * 5, dtype=np.float32).reshape(20, 1, 4, 5)
    ways = Augmentation(pad=1, crop=4, flip=True)
    whole = Batches(Images(images, np.arange(20)), 6, ways, 3).at(step)
    shares = [Batches(Images(images, np.arange(20)), 6, ways, 3, None, rank, 3).at(step) for rank in range(3)]
    assert all(np.array_equal(np.concatenate(parts), all_) for *parts, all_ in zip(*shares, whole, strict=True))


def test_two_processes_train_as_one_does(tmp_path: Path) -> None:
    """Without batch norm, whose statistics are those of a share, the step of two is that of one, but for rounding."""
    (tmp_path / "small.res").write_text(WITHOUT_NORM, encoding="utf-8")
    for name, devices in (("one", "1"), ("two", "2")):
        command = [*COMMAND, name, "--accelerator", "cpu", "--devices", devices, "--steps", "13"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        assert done.stdout.count("13 steps") == 1
    one, two = (load_file(tmp_path / name / "weights.safetensors") for name in ("one", "two"))
    assert all(torch.allclose(value, two[name], atol=1e-4) for name, value in one.items())
    first, second = (
        np.loadtxt(tmp_path / name / "history.csv", delimiter=",", skiprows=1, usecols=(0, 1, 2, 3))
        for name in ("one", "two")
    )
    np.testing.assert_allclose(first, second, rtol=1e-4)


@pytest.mark.experiments
@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_all_processes_end_with_the_same_weights(strategy: str, tmp_path: Path) -> None:
    end_two_processes(strategy, tmp_path, {})
    first, second = ((tmp_path / f"rank{rank}").read_text() for rank in (0, 1))
    assert first == second


@pytest.mark.experiments
@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_threads_that_are_late_abort_no_process(strategy: str, tmp_path: Path) -> None:
    """One that lets go of a tensor while the interpreter ends would; when that is depends on the machine."""
    late = tmp_path / "late_threads.so"
    source = Path(__file__).with_name("late_threads.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(late), str(source), "-ldl"], check=True)
    for microseconds in (1000, 3000, 6000, 10_000):
        end_two_processes(strategy, tmp_path, {"LD_PRELOAD": str(late), "LATE": str(microseconds)})


def end_two_processes(strategy: str, folder: Path, environment: Mapping[str, str]) -> None:
    """Train in two processes, which must end well and without a word."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.processes", str(folder), strategy],
        cwd=Path(__file__).parents[2],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.experiments
def test_torchrun_says_how_many_processes_there_are(tmp_path: Path) -> None:
    (tmp_path / "small.res").write_text(SPEC, encoding="utf-8")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*torchrun, *COMMAND[1:], "run", "--accelerator", "cpu", "--steps", "3"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.count("3 steps") == 1
    assert '"processes": 2' in (tmp_path / "run" / "run.json").read_text()


def test_a_batch_that_devices_cannot_share_is_refused(tmp_path: Path) -> None:
    with pytest.raises(resdsl.Refused, match="a batch of 128 images cannot be shared by 3 devices in equal parts"):
        resdsl.train(resdsl.loads(SPEC), resdsl.recipe("digits"), out=tmp_path / "run", devices=Devices("cpu", count=3))
    assert not (tmp_path / "run").exists()


# --------------------------------------------------------------------------------------------- from Python


def test_a_logger_gets_the_history_and_a_loss_of_ones_own_is_learnt(tmp_path: Path) -> None:
    """Label smoothing, whose least loss lies above that of cross entropy."""
    rows = list[tuple[int, dict[str, float]]]()

    class Noting:
        finalized = ""

        def log_metrics(self, metrics: Mapping[str, float], step: int) -> None:
            rows.append((step, dict(metrics)))

        def finalize(self, status: str) -> None:
            self.finalized = status

    def smoothed(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(outputs, targets, label_smoothing=0.9)

    net, recipe, logger = resdsl.loads(SPEC), resdsl.recipe("digits", steps=22), Noting()
    resdsl.train(net, recipe, out=tmp_path / "own", loss=smoothed, logger=logger)
    with (tmp_path / "own" / "history.csv").open(encoding="utf-8", newline="") as file:
        history = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    assert [{**metrics, "step": step} for step, metrics in rows] == history
    assert logger.finalized == "success"
    resdsl.train(net, recipe, out=tmp_path / "usual")
    assert bytes_in(tmp_path / "own")["weights.safetensors"] != bytes_in(tmp_path / "usual")["weights.safetensors"]
    with pytest.raises(resdsl.Refused, match="holds another run: it differs in loss"):
        resdsl.train(net, recipe, out=tmp_path / "own")


def test_a_logger_of_fabric_writes_its_file(tmp_path: Path) -> None:
    logger = CSVLogger(tmp_path, name="logs", version="")
    resdsl.train(resdsl.loads(SPEC), resdsl.recipe("digits", steps=3), out=tmp_path / "run", logger=logger)
    header, row = (tmp_path / "logs" / "metrics.csv").read_text().splitlines()
    assert {*header.split(",")} >= {"loss", "error", "test_error", "step"}
    assert row


def test_help_loads_no_pytorch(tmp_path: Path) -> None:
    loaded = "import sys; from resdsl.cli.main import main\ntry: main(['train', '--help'])\nexcept SystemExit: pass\n"
    check = f"{loaded}print(sorted({{'torch', 'numpy', 'lightning_fabric'}} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", check], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
