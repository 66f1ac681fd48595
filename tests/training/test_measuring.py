"""What is measured in training: the columns of the history, all ways of testing, and the best weights."""

from __future__ import annotations

import csv
from pathlib import Path
from shutil import copyfile

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import resdsl
from resdsl.data.images import Images, Parts
from resdsl.data.prepared import prepare
from resdsl.recipes.recipe import Recipe, Test as Way
from resdsl.training.engine import PlainEngine
from resdsl.training.measuring import Measuring, single_view
from resdsl.training.run import Epoch, Standing
from resdsl.training.tasks import Classification

SPEC = """network small(n = 1, w = 4, shortcut = A, classes = 10) {
  input 1x24x24
  conv 3x3, w, /2; norm; act
  stage layer1: basic(w) x n
  stage layer2: basic(2 * w) x n, /2
  avgpool global
  fc classes
}
"""
RECIPE = resdsl.recipe("fashion-mnist", epochs=4, batch=40)
"""Crops of 24 from 28; it tests the centre, ten crops, and whole images at three sizes."""


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def clothes() -> Parts:
    """Images of 28 x 28, like those of Fashion-MNIST: a pattern for each label, and noise."""
    drawn = np.random.default_rng(3)
    labels = np.arange(320) % 10
    patterns = drawn.random((10, 1, 7, 7)).repeat(4, 2).repeat(4, 3)
    pixels = 255 * (0.5 * patterns[labels] + 0.5 * drawn.random((320, 1, 28, 28)))
    images = Images(pixels.astype(np.uint8), labels)
    return Parts(images[:240], images[240:])


def best(recipe: Recipe, held_back: int = 80) -> Recipe:
    data = recipe.data.model_copy(update={"validation": held_back})
    return recipe.model_copy(update={"tested": "best", "data": data})


