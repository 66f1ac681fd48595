"""All points of a sweep trained from several seeds: what is left behind, parts, what goes on and what is refused."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
import torch

import resdsl
from resdsl.data.images import Images, Parts
from resdsl.data.sets import READERS
from resdsl.experiments.rows import rows_in
from resdsl.experiments.trainings import unit
from resdsl.experiments.trainings.estimate import estimate, longest
from resdsl.experiments.trainings.run import SweepTraining, TrainingOrder
from resdsl.locking import alone_in
from resdsl.recipes.recipe import Recipe
from resdsl.sweeping import Networks
from resdsl.sweeps.units.run import RunOutcome
from resdsl.sweeps.units.shards import Shard
from resdsl.training.threads import one_thread
from resdsl.training.training import train
from tests.sweeps.trees import hashes, times

SPEC = """network net(w = 4, shortcut = A, classes = 10) {
  input 1x8x8
  conv 3x3, w; norm; act
  stage layer1: basic(w) x 1
  avgpool global
  fc classes
}
sweep tiny  { network net; over w = [4, 6], shortcut = [none, A]; name "tiny{w}-{shortcut}" }
sweep other { network net; over w = [4, 6], shortcut = [none, A]; name "tiny{w}-{shortcut}" }
"""
NAMES = ["tiny4-none", "tiny4-A", "tiny6-none", "tiny6-A"]
SEEDS = [0, 3]
ALL = [f"{name}/seed-{seed}" for name in NAMES for seed in SEEDS]


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Networks:
    path = tmp_path_factory.mktemp("spec") / "tiny.res"
    path.write_text(SPEC, encoding="utf-8")
    return resdsl.sweep(path)


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return resdsl.recipe("digits", steps=3, batch=32)


@pytest.fixture(scope="module")
def whole(networks: Networks, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sweep that nothing disturbed."""
    root = tmp_path_factory.mktemp("whole")
    assert counts(networks.train(recipe, SEEDS, out=root)) == (8, 0, 0, ())
    return root


def counts(run: RunOutcome) -> tuple[int, int, int, tuple[str, ...] | None]:
    return run.made, run.kept, len(run.failed), run.missing


def lasting(root: Path) -> dict[str, str]:
    """The files that are the same in every run: all but those with times."""
    return {name: digest for name, digest in hashes(root).items() if not name.endswith("times.csv")}


def trainings(networks: Networks, recipe: Recipe, root: Path, **order: object) -> SweepTraining:
    wish = replace(TrainingOrder("tiny", root, recipe, tuple(SEEDS)), **order)  # type: ignore[arg-type]
    return SweepTraining(networks.points(), networks.sweep.network, wish)


def manifest(folder: Path) -> dict[str, object]:
    found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


# ----------------------------------------------------------------------------------------- what is left behind


def test_each_training_is_that_of_one_network(whole: Path, networks: Networks, recipe: Recipe, tmp_path: Path) -> None:
    net = next(net for net in networks if net.name == "tiny6-A")
    with one_thread():
        single = resdsl.train(net, recipe, out=tmp_path, seed=3).folder
    folder = whole / "tiny6-A" / "seed-3"
    for name in ("weights.safetensors", "history.csv"):
        assert (folder / name).read_bytes() == (single / name).read_bytes()
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert (run["network"], run["sweep"], run["point"]) == ("net", "tiny", "tiny6-A")
    assert run["parameters"] == {"w": 6, "shortcut": "A"}


def test_results_have_a_row_for_each_training_in_the_order_of_the_sweep(whole: Path, networks: Networks) -> None:
    rows = rows_in((whole / "results.csv").read_text(encoding="utf-8"), "results.csv")
    assert [f"{row['point']}/seed-{row['seed']}" for row in rows] == ALL
    assert list(rows[0])[:9] == ["point", "network", "w", "shortcut", "seed", "depth", "params", "macs", "steps"]
    costs = {point.name: point.costs for point in networks.points()}
    for row in rows:
        result = json.loads((whole / str(row["point"]) / f"seed-{row['seed']}" / "result.json").read_text())
        assert row["test_error"] == result["test_error"]
        assert row["macs"] == costs[str(row["point"])].macs


def test_the_manifest_says_what_was_trained_and_what_qualifies_it(whole: Path, recipe: Recipe) -> None:
    found = manifest(whole)
    assert found["recipe"] == recipe.model_dump(mode="json", exclude_unset=True)
    assert (found["sweep"], found["seeds"], found["missing"]) == ("tiny", SEEDS, [])
    points = found["points"]
    assert isinstance(points, list)
    assert [point["folder"] for point in points] == ALL
    findings = found["findings"]
    assert isinstance(findings, list)
    assert "`w` also changes costs from 4 to 6" in findings[0]
    files = manifest(whole / ALL[0])["files"]
    assert isinstance(files, dict)
    assert {*files} >= {"run.json", "history.csv", "weights.safetensors", "result.json"}


