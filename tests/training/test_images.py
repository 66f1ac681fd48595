"""From images to images: the measure, the run of the recipe, and what does not suit it."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import log10
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import resdsl
from resdsl.data.images import Images, Parts
from resdsl.data.normalisation import Scaling
from resdsl.data.prepared import prepare
from resdsl.data.sets import read_set
from resdsl.recipes.recipe import Augmentation
from resdsl.training.batches import Batches
from resdsl.training.tasks import ImageToImage

SMALL = "network small { input 1x24x24\n residual { conv 3x3, 4; act; conv 3x3, channels } }"


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("normalisation", [Scaling(), Scaling(2.0, np.array(1, np.float32))])
def test_the_measure_is_of_values_from_0_to_1(normalisation: Scaling) -> None:
    given = np.random.default_rng(0).random((2, 5, 1, 4, 6), np.float32)
    made, wanted = given[0] * 1.5 - 0.2, given[1]
    task = ImageToImage(normalisation)
    counted = task.count(*(torch.from_numpy(normalisation(each)) for each in (made, wanted)))
    error = float(((made.clip(0, 1) - wanted) ** 2).mean())
    assert float(counted) == pytest.approx(5 * error, rel=1e-5)
    assert task.value(float(counted) / 5) == pytest.approx(10 * log10(1 / error), rel=1e-5)
    assert task.value(0.0) == 120


def test_a_run_leaves_the_psnr_of_outputs_and_inputs(tmp_path: Path) -> None:
    recipe = resdsl.recipe("deblur", steps=12)
    run = resdsl.train(resdsl.loads(SMALL), recipe, out=tmp_path / "run")
    data = prepare(read_set("photographs", None), recipe.data)
    assert isinstance(data.test, Images)
    module = resdsl.loads(SMALL).to_torch(weights=run.folder / "weights.safetensors")
    with torch.inference_mode():
        outputs = module.eval()(torch.from_numpy(data.test.inputs)).numpy()
    for name, images in (("test_psnr", outputs), ("input_psnr", data.test.inputs)):
        error = ((images.clip(-0.5, 0.5) - data.test.targets) ** 2).mean(dtype=np.float64)
        assert run.record[name] == pytest.approx(10 * log10(1 / error), abs=1e-4)
    header, *rows = (run.folder / "history.csv").read_text().splitlines()
    assert header == "epoch,step,rate,loss,psnr,test_psnr"
    assert len(rows) == 3
    assert run.summary.endswith("dB on the test images, whose inputs have 25.36 dB")
    assert "train_error" not in json.loads((run.folder / "result.json").read_text())


def test_targets_are_cut_and_mirrored_as_inputs_are() -> None:
    images = np.random.default_rng(0).random((9, 1, 12, 12), np.float32)
    ways = Augmentation.model_validate({"crop": 8, "pad": 1, "flip": True, "short_side": [10, 14]})
    inputs, targets = Batches(Images(images, images), 9, ways, 0).at(0)
    assert np.array_equal(inputs, targets)
    assert inputs.shape == (9, 1, 8, 8)


def labelled(_: Path) -> Parts:
    return Parts(Images(np.zeros((9, 1, 24, 24), np.float32), np.arange(9)))


def restored(_: Path) -> Parts:
    return Parts(Images(np.zeros((9, 1, 24, 24), np.float32), np.zeros((9, 1, 24, 24), np.float32)))


@pytest.mark.parametrize(
    ("spec", "recipe", "data", "keys", "message"),
    [
        (SMALL, "deblur", labelled, {"patch": None, "blur": None}, "the data have labels, and no images as targets"),
        (
            "network small { input 1x24x24\n conv 3x3, 2 }",
            "deblur",
            restored,
            {},
            "`small` yields 2x24x24, but the targets are 1x24x24",
        ),
        ("network small { input 1x24x24\n fc 9 }", "digits", restored, {"test": 2}, "have images as targets"),
        ("network small { input 1x24x24\n fc 9 }", "deblur", restored, {}, "`small` yields 9, but the targets are"),
    ],
)
def test_what_does_not_suit_is_refused(
    spec: str, recipe: str, data: Callable[[Path], Parts], keys: dict[str, object], message: str, tmp_path: Path
) -> None:
    changed = resdsl.recipe(recipe, **{"test": 2, "batch": 2, "steps": 1, **keys})
    with pytest.raises(resdsl.Refused, match=message):
        resdsl.train(resdsl.loads(spec), changed, out=tmp_path / "run", data=data(tmp_path))
    assert not (tmp_path / "run").exists()


def test_a_blur_makes_targets_of_images_with_labels(tmp_path: Path) -> None:
    recipe = resdsl.recipe("deblur", patch=None, test=2, batch=2, steps=2)
    run = resdsl.train(resdsl.loads(SMALL), recipe, out=tmp_path / "run", data=labelled(tmp_path))
    assert run.record["input_psnr"] == 120
    assert load_file(run.folder / "weights.safetensors")


def test_what_is_not_a_number_is_as_wrong_as_can_be() -> None:
    outputs = torch.full((2, 1, 2, 2), float("nan"))
    task = ImageToImage(Scaling(1.0, np.zeros((1, 1, 1), np.float32)))
    assert float(task.count(outputs, torch.zeros(2, 1, 2, 2))) == 2.0
