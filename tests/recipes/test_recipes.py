"""Recipes of training: those that are shipped, what a file may say, and how two differ."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import resdsl
from resdsl.recipes.difference import difference
from resdsl.recipes.recipe import Recipe
from resdsl.recipes.schema import json_schema
from resdsl.resources import shipped_recipes

NAMES = [path.stem for path in shipped_recipes()]
PAPER = {
    # He et al. 2015, arXiv 1512.03385: what each recipe has, by its key, with the section that states it.
    "he2015-cifar10": {
        "network.dropout": False,  # 4.2
        "data.set": "cifar10",
        "data.validation": 5000,
        "data.normalise": "pixel-mean",
        "augmentation.pad": 4,
        "augmentation.crop": 32,
        "augmentation.flip": True,
        "optimiser.kind": "sgd",
        "optimiser.batch": 128,
        "optimiser.rate": 0.1,
        "optimiser.momentum": 0.9,
        "optimiser.decay": 1e-4,
        "schedule.steps": 64_000,
        "schedule.drops": [32_000 / 64_000, 48_000 / 64_000],
        "schedule.factor": 0.1,
        "schedule.warm_up.rate": 0.01,
        "schedule.warm_up.until_train_error": 0.8,
        "schedule.warm_up.from_depth": 110,
        "test.whole.views": "whole",
    },
    "he2015-imagenet": {
        "network.dropout": False,  # 3.4
        "data.set": "imagenet",  # 4.1
        "data.normalise": "pixel-mean",  # 3.4
        "augmentation.short_side": [256, 480],
        "augmentation.crop": 224,
        "augmentation.flip": True,
        "augmentation.colour": 0.1,  # Krizhevsky et al. 2012, 4.1
        "optimiser.kind": "sgd",  # 3.4
        "optimiser.batch": 256,
        "optimiser.rate": 0.1,
        "optimiser.momentum": 0.9,
        "optimiser.decay": 1e-4,
        "schedule.steps": 60 * 10**4,
        "schedule.factor": 0.1,
        "test.ten-crops.views": "ten",
        "test.ten-crops.crop": 224,
        "test.scales.views": "whole",
        "test.scales.sides": [224, 256, 384, 480, 640],
        "test.scales.average": "scores",
    },
}


def stated(name: str) -> dict[str, Any]:
    """The keys that the file of a shipped recipe has, by path."""
    (path,) = (path for path in shipped_recipes() if path.stem == name)
    return dict(flat(tomllib.loads(path.read_text(encoding="utf-8"))))


def flat(table: dict[str, Any], path: str = "") -> list[tuple[str, Any]]:
    found = []
    for key, value in table.items():
        found += flat(value, f"{path}{key}.") if isinstance(value, dict) else [(path + key, value)]
    return found


def written(folder: Path, text: str, name: str = "mine.toml") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


NO_PATH = "a data set has a name of letters, digits, dots and hyphens, and no path"
CROP = "`crop` is the size of the views `centre` and `ten`, and of no other"
WARM_UP = "warm_up = { rate = 0.01, until_train_error = 0.8 }"
MINE = """task = "classification"
data.set = "digits"
optimiser = { kind = "sgd", batch = 8, rate = 0.1 }
schedule = { steps = 10 }
test.whole.views = "whole"
"""


def test_these_are_shipped() -> None:
    assert {*PAPER, "digits", "fashion-mnist", "transfer-digits", "deblur"} <= {*NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_recipe_is_valid_and_the_schema_agrees(name: str) -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    (path,) = (path for path in shipped_recipes() if path.stem == name)
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(tables, schema)
    assert Recipe.model_validate(tables).data.set == tables["data"]["set"]


@pytest.mark.parametrize("name", PAPER)
def test_recipes_of_the_paper_have_its_values(name: str) -> None:
    found = stated(name)
    assert {key: found[key] for key in PAPER[name]} == PAPER[name]


@pytest.mark.parametrize("name", PAPER)
def test_each_key_names_its_place_in_the_paper(name: str) -> None:
    (path,) = (path for path in shipped_recipes() if path.stem == name)
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if " = " in line]
    unplaced = [line for line in lines if not any(mark in line for mark in ("# Section ", "# not stated"))]
    assert [line.partition(" ")[0] for line in unplaced] == ["source", "task"]


def test_keys_are_changed_by_their_names() -> None:
    found = resdsl.recipe("digits", steps=220, rate=0.05, labels=[1, 2], flip=True)
    assert (found.schedule.steps, found.schedule.epochs) == (220, None)
    assert (found.optimiser.rate, found.data.labels, found.augmentation.flip) == (0.05, (1, 2), True)
    assert found.schedule.drops == resdsl.recipe("digits").schedule.drops
    assert resdsl.recipe("he2015-cifar10", epochs=3).schedule.steps is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stps": 3}, "unknown key `stps`; did you mean `steps`?"),
        ({"steps": 0}, "schedule.steps: input should be greater than or equal to 1"),
        ({"rate": float("nan")}, "optimiser.rate: input should be a finite number"),
        ({"drops": [0.5, 0.2]}, "schedule: `drops` must ascend"),
        ({"labels": [0, 1, 0]}, "data: `labels` has a label twice"),
        ({"short_side": [480, 256]}, "augmentation: `short_side` has its smaller size first"),
        ({"tested": "best"}, '`tested = "best"` needs a validation split: state `data.validation`'),
        ({"task": "image-to-image", "labels": [0, 1]}, '`data.labels` is for the task "classification"'),
        ({"blur": 2.0}, '`data.patch` and `data.blur` are for the task "image-to-image"'),
        ({"kind": "adam"}, "optimiser: `momentum` is for `sgd`"),
        ({"freeze": "body"}, "transfer.freeze: input should be 'backbone' or 'batch_norm'"),
    ],
)
def test_a_wrong_change_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(resdsl.Refused) as refused:
        resdsl.recipe("digits", **changes)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MINE + "[optimizer]\nrate = 1.0\n", "optimizer: unknown key; here it is called `optimiser`"),
        (MINE.replace("rate =", "lr ="), "optimiser.lr: unknown key; here it is called `rate`"),
        ("epochs = 3\n" + MINE, "epochs: unknown key; write `epochs` in the table [schedule]"),
        (MINE.replace("rate", "raet"), "optimiser.raet: unknown key; did you mean `rate`?"),
        (MINE.replace(", rate = 0.1", ""), "optimiser.rate: this key is required"),
        (MINE.replace("0.1", "0.1, momntum = 0.9"), "optimiser.momntum: unknown key; did you mean `momentum`?"),
        (MINE.replace("whole.views", "whole.vews"), "test.whole.vews: unknown key; did you mean `views`?"),
        (MINE.replace("digits", "/data/digits"), f"data.set: {NO_PATH}"),
        (
            MINE.replace("classification", "image-to-image").replace("steps = 10", f"steps = 10, {WARM_UP}"),
            '`schedule.warm_up` is for the task "classification": it ends with an error',
        ),
        (MINE.replace("steps = 10", "steps = 10, epochs = 1"), "schedule: state either `steps` or `epochs`"),
        (
            MINE.replace("steps = 10", "steps = 10, factor = 0.2"),
            "schedule: `factor` is what the rate is multiplied by at drops: state `drops`",
        ),
        (MINE.replace("steps = 10", "steps = '10'"), "schedule.steps: input should be a valid integer"),
        (MINE + "test.centre.views = 'centre'\n", f"test.centre: {CROP}"),
        ("task = ", "invalid value (at end of document)"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_name_and_the_key(text: str, message: str, tmp_path: Path) -> None:
    name = written(tmp_path, text)
    with pytest.raises(resdsl.Refused) as refused:
        resdsl.recipe(name)
    assert str(refused.value) == f"{name}: {message}"


def test_a_recipe_may_be_json(tmp_path: Path) -> None:
    name = written(tmp_path, json.dumps(tomllib.loads(MINE)), "mine.json")
    assert resdsl.recipe(name) == resdsl.recipe(written(tmp_path, MINE))


def test_a_difference_seen_from_the_other_side_has_the_same_keys() -> None:
    one, other = resdsl.recipe("he2015-cifar10"), resdsl.recipe("he2015-imagenet")
    assert difference(one, one) == []
    ours = {path: (left, right) for path, left, right in difference(one, other)}
    theirs = {path: (right, left) for path, left, right in difference(other, one)}
    assert ours == theirs
