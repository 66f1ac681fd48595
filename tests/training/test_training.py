"""Training: the schedule, batches, a run against a loop written by hand, and runs that are ended early."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from random import Random
from subprocess import DEVNULL
from time import sleep

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional

import resdsl
from resdsl.data.images import Images, Parts
from resdsl.data.prepared import prepare
from resdsl.data.sets import read_set
from resdsl.recipes.recipe import Augmentation
from resdsl.training.batches import Batches
from resdsl.training.run import Epoch, Standing
from resdsl.training.schedule import rates_of
from tests.training.small import COMMAND, SPEC, bytes_in

FILES = ["history.csv", "result.json", "run.json", "times.csv", "weights.safetensors"]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def batches(count: int = 20, size: int = 6, seed: int = 0, **ways: object) -> Batches:
    images = np.arange(count * 4 * 5, dtype=np.float32).reshape(count, 1, 4, 5)
    return Batches(Images(images, np.arange(count)), size, Augmentation.model_validate(ways), seed)


# --------------------------------------------------------------------------------------- schedule and batches


def test_rates_of_the_paper() -> None:
    rates = rates_of(resdsl.recipe("he2015-cifar10"), per_epoch=351, depth=56)
    assert [rates.at(step, warming=False) for step in (0, 31_999)] == [0.1, 0.1]
    assert rates.at(32_000, warming=False) == pytest.approx(0.01)
    assert rates.at(63_999, warming=False) == pytest.approx(0.001)
    assert rates.warm_up is None
    deep = rates_of(resdsl.recipe("he2015-cifar10"), per_epoch=351, depth=110)
    assert [deep.at(0, warming=warming) for warming in (True, False)] == [0.01, 0.1]


def test_fewer_steps_keep_the_shape_and_a_cosine_ends_at_nothing() -> None:
    assert rates_of(resdsl.recipe("he2015-cifar10", steps=100), 1, 20).drops == (50, 75)
    assert rates_of(resdsl.recipe("digits", steps=100, drops=[0.29, 0.57]), 1, 20).drops == (29, 57)
    assert rates_of(resdsl.recipe("digits"), 11, 20).steps == 55
    cosine = rates_of(resdsl.recipe("deblur"), 1, 20)
    assert [cosine.at(step, warming=False) for step in (0, 100)] == [0.002, pytest.approx(0.001)]
    assert cosine.at(199, warming=False) < 1e-6


def test_a_warm_up_ends_with_the_epoch_that_is_good_enough() -> None:
    row = Epoch(1, 10, 0.01, 1.0, {"error": 0.9})
    standing = Standing(warming=True).epoch_ended(row, warm=False)
    assert standing.warming
    assert not standing.epoch_ended(row, warm=True).warming
    assert not standing.epoch_ended(row, warm=True).epoch_ended(row, warm=False).warming


def test_each_epoch_takes_whole_batches_of_all_images_in_another_order() -> None:
    made = batches()
    assert made.per_epoch == 3
    epochs = [np.concatenate([made.at(3 * epoch + place)[1] for place in range(3)]) for epoch in (0, 1)]
    assert all(len({*epoch.tolist()}) == 18 for epoch in epochs)
    assert epochs[0].tolist() != epochs[1].tolist()
    assert batches(seed=1).at(0)[1].tolist() != made.at(0)[1].tolist()
    assert np.array_equal(made.at(4)[0], batches().at(4)[0])


def test_crops_and_mirror_images_are_of_their_images_and_all_occur() -> None:
    made = batches(count=400, size=400, pad=1, crop=4, flip=True)
    plain = batches(count=400, size=400)
    assert isinstance(plain.split, Images)
    padded = np.pad(plain.split.inputs, ((0, 0), (0, 0), (1, 1), (1, 1)))
    images, chosen = made.at(0)
    found = set()
    for image, index in zip(images, chosen, strict=True):
        views = {
            (top, left, turn): padded[index, 0, top : top + 4, left : left + 4][:, ::turn]
            for top in range(3)
            for left in range(4)
            for turn in (1, -1)
        }
        ways = [way for way, view in views.items() if np.array_equal(view, image[0])]
        assert ways
        found |= {*ways}
    assert len(found) == 3 * 4 * 2


def test_too_few_images_or_too_large_crops_are_refused() -> None:
    with pytest.raises(resdsl.Refused, match="a batch takes 6 images, but there are 5 to train on"):
        batches(count=5)
    with pytest.raises(resdsl.Refused, match="a crop of 5x5 does not fit into images of 4x5"):
        batches(crop=5).at(0)


# ------------------------------------------------------------------------------------------------------- runs


def test_a_run_is_the_loop_that_one_would_write(tmp_path: Path) -> None:
    net, recipe = resdsl.loads(SPEC), resdsl.recipe("digits", epochs=2)
    run = resdsl.train(net, recipe, out=tmp_path / "run", seed=3)
    data = prepare(read_set("digits", None), recipe.data)
    made, module = Batches(data.train, 128, recipe.augmentation, 3), net.to_torch(seed=3)
    optimiser = torch.optim.SGD(module.parameters(), 0.1, momentum=0.9, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, [11, 16], gamma=0.1)
    for step in range(22):
        inputs, targets = map(torch.from_numpy, made.at(step))
        loss = functional.cross_entropy(module(inputs), targets)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        schedule.step()
    kept = load_file(run.folder / "weights.safetensors")
    for name, value in module.state_dict().items():
        assert torch.allclose(kept[name], value, rtol=1e-5, atol=1e-6), name
    assert isinstance(data.test, Images)
    with torch.inference_mode():
        wrong = module.eval()(torch.from_numpy(data.test.inputs)).argmax(1) != torch.from_numpy(data.test.targets)
    assert run.test_error == pytest.approx(float(wrong.float().mean()), abs=0.003)
    assert sorted(path.name for path in run.folder.iterdir()) == FILES
    again = resdsl.loads(SPEC).to_torch(weights=run.folder / "weights.safetensors")
    assert all(torch.equal(kept[name], value) for name, value in again.state_dict().items())


def test_the_files_are_the_same_each_time_and_for_no_other_seed(tmp_path: Path) -> None:
    net, recipe = resdsl.loads(SPEC), resdsl.recipe("digits", steps=5)
    for name, seed in (("one", 0), ("same", 0), ("other", 1)):
        resdsl.train(net, recipe, out=tmp_path / name, seed=seed)
    assert bytes_in(tmp_path / "one") == bytes_in(tmp_path / "same")
    assert bytes_in(tmp_path / "one")["weights.safetensors"] != bytes_in(tmp_path / "other")["weights.safetensors"]
    assert json.loads((tmp_path / "one" / "result.json").read_text())["steps"] == 5


@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.moments)])
def test_a_run_that_was_killed_goes_on_to_the_same_bytes(rounds: int, tmp_path: Path) -> None:
    """At moments after a checkpoint and, every second time, possibly before the first."""
    (tmp_path / "small.res").write_text(SPEC, encoding="utf-8")
    subprocess.run([*COMMAND, "whole"], cwd=tmp_path, check=True, capture_output=True)
    drawn, killed, resumed = Random(0), 0, 0
    for number in range(rounds):
        process = subprocess.Popen([*COMMAND, f"run{number}"], cwd=tmp_path, stdout=DEVNULL, stderr=DEVNULL)
        folder = tmp_path / f"run{number}"
        while process.poll() is None and not (folder / ("run.json" if number % 2 else "checkpoint.pt")).exists():
            sleep(0.005)
        sleep(drawn.random() * 0.1)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        resumed += (folder / "checkpoint.pt").exists()
        subprocess.run([*COMMAND, f"run{number}"], cwd=tmp_path, check=True, capture_output=True)
        assert bytes_in(folder) == bytes_in(tmp_path / "whole")
    assert killed
    assert resumed


def test_a_frozen_body_stays_and_a_new_head_learns(tmp_path: Path) -> None:
    """The body is that of a run on other digits; a body that nobody trained serves worse."""
    spec, first, second = SPEC.replace("classes = 10", "classes = 5"), "digits-0-4", "transfer-digits"
    source = (
        resdsl.train(resdsl.loads(spec), resdsl.recipe(first), out=tmp_path / "first").folder / "weights.safetensors"
    )
    fresh = resdsl.loads(spec).to_safetensors(tmp_path / "fresh.safetensors", seed=100)
    runs = {
        name: resdsl.train(resdsl.loads(spec), resdsl.recipe(second), out=tmp_path / name, weights=weights)
        for name, weights in (("trained", source), ("fresh", fresh))
    }
    assert runs["trained"].test_error < runs["fresh"].test_error
    before, after = load_file(source), load_file(runs["trained"].folder / "weights.safetensors")
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert changed == {"fc.weight", "fc.bias"}
    with pytest.raises(resdsl.Refused, match="it differs in weights; choose another folder"):
        resdsl.train(resdsl.loads(spec), resdsl.recipe(second), out=tmp_path / "trained", weights=fresh)
    with pytest.raises(resdsl.Refused, match="the recipe has no `transfer`: --weights would have no effect"):
        resdsl.train(resdsl.loads(spec), resdsl.recipe(first), out=tmp_path / "third", weights=fresh)


def test_a_folder_of_another_run_is_left_alone(tmp_path: Path) -> None:
    net, recipe = resdsl.loads(SPEC), resdsl.recipe("digits", steps=1)
    resdsl.train(net, recipe, out=tmp_path / "run")
    before = bytes_in(tmp_path / "run")
    with pytest.raises(resdsl.Refused, match=r"holds another run: it differs in recipe, seed; choose another folder"):
        resdsl.train(net, resdsl.recipe("digits", steps=2), out=tmp_path / "run", seed=4)
    assert bytes_in(tmp_path / "run") == before
    assert resdsl.train(net, recipe, out=tmp_path / "run").record["steps"] == 1


def test_files_of_no_run_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"mine")
    with pytest.raises(resdsl.Refused, match=r"weights.safetensors is of no run, and would be replaced"):
        resdsl.train(resdsl.loads(SPEC), resdsl.recipe("digits", steps=1), out=tmp_path)
    assert bytes_in(tmp_path) == {"weights.safetensors": b"mine"}


def test_a_run_that_ended_is_not_trained_again(tmp_path: Path) -> None:
    net, recipe, steps = resdsl.loads(SPEC), resdsl.recipe("digits", steps=2), list[int]()
    first, second = (
        resdsl.train(net, recipe, out=tmp_path, after_step=lambda now, _: steps.append(now.step)) for _ in range(2)
    )
    assert steps == [1, 2]
    assert (tmp_path / "times.csv").read_text().splitlines()[0] == "epoch,seconds,images_per_second"
    assert first == second


@pytest.mark.parametrize("op", ["dropout 0.5", "drop_path 0.5"])
def test_a_recipe_without_dropout_takes_no_network_with_it(op: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        "task = 'classification'\nnetwork.dropout = false\ndata = { set = 'digits', test = 360 }\n"
        "optimiser = { kind = 'sgd', batch = 8, rate = 0.1 }\nschedule.steps = 1\ntest.whole.views = 'whole'\n"
    )
    net = resdsl.loads(SPEC.replace("avgpool", f"{op}; avgpool"))
    with pytest.raises(resdsl.Refused, match="the recipe is for networks without dropout, and `small` has it"):
        resdsl.train(net, resdsl.recipe(str(tmp_path / "mine.toml")), out=tmp_path / "run")


def test_a_loss_that_is_no_number_ends_the_run_with_its_step(tmp_path: Path) -> None:
    images = Images(np.full((20, 1, 8, 8), np.nan, np.float32), np.arange(20) % 10)
    with pytest.raises(resdsl.Refused, match="the loss of step 1 is nan: training has diverged"):
        resdsl.train(
            resdsl.loads(SPEC),
            resdsl.recipe("digits", batch=4, test=4, steps=3),
            out=tmp_path / "run",
            data=Parts(images),
        )


@pytest.mark.parametrize(
    ("settings", "changes", "message"),
    [
        ({"classes": 4}, {}, "`small` yields 4, but the data have 10 classes"),
        ({"input": "1x9x9"}, {}, "`small` takes 1x9x9, but the images are 1x8x8; set the input: --input 1x8x8"),
        ({}, {"batch": 9999}, "a batch takes 9999 images, but there are 1437 to train on"),
        ({}, {"colour": 0.1}, "`augmentation.colour` is for images of 3 channels, not of 1"),
        ({}, {"short_side": [8, 9]}, "images of several sizes are trained on in crops: state `augmentation.crop`"),
        ({}, {"reset": ["fc"]}, "the recipe has `transfer`: name the weights that it begins with, with --weights"),
    ],
)
def test_what_does_not_suit_is_refused_before_a_file_is_written(
    settings: dict[str, str], changes: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(resdsl.Refused) as refused:
        resdsl.train(resdsl.loads(SPEC, **settings), resdsl.recipe("digits", **changes), out=tmp_path / "run")
    assert str(refused.value) == message
    assert not (tmp_path / "run").exists()
