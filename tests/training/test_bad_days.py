"""Runs that are ended, disturbed or damaged: nothing is lost, and what is wrong is in one sentence."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import sleep

import numpy as np
import pytest
import torch

import resdsl
from resdsl.data.images import Images, Parts
from resdsl.locking import alone_in
from resdsl.training.run import CHECKPOINT, Standing
from tests.training.small import COMMAND, SPEC, bytes_in

STEPS = "110"
"""Enough for a signal to arrive on the way."""
ENV = {**os.environ, "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing ended, beside the spec."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "small.res").write_text(SPEC, encoding="utf-8")
    subprocess.run([*COMMAND, "run", "--steps", STEPS], cwd=folder, env=ENV, check=True, capture_output=True)
    return folder / "run"


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def begun(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """A run that has left its first checkpoint and goes on."""
    (folder / "small.res").write_text(SPEC, encoding="utf-8")
    command = [*COMMAND, "run", "--steps", STEPS, *arguments]
    process = subprocess.Popen(command, cwd=folder, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not (folder / "run" / CHECKPOINT).exists():
        sleep(0.005)
    return process


def step_of(checkpoint: Path) -> int:
    return int(torch.load(checkpoint, weights_only=True)["standing"]["step"])


def diverging(out: Path, steps: list[int]) -> resdsl.Refused:
    """A run whose third epoch is of images that are no numbers."""
    images = Images(np.zeros((20, 1, 8, 8), np.float32), np.arange(20) % 10)
    recipe = resdsl.recipe("digits", batch=4, test=4, steps=12)

    def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(outputs, targets) * (float("inf") if len(steps) >= 5 else 1.0)

    with pytest.raises(resdsl.Refused) as refused:
        resdsl.train(
            resdsl.loads(SPEC),
            recipe,
            out=out,
            data=Parts(images),
            loss=loss,
            after_step=lambda now, _: steps.append(now.step),
        )
    return refused.value


# ------------------------------------------------------------------------------------------------- signals


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.moments)])
def test_a_signal_ends_a_run_at_the_next_step_and_it_goes_on_from_there(
    number: signal.Signals, whole: Path, tmp_path: Path
) -> None:
    process = begun(tmp_path)
    process.send_signal(number)
    _, message = process.communicate()
    assert process.returncode == 128 + number
    word = {signal.SIGTERM: "terminated", signal.SIGINT: "interrupted"}[number]
    assert message == f"\n{word}: the same command goes on from the last checkpoint\n"
    assert 0 < step_of(tmp_path / "run" / CHECKPOINT) < int(STEPS)
    subprocess.run([*COMMAND, "run", "--steps", STEPS], cwd=tmp_path, env=ENV, check=True, capture_output=True)
    assert bytes_in(tmp_path / "run") == bytes_in(whole)


def test_a_signal_within_an_epoch_leaves_a_checkpoint_within_it(tmp_path: Path) -> None:
    """From Python, where an interrupt is the usual exception."""
    net, recipe = resdsl.loads(SPEC), resdsl.recipe("digits", steps=30)

    def interrupt(now: Standing, steps: int) -> None:
        if now.step == 16:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        resdsl.train(net, recipe, out=tmp_path / "run", after_step=interrupt)
    assert step_of(tmp_path / "run" / CHECKPOINT) == 17
    resdsl.train(net, recipe, out=tmp_path / "run")
    resdsl.train(net, recipe, out=tmp_path / "whole")
    assert bytes_in(tmp_path / "run") == bytes_in(tmp_path / "whole")


@pytest.mark.parametrize("op", ["dropout 0.5", "drop_path 0.5"])
def test_what_layers_draw_is_the_same_when_a_run_goes_on(op: str, tmp_path: Path) -> None:
    text = (
        SPEC.replace("avgpool", "dropout 0.5; avgpool")
        if op.startswith("dropout")
        else SPEC.replace("stage layer1: basic(w) x n", f"residual {{ conv 3x3, w; norm; {op} }}")
    )
    net, recipe = resdsl.loads(text), resdsl.recipe("digits", steps=20)

    def interrupt(now: Standing, _: int) -> None:
        if now.step == 13:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resdsl.train(net, recipe, out=tmp_path / "run", after_step=interrupt)
    for name in ("run", "whole"):
        resdsl.train(net, recipe, out=tmp_path / name)
    assert bytes_in(tmp_path / "run") == bytes_in(tmp_path / "whole")
    resdsl.train(net, recipe, out=tmp_path / "other", seed=1)
    assert bytes_in(tmp_path / "other") != bytes_in(tmp_path / "whole")


def test_a_handler_that_lets_a_signal_pass_does_not_make_a_run_finished(
    tmp_path: Path,
) -> None:
    passed: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: passed.append(number))

    def terminated(now: Standing, steps: int) -> None:
        if now.step == 3:
            signal.raise_signal(signal.SIGTERM)

    (tmp_path / "small.res").write_text(SPEC, encoding="utf-8")
    net, recipe = resdsl.load(tmp_path / "small.res"), resdsl.recipe("digits", steps=6)
    try:
        with pytest.raises(KeyboardInterrupt):
            resdsl.train(net, recipe, out=tmp_path / "run", after_step=terminated)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert passed == [signal.SIGTERM]
    assert not (tmp_path / "run" / "result.json").exists()
    resdsl.train(net, recipe, out=tmp_path / "run")
    resdsl.train(net, recipe, out=tmp_path / "whole")
    assert bytes_in(tmp_path / "run") == bytes_in(tmp_path / "whole")


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    net, recipe, steps = resdsl.loads(SPEC), resdsl.recipe("digits", steps=30), list[int]()

    def interrupt(now: Standing, _: int) -> None:
        steps.append(now.step)
        if now.step == 16:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        resdsl.train(net, recipe, out=tmp_path, after_step=interrupt)
    assert steps[-1] == 16
    assert step_of(tmp_path / CHECKPOINT) == 11


@pytest.mark.experiments
def test_two_processes_end_together_when_one_gets_a_signal(tmp_path: Path) -> None:
    arguments = ["--accelerator", "cpu", "--devices", "2"]
    process = begun(tmp_path, *arguments)
    process.send_signal(signal.SIGTERM)
    _, message = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert message == "\nterminated: the same command goes on from the last checkpoint\n"
    subprocess.run(
        [*COMMAND, "run", "--steps", STEPS, *arguments], cwd=tmp_path, env=ENV, check=True, capture_output=True
    )
    subprocess.run(
        [*COMMAND, "whole", "--steps", STEPS, *arguments], cwd=tmp_path, env=ENV, check=True, capture_output=True
    )
    assert bytes_in(tmp_path / "run") == bytes_in(tmp_path / "whole")


# -------------------------------------------------------------------------------------- folders and files


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    with alone_in(tmp_path), pytest.raises(resdsl.Refused, match="is being written by another process"):
        resdsl.train(resdsl.loads(SPEC), resdsl.recipe("digits", steps=1), out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_diverged_says_so_again_and_is_not_trained_again(tmp_path: Path) -> None:
    steps = list[int]()
    first = diverging(tmp_path / "run", steps)
    assert str(first) == "the loss of step 6 is inf: training has diverged"
    record = json.loads((tmp_path / "run" / "failure.json").read_text())
    assert record == {"step": 6, "reason": str(first)}
    assert not (tmp_path / "run" / CHECKPOINT).exists()
    taken = len(steps)
    assert str(diverging(tmp_path / "run", steps)) == str(first)
    assert len(steps) == taken


def damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2000])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def of_another_network(path: Path) -> None:
    kept = torch.load(path, weights_only=True)
    kept["module"] = {name: value[:1] if value.ndim else value for name, value in kept["module"].items()}
    torch.save(kept, path)


def of_another_program(path: Path) -> None:
    torch.save([1, 2], path)


def interrupted_within(out: Path) -> None:
    """Leave a run that was ended in its second epoch of three."""

    def interrupt(now: Standing, _: int) -> None:
        if now.step == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resdsl.train(resdsl.loads(SPEC), resdsl.recipe("digits", steps=30), out=out, after_step=interrupt)


@pytest.mark.parametrize("harm", [damaged, emptied, of_another_network, of_another_program])
def test_a_wrong_checkpoint_is_refused_by_name(harm: Callable[[Path], None], tmp_path: Path) -> None:
    interrupted_within(tmp_path)
    harm(tmp_path / CHECKPOINT)
    before = bytes_in(tmp_path)
    with pytest.raises(resdsl.Refused) as refused:
        resdsl.train(resdsl.loads(SPEC), resdsl.recipe("digits", steps=30), out=tmp_path)
    assert str(refused.value) == (
        f"{tmp_path / CHECKPOINT} is damaged, or of another network; remove it to begin again"
    )
    assert bytes_in(tmp_path) == before


def test_a_full_disk_ends_a_run_with_what_it_had(tmp_path: Path) -> None:
    """The system lets no file of the process grow to the size of a checkpoint, as a full disk would not."""
    interrupted_within(tmp_path / "run")
    kept = (tmp_path / "run" / CHECKPOINT).read_bytes()
    most = len(kept) // 2
    (tmp_path / "small.res").write_text(SPEC, encoding="utf-8")
    refused = subprocess.run(
        [*COMMAND, "run", "--steps", "30"],
        cwd=tmp_path,
        env=ENV,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )
    assert refused.returncode == 2
    assert refused.stderr == "error: run/checkpoint.pt: file too large\n"
    assert (tmp_path / "run" / CHECKPOINT).read_bytes() == kept
    for name in ("run", "whole"):
        resdsl.train(resdsl.loads(SPEC), resdsl.recipe("digits", steps=30), out=tmp_path / name)
    assert bytes_in(tmp_path / "run") == bytes_in(tmp_path / "whole")


@pytest.mark.parametrize("name", ["result.json", "failure.json"])
def test_a_damaged_end_is_refused_by_name(name: str, tmp_path: Path) -> None:
    interrupted_within(tmp_path)
    (tmp_path / name).write_text("{}", encoding="utf-8")
    with pytest.raises(resdsl.Refused) as refused:
        resdsl.train(resdsl.loads(SPEC), resdsl.recipe("digits", steps=30), out=tmp_path)
    assert str(refused.value) == f"{tmp_path / name} is damaged; remove it to train again"
    assert (tmp_path / CHECKPOINT).exists()


def test_damaged_times_disturb_nothing(tmp_path: Path) -> None:
    interrupted_within(tmp_path)
    (tmp_path / "times.csv").write_bytes(b"epoch\n\xff\n")
    resdsl.train(resdsl.loads(SPEC), resdsl.recipe("digits", steps=30), out=tmp_path)
    assert [line[:2] for line in (tmp_path / "times.csv").read_text(encoding="utf-8").splitlines()[1:]] == ["2,", "3,"]


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_that_is_none_is_refused(seed: int, tmp_path: Path) -> None:
    with pytest.raises(resdsl.Refused, match=f"{seed} is no seed: seeds are integers from 0 to 18446744073709551615"):
        resdsl.train(resdsl.loads(SPEC), resdsl.recipe("digits", steps=1), out=tmp_path / "run", seed=seed)
    assert not (tmp_path / "run").exists()


def test_a_last_step_that_spoils_the_weights_has_diverged(tmp_path: Path) -> None:
    """The loss is 0, but the slope of the root there is infinite."""

    def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return (outputs.square().sum() * 0).sqrt()

    for _ in range(2):
        with pytest.raises(resdsl.Refused, match="weights are not finite after step 1: training has diverged"):
            resdsl.train(resdsl.loads(SPEC), resdsl.recipe("digits", steps=1), out=tmp_path, loss=loss)
    assert json.loads((tmp_path / "failure.json").read_text(encoding="utf-8"))["step"] == 1
