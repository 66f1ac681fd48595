"""`resdsl recipe`: recipes listed, printed and compared, and their schema."""

from __future__ import annotations

import json
import tomllib

import jsonschema

from resdsl.resources import shipped_recipes
from tests.cli.running import Command


def test_the_schema_serves_a_recipe(resdsl: Command) -> None:
    schema = json.loads(resdsl("schema", "recipe").out)
    jsonschema.validate(tomllib.loads(resdsl("recipe", "he2015-cifar10").out), schema)


def test_the_command_prints_lists_and_compares(resdsl: Command) -> None:
    assert [line.split()[0] for line in resdsl("recipe").out.splitlines()] == [path.stem for path in shipped_recipes()]
    assert resdsl("recipe", "digits").out.startswith("# The 1,797 digits")
    rows = resdsl("recipe", "digits", "--diff", "digits-0-4").out.splitlines()
    assert [line.split() for line in rows] == [
        ["digits", "digits-0-4"],
        ["data.labels", "-", "0,", "1,", "2,", "3,", "4"],
        ["optimiser.batch", "128", "64"],
        ["schedule.epochs", "5", "8"],
        ["schedule.warm_up.rate", "0.01", "-"],
        ["schedule.warm_up.until_train_error", "0.5", "-"],
        ["schedule.warm_up.from_depth", "56", "-"],
    ]
    assert resdsl("recipe", "digits", "--diff", "digits").out == "the two recipes are the same\n"


def test_the_command_refuses_what_is_unknown(resdsl: Command) -> None:
    failed = resdsl("recipe", "digit")
    assert (failed.code, failed.err) == (2, "error: unknown recipe `digit`; did you mean `digits`?\n")
    failed = resdsl("recipe", "none.toml")
    assert (failed.code, failed.err) == (1, "error: none.toml: there is no such file\n")
    failed = resdsl("recipe", "--diff", "digits")
    assert failed.code == 2
    assert "name the first one too" in failed.err