def history_of(folder: Path) -> list[dict[str, float]]:
    with (folder / "history.csv").open(encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def without_noise(folder: Path) -> dict[str, bytes]:
    """The files of a run, but the one that has times."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != "times.csv"}


def test_the_recipe_fashion_mnist_trains_and_is_tested_in_all_of_its_ways(clothes: Parts, tmp_path: Path) -> None:
    net = resdsl.loads(SPEC)
    run = resdsl.train(net, RECIPE, out=tmp_path / "run", data=clothes)
    weights = tmp_path / "run" / "weights.safetensors"
    again = resdsl.test(net, RECIPE, weights=weights, data=clothes)
    assert run.record["tests"] == {name: each.record() for name, each in again.ways.items()}
    assert list(again.ways) == ["centre", "ten-crops", "scales"]
    assert run.test_error == again.error
    on_training = resdsl.test(net, RECIPE, weights=weights, data=clothes, split="train")
    assert run.train_error == on_training.error < 0.9


def test_each_epoch_has_its_errors_and_the_last_are_those_of_the_run(clothes: Parts, tmp_path: Path) -> None:
    recipe = RECIPE.model_copy(update={"data": RECIPE.data.model_copy(update={"validation": 80})})
    run = resdsl.train(resdsl.loads(SPEC), recipe, out=tmp_path / "run", data=clothes)
    rows = history_of(run.folder)
    assert list(rows[0])[-2:] == ["validation_error", "test_error"]
    assert len(rows) == 4
    assert rows[-1]["test_error"] == run.test_error
    assert rows[-1]["validation_error"] == run.record["validation_error"]
    found = resdsl.test(
        resdsl.loads(SPEC), recipe, weights=run.folder / "weights.safetensors", data=clothes, split="validation"
    )
    assert rows[-1]["validation_error"] == found.error


def test_with_ten_crops_first_an_epoch_is_tested_by_its_centres(clothes: Parts, tmp_path: Path) -> None:
    ways = {"ten": RECIPE.test["ten-crops"], "centre": RECIPE.test["centre"]}
    run = resdsl.train(resdsl.loads(SPEC), RECIPE.model_copy(update={"test": ways}), out=tmp_path / "run", data=clothes)
    assert history_of(run.folder)[-1]["test_error"] == run.record["tests"]["centre"]["error"]
    assert run.test_error == run.record["tests"]["ten"]["error"]


def test_the_best_weights_are_those_of_the_epoch_with_the_least_validation_error(
    clothes: Parts, tmp_path: Path
) -> None:
    net, recipe = resdsl.loads(SPEC), best(RECIPE)
    run = resdsl.train(net, recipe, out=tmp_path / "run", data=clothes)
    errors = [row["validation_error"] for row in history_of(run.folder)]
    tested = run.record["tested"]
    assert (tested["weights"], tested["epoch"]) == ("best.safetensors", errors.index(min(errors)) + 1)
    assert run.record["validation_error"] == min(errors)
    assert errors.index(min(errors)) < len(errors) - 1, "choose another seed: the last epoch is the best"
    kept = load_file(run.folder / "best.safetensors")
    last = load_file(run.folder / "weights.safetensors")
    assert any(not torch.equal(kept[name], last[name]) for name in kept)
    weights = run.folder / "best.safetensors"
    assert resdsl.test(net, recipe, weights=weights, data=clothes, split="validation").error == min(errors)
    again = resdsl.test(net, recipe, weights=weights, data=clothes)
    assert run.record["tests"] == {name: each.record() for name, each in again.ways.items()}


@pytest.mark.parametrize(("ended_after", "written_before_the_end"), [(3, False), (4, True), (8, False), (9, False)])
def test_a_run_of_the_best_weights_that_was_ended_goes_on_to_the_same_bytes(
    ended_after: int, written_before_the_end: bool, clothes: Parts, tmp_path: Path
) -> None:
    """Also where it was ended between the best weights of an epoch and its checkpoint."""
    net, recipe = resdsl.loads(SPEC), best(RECIPE)

    def end(now: Standing, steps: int) -> None:
        if now.step == ended_after:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        resdsl.train(net, recipe, out=tmp_path / "ended", data=clothes, after_step=end)
    resdsl.train(net, recipe, out=tmp_path / "whole", data=clothes)
    if written_before_the_end:
        copyfile(tmp_path / "whole" / "best.safetensors", tmp_path / "ended" / "best.safetensors")
    resdsl.train(net, recipe, out=tmp_path / "ended", data=clothes)
    assert without_noise(tmp_path / "ended") == without_noise(tmp_path / "whole")
    assert "best.safetensors" in without_noise(tmp_path / "whole")


@pytest.mark.parametrize(
    ("spec", "way", "message"),
    [
        (SPEC, {"views": "centre", "crop": 30}, "a view of 30x30 does not fit into images of 28x28"),
        (
            "network flat { input 1x24x24; conv 3x3, 2, /4; flatten; fc 10 }",
            {"views": "whole"},
            "`flat` cannot take inputs of 1x28x28: fc: its weights are for inputs of 72, not of 98",
        ),
    ],
)
def test_a_way_of_testing_that_cannot_be_done_is_refused_before_a_file_is_written(
    spec: str, way: dict[str, object], message: str, clothes: Parts, tmp_path: Path
) -> None:
    recipe = RECIPE.model_copy(update={"test": {"way": Way.model_validate(way)}})
    with pytest.raises(resdsl.Refused) as refused:
        resdsl.train(resdsl.loads(spec), recipe, out=tmp_path / "run", data=clothes)
    assert str(refused.value) == message
    assert not (tmp_path / "run").exists()


class One(PlainEngine):
    """One of two processes, whose sums are its own."""

    ranks = 2

    def __init__(self, rank: int) -> None:
        super().__init__()
        self.rank = rank


def test_processes_share_the_images(clothes: Parts, tmp_path: Path) -> None:
    by_label = Images(np.random.default_rng(0).random((80, 1, 28, 28), np.float32), np.arange(80) // 8)
    net, prepared = resdsl.loads(SPEC), prepare(Parts(clothes.train, by_label), RECIPE.data)
    module, history = net.to_torch(seed=0), [Epoch(1, 6, 0.1, 1.0, {})]

    def errors(engine: PlainEngine) -> dict[str, float]:
        measuring = Measuring(net, RECIPE, prepared, Classification(), engine, tmp_path)
        tests = measuring.after_training(module, history)["tests"]
        return {name: each["error"] for name, each in tests.items()}

    one, other, both = errors(One(0)), errors(One(1)), errors(PlainEngine())
    assert one != other
    assert {name: pytest.approx((one[name] + other[name]) / 2) for name in one} == both


@pytest.mark.parametrize(
    ("images", "taken", "sides", "view"),
    [
        ((28, 28), (24, 24), None, Way(views="centre", crop=24)),
        ((8, 8), (8, 8), None, Way(views="whole")),
        ((30, 30), (32, 32), None, Way(views="whole")),
        ((32, 48), (32, 48), None, Way(views="whole")),
        (None, (224, 224), (256, 480), Way(views="centre", crop=224, sides=(256,))),
        (None, (32, 32), None, Way(views="centre", crop=32)),
    ],
)
def test_training_errors_are_of_the_centre_of_larger_images(
    images: tuple[int, int] | None, taken: tuple[int, int], sides: tuple[int, int] | None, view: Way
) -> None:
    assert single_view(images, taken, sides) == view
