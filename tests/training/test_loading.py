"""Batches made ahead by other processes: the same bytes, from any step, and what goes wrong there told here."""

from __future__ import annotations

import json
import os
import signal
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import resdsl
from resdsl.data.images import WrongData
from resdsl.data.prepared import prepare
from resdsl.data.sets import read_set
from resdsl.recipes.recipe import Augmentation, Data
from resdsl.training.batches import Batches
from resdsl.training.loading import Loaded, fed
from resdsl.training.run import Standing

SPEC = "network small(classes = 2) {\n  input 3x8x8\n  conv 3x3, 4; norm; act\n  avgpool global\n  fc classes\n}\n"
RECIPE = """task = "classification"
data = { set = "folder", test = 4, normalise = "pixel-mean" }
augmentation = { short_side = [9, 12], crop = 8, flip = true, colour = 0.1 }
optimiser = { kind = "sgd", batch = 4, rate = 0.1 }
schedule.steps = 7
test.centre = { views = "centre", sides = [10], crop = 8 }
test.scales = { views = "whole", sides = [8, 10], average = "scores" }
"""


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sixteen pictures of two classes and several sizes."""
    draws = np.random.default_rng(0)
    for number in range(16):
        path = tmp_path / "pictures" / f"class{number % 2}" / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draws.integers(0, 256, (10 + number % 3, 12 + number % 5, 3), np.uint8)).save(path)
    return tmp_path / "pictures"


def batches(folder: Path) -> Batches:
    keys = {"set": "folder", "test": 4, "normalise": "pixel-mean"}
    prepared = prepare(read_set("folder", folder), Data.model_validate(keys), colours=True)
    ways = Augmentation.model_validate({"short_side": [9, 12], "crop": 8, "flip": True, "colour": 0.1})
    return Batches(prepared.train, 4, ways, 0, prepared.colours)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("first", [0, 4])
def test_batches_are_the_same_from_any_step_and_number_of_processes(workers: int, first: int, folder: Path) -> None:
    made = batches(folder)
    loaded = fed(made, 7, workers)
    assert isinstance(loaded, Loaded)
    assert (loaded.size, loaded.per_epoch) == (4, 3)
    for step in range(first, 7):
        for own, other in zip(made.at(step), loaded.at(step), strict=True):
            assert own.dtype == other.dtype
            assert np.array_equal(own, other)


def test_processes_end_when_they_are_closed(folder: Path) -> None:
    loaded = fed(batches(folder), 7, 2)
    loaded.at(0)
    assert len(active_children()) == 2
    loaded.close()
    assert active_children() == []
    assert np.array_equal(loaded.at(3)[0], batches(folder).at(3)[0])


def test_no_other_process_is_needed(folder: Path) -> None:
    made = batches(folder)
    assert fed(made, 7, 0) is made


def test_a_damaged_picture_is_told_as_without_processes(folder: Path) -> None:
    for path in folder.rglob("*.jpg"):
        path.write_bytes(path.read_bytes()[:200])
    made = Batches(read_set("folder", folder).train, 4, Augmentation(crop=8), 0)
    with pytest.raises(WrongData) as alone:
        made.at(0)
    with pytest.raises(WrongData) as loaded:
        fed(made, 7, 2).at(0)
    assert str(loaded.value) == str(alone.value)
    assert "cannot be read as a picture" in str(alone.value)


class Dying(Batches):
    """Batches at whose making the process dies."""

    def at(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        os.kill(os.getpid(), signal.SIGKILL)
        return super().at(step)


def test_a_process_that_dies_is_told(folder: Path) -> None:
    made = batches(folder)
    with pytest.raises(WrongData, match="a process that makes batches has failed: DataLoader worker"):
        fed(Dying(made.split, 4, made.augmentation, 0, made.colours), 7, 1).at(0)


def test_a_run_is_the_same_with_any_number_of_processes(folder: Path, tmp_path: Path) -> None:
    """Without a number, pictures have some."""
    (tmp_path / "mine.toml").write_text(RECIPE, encoding="utf-8")
    recipe, found = resdsl.recipe(str(tmp_path / "mine.toml")), []
    for number, workers in enumerate((0, 1, 2, None)):
        out = tmp_path / f"run{number}"
        resdsl.train(resdsl.loads(SPEC), recipe, out=out, data=folder, workers=workers)
        found.append({path.name: path.read_bytes() for path in out.iterdir() if path.name != "times.csv"})
    assert len(found[0]) >= 4
    assert json.loads(found[0]["run.json"])["classes"] == ["class0", "class1"]
    assert found == [found[0]] * 4


def test_a_run_on_pictures_goes_on_with_the_same_ones_only(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(RECIPE, encoding="utf-8")
    recipe = resdsl.recipe(str(tmp_path / "mine.toml"))
    resdsl.train(resdsl.loads(SPEC), recipe, out=tmp_path / "run", data=folder, workers=0)
    (folder / "class1" / "1.jpg").rename(folder / "class1" / "17.jpg")
    with pytest.raises(resdsl.Refused, match="holds another run: it differs in data; choose another folder"):
        resdsl.train(resdsl.loads(SPEC), recipe, out=tmp_path / "run", data=folder, workers=0)


def test_a_run_whose_processes_are_interrupted_goes_on_to_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(RECIPE, encoding="utf-8")
    recipe = resdsl.recipe(str(tmp_path / "mine.toml"))

    def interrupt(now: Standing, _: int) -> None:
        if now.step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resdsl.train(resdsl.loads(SPEC), recipe, out=tmp_path / "ended", data=folder, workers=2, after_step=interrupt)
    for name, workers in (("ended", 1), ("whole", 0)):
        resdsl.train(resdsl.loads(SPEC), recipe, out=tmp_path / name, data=folder, workers=workers)
    for name in ("history.csv", "result.json", "weights.safetensors"):
        assert (tmp_path / "ended" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_an_error_that_is_kept_keeps_no_processes(folder: Path, tmp_path: Path) -> None:
    """They ignore signals, so that the interpreter would wait for them at its end."""

    def fail(now: Standing, _: int) -> None:
        raise ZeroDivisionError

    (tmp_path / "mine.toml").write_text(RECIPE, encoding="utf-8")
    recipe, before = resdsl.recipe(str(tmp_path / "mine.toml")), {*active_children()}
    with pytest.raises(ZeroDivisionError) as kept:
        resdsl.train(resdsl.loads(SPEC), recipe, out=tmp_path / "run", data=folder, workers=2, after_step=fail)
    assert kept.value.__traceback__ is not None
    assert {*active_children()} <= before