# ------------------------------------------------------------------------------------------- parts and processes


def test_processes_and_parts_give_the_same_bytes(
    whole: Path, networks: Networks, recipe: Recipe, tmp_path: Path
) -> None:
    findings = tuple(str(each) for each in manifest(whole)["findings"])  # type: ignore[attr-defined]
    parts = [
        trainings(networks, recipe, tmp_path, findings=findings, shard=Shard(number, 3), jobs=jobs).run()
        for number, jobs in ((1, 2), (2, 1), (3, 1))
    ]
    assert sum(part.made for part in parts) == 8
    assert not (tmp_path / "manifest.json").exists()
    assert not (tmp_path / "results.csv").exists()
    assert trainings(networks, recipe, tmp_path, findings=findings).merge() == ()
    assert lasting(tmp_path) == lasting(whole)
    assert torch.get_num_threads() > 0


@pytest.mark.parametrize("count", [1, 2, 5, 16])
def test_parts_are_dealt_by_cost(count: int) -> None:
    costs = [float(cost) for cost in random.Random(count).choices(range(1, 71), k=60)]
    parts = [Shard(number + 1, count).dealt(range(60), lambda place: costs[place]) for number in range(count)]
    assert sorted(place for part in parts for place in part) == list(range(60))
    loads = [sum(costs[place] for place in part) for part in parts]
    assert max(loads) - min(loads) <= max(costs)
    for part in parts:
        assert [costs[place] for place in part] == sorted((costs[place] for place in part), reverse=True)


def test_half_a_sweep_says_what_is_missing(whole: Path, networks: Networks, recipe: Recipe, tmp_path: Path) -> None:
    trainings(networks, recipe, tmp_path, shard=Shard(2, 2)).run()
    part = [planned.name for planned in trainings(networks, recipe, tmp_path, shard=Shard(2, 2)).part]
    missing = tuple(name for name in ALL if name not in part)
    assert len(part) == 4
    assert trainings(networks, recipe, tmp_path).merge() == missing
    assert manifest(tmp_path)["missing"] == list(missing)
    rows = rows_in((tmp_path / "results.csv").read_text(encoding="utf-8"), "results.csv")
    assert [f"{row['point']}/seed-{row['seed']}" for row in rows] == [name for name in ALL if name in part]
    assert counts(networks.train(recipe, SEEDS, out=tmp_path)) == (4, 4, 0, ())
    assert lasting(tmp_path) == lasting(whole)


def test_results_are_kept_up_to_date(networks: Networks, recipe: Recipe, tmp_path: Path) -> None:
    found = []

    def ended(outcome: object) -> None:
        rows = rows_in((tmp_path / "results.csv").read_text(encoding="utf-8"), "results.csv")
        found.append((len(rows), len(manifest(tmp_path)["missing"])))  # type: ignore[arg-type]

    networks.train(recipe, 1, out=tmp_path, on_progress=ended)
    assert found == [(1, 3), (2, 2), (3, 1), (4, 0)]


def test_a_data_set_is_read_once(
    networks: Networks, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, folders = READERS["digits"], list[object]()

    def counted(folder: Path | None) -> Parts:
        folders.append(folder)
        return read(folder)

    monkeypatch.setitem(READERS, "digits", counted)
    unit._read.cache_clear()
    networks.train(recipe, 1, out=tmp_path)
    assert folders == [None]


# ----------------------------------------------------------------------------------------------------- going on


def test_what_is_finished_stays_untouched(whole: Path, networks: Networks, recipe: Recipe) -> None:
    before = times(whole)
    assert counts(networks.train(recipe, SEEDS, out=whole)) == (0, 8, 0, ())
    assert times(whole) == before


def test_more_seeds_add_to_what_is_there(networks: Networks, recipe: Recipe, tmp_path: Path) -> None:
    assert counts(networks.train(recipe, 1, out=tmp_path)) == (4, 0, 0, ())
    assert counts(networks.train(recipe, 2, out=tmp_path)) == (4, 4, 0, ())
    assert manifest(tmp_path)["seeds"] == [0, 1]


def test_a_damaged_training_is_done_again(networks: Networks, recipe: Recipe, tmp_path: Path) -> None:
    networks.train(recipe, 1, out=tmp_path)
    before, stamps = lasting(tmp_path), times(tmp_path)
    weights = tmp_path / "tiny4-A" / "seed-0" / "weights.safetensors"
    data = weights.read_bytes()
    weights.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert counts(networks.train(recipe, 1, out=tmp_path)) == (1, 3, 0, ())
    assert lasting(tmp_path) == before
    changed = {Path(name).parts[0] for name, stamp in times(tmp_path).items() if stamps.get(name) != stamp}
    assert changed == {"tiny4-A"}


def test_a_training_that_fails_costs_no_other(whole: Path, networks: Networks, recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "tiny4-A").mkdir()
    (tmp_path / "tiny4-A" / "seed-0").write_text("mine", encoding="utf-8")
    run = networks.train(recipe, SEEDS, out=tmp_path)
    assert counts(run) == (7, 0, 1, ("tiny4-A/seed-0",))
    assert run.failed[0].reason.endswith("seed-0 is not a folder, but points go into folders")
    (tmp_path / "tiny4-A" / "seed-0").unlink()
    assert counts(networks.train(recipe, SEEDS, out=tmp_path)) == (1, 7, 0, ())
    assert lasting(tmp_path) == lasting(whole)


def test_a_training_that_diverges_has_failed_for_good(networks: Networks, tmp_path: Path) -> None:
    images = Images(np.full((20, 1, 8, 8), np.nan, np.float32), np.arange(20) % 10)
    recipe = resdsl.recipe("digits", batch=4, test=4, steps=2)
    first = networks.train(recipe, 1, out=tmp_path, data=Parts(images))
    assert counts(first) == (0, 0, 4, ())
    assert {outcome.reason for outcome in first.failed} == {"the loss of step 1 is nan: training has diverged"}
    points = manifest(tmp_path)["points"]
    assert isinstance(points, list)
    assert points[0]["failure"] == {"step": 1, "reason": first.failed[0].reason}
    assert (tmp_path / "results.csv").read_text(encoding="utf-8").count("\n") == 1
    before = times(tmp_path / "tiny4-A")
    again = networks.train(recipe, 1, out=tmp_path, data=Parts(images))
    assert again.failed == first.failed
    assert times(tmp_path / "tiny4-A") == before


# -------------------------------------------------------------------------------------------- what is refused


def another_recipe(networks: Networks, root: Path) -> None:
    networks.train(resdsl.recipe("digits", steps=4, batch=32), SEEDS, out=root)


def other_data(networks: Networks, root: Path) -> None:
    made = np.random.default_rng(0)
    images = Images(made.random((1797, 1, 8, 8), np.float32), np.arange(1797) % 10)
    networks.train(resdsl.recipe("digits", steps=3, batch=32), SEEDS, out=root, data=Parts(images))


def another_sweep(networks: Networks, root: Path) -> None:
    spec = root.parent / "spec.res"
    spec.write_text(SPEC, encoding="utf-8")
    resdsl.sweep(spec, "other").train(resdsl.recipe("digits", steps=3, batch=32), SEEDS, out=root)


@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize(
    ("asks", "words"),
    [
        (another_recipe, "contains this sweep trained by another recipe"),
        (other_data, "contains this sweep trained on other data"),
        (another_sweep, "contains the sweep `tiny`, not `other`"),
    ],
)
def test_other_trainings_are_not_replaced_unasked(
    asks: Callable[[Networks, Path], None], words: str, merged: bool, whole: Path, networks: Networks, tmp_path: Path
) -> None:
    root = whole
    if not merged:
        root = tmp_path / "part"
        trainings(networks, resdsl.recipe("digits", steps=3, batch=32), root, shard=Shard(1, 8)).run()
    before = hashes(root)
    with pytest.raises(resdsl.Refused, match=words):
        asks(networks, root)
    assert hashes(root) == before


def test_other_trainings_are_replaced_on_request(networks: Networks, recipe: Recipe, tmp_path: Path) -> None:
    networks.train(resdsl.recipe("digits", steps=4, batch=32), 1, out=tmp_path / "run")
    run = networks.train(recipe, 1, out=tmp_path / "run", replace=True)
    assert counts(run) == (4, 0, 0, ())
    assert sorted(run.replaced) == sorted(f"{name}/seed-0" for name in NAMES)
    networks.train(recipe, 1, out=tmp_path / "fresh")
    assert lasting(tmp_path / "run") == lasting(tmp_path / "fresh")


def test_what_cannot_be_trained_is_refused_before_a_file_is_written(networks: Networks, tmp_path: Path) -> None:
    for recipe, words in (
        (resdsl.recipe("transfer-digits"), "the recipe has `transfer`"),
        (resdsl.recipe("digits", batch=9999), "a batch takes 9999 images, but there are 1437"),
    ):
        with pytest.raises(resdsl.Refused, match=words):
            networks.train(recipe, 1, out=tmp_path / "run")
    narrow = resdsl.sweep(networks.sweep.files[0], classes=4)
    with pytest.raises(resdsl.Refused, match="yields 4, but the data have 10 classes"):
        narrow.train(resdsl.recipe("digits", steps=1), 1, out=tmp_path / "run")
    for seeds in (0, [], [0, -1], [2, 0, 2]):
        with pytest.raises(ValueError, match="seeds must be a number of seeds from 1, or different seeds from 0"):
            networks.train(resdsl.recipe("digits", steps=1), seeds, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


# --------------------------------------------------------------------------------------------------- estimates


def test_an_estimate_measures_the_ends_and_writes_nothing(networks: Networks, recipe: Recipe, tmp_path: Path) -> None:
    planned = trainings(networks, recipe, tmp_path / "none", jobs=2)
    found = estimate(planned, planned.part)
    assert (found.trainings, found.steps, found.jobs) == (8, 3, 2)
    assert [name.partition("-")[0] for name in found.measured] == ["tiny4", "tiny6"]
    first, last = found.measured.values()
    tested = 360 + 1797  # after the epoch, and at the end
    each = [3 * end.compute + tested * end.test for end in (first, last)]
    assert found.compute == pytest.approx(4 * sum(each))
    assert found.data == pytest.approx(4 * 3 * (first.data + last.data))
    assert found.wall == pytest.approx((found.compute + found.data) / 2)
    assert list(tmp_path.iterdir()) == []


def test_an_estimate_leaves_out_what_is_finished(networks: Networks, recipe: Recipe, tmp_path: Path) -> None:
    assert len(trainings(networks, recipe, tmp_path).unfinished()) == 8
    trainings(networks, recipe, tmp_path, shard=Shard(1, 4)).run()
    assert len(trainings(networks, recipe, tmp_path).unfinished()) == 6


def test_jobs_take_the_dearest_that_is_left() -> None:
    assert longest([3, 1, 2, 2], 1) == 8
    assert longest([3, 1, 2, 2], 2) == 4
    assert longest([5, 1, 1], 3) == 5


# ----------------------------------------------------------------------------------------------------- kill -9


class Killed:
    """A copy of this process that trains, until so many events of Python's profiler have passed."""

    def __init__(self, train: Callable[[], object], events: int) -> None:
        self._left = events
        self.pid = os.fork()
        if not self.pid:
            sys.setprofile(self._passes)
            try:
                train()
            finally:
                os._exit(0)

    def _passes(self, frame: FrameType, event: str, argument: object) -> None:
        self._left -= 1
        if self._left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def wait(self) -> bool:
        """Whether it was killed before its end."""
        return os.waitpid(self.pid, 0)[1] == signal.SIGKILL


def events_of(train: Callable[[], object]) -> int:
    events = 0

    def passes(frame: FrameType, event: str, argument: object) -> None:
        nonlocal events
        events += 1

    sys.setprofile(passes)
    try:
        train()
    finally:
        sys.setprofile(None)
    return events


@pytest.mark.parametrize("moments", [2, pytest.param(20, marks=pytest.mark.moments)])
def test_a_sweep_that_was_killed_goes_on_to_the_same_bytes(moments: int, networks: Networks, tmp_path: Path) -> None:
    """Each training has several epochs, and so checkpoints to go on from."""
    torch.set_num_threads(1)  # a copy of a process has none of its threads
    pair, recipe = resdsl.sweep(networks.sweep.files[0], over={"w": [4]}), resdsl.recipe("digits", epochs=4, batch=128)
    pair.train(recipe, 1, out=tmp_path / "imports")  # which have more events than the trainings
    events = events_of(partial(pair.train, recipe, 1, out=tmp_path / "whole"))
    chance, root, killed, went_on = random.Random(16), tmp_path / "killed0", 0, 0
    while killed < moments:
        if Killed(partial(pair.train, recipe, 1, out=root), chance.randrange(events)).wait():
            killed += 1
            went_on += len(list(root.glob("*/*/checkpoint.pt")))
        else:
            assert lasting(root) == lasting(tmp_path / "whole")
            root = tmp_path / f"killed{killed}"
    assert counts(pair.train(recipe, 1, out=root))[2:] == (0, ())
    assert lasting(root) == lasting(tmp_path / "whole")
    assert went_on or moments < 20, "no moment was between the epochs of a training"


def test_a_training_that_another_sweep_is_at_is_waited_for(
    networks: Networks, recipe: Recipe, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other sweep takes the folder between the look at it and the training."""
    taken: list[str] = []

    def taken_once(*arguments: Any, out: Path, **options: Any) -> object:
        if out.name not in taken:
            taken.append(out.name)
            with alone_in(out):
                return train(*arguments, out=out, **options)  # the second lock on the folder is refused
        return train(*arguments, out=out, **options)

    monkeypatch.setattr(unit, "train", taken_once)
    assert counts(networks.train(recipe, SEEDS, out=tmp_path)) == (8, 0, 0, ())
    assert taken == ["seed-0", "seed-3"]
    assert lasting(tmp_path) == lasting(whole)
