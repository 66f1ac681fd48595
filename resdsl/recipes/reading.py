"""Recipes by name or from files, with some of their settings changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.recipes.recipe import Recipe
from resdsl.refusal import Refused
from resdsl.resources import shipped_recipes
from resdsl.settings_file import NotSettings, first_fault, keys_of, read_settings
from resdsl.source import Source, Unreadable, read_source

_REASONS = {
    ("string_pattern_mismatch", "set"): "a data set has a name of letters, digits, dots and hyphens, and no path",
}


class NotARecipe(Refused):
    """A recipe is unknown, or its file is not valid."""


class UnknownRecipe(NotARecipe):
    """No shipped recipe has the name."""

    of_usage = True


def recipe_text(name: str) -> Source:
    """The text of a shipped recipe or, if the name ends in .toml or .json, of that file.

    Raises:
        NotARecipe: there is no such recipe, or the file cannot be read.
    """
    if Path(name).suffix in {".toml", ".json"}:
        try:
            return read_source(Path(name))
        except Unreadable as error:
            raise NotARecipe(f"{name}: {error}") from None
    known = {path.stem: path for path in shipped_recipes()}
    if name not in known:
        others = f"available: {', '.join(known)}, and files ending in .toml or .json"
        raise UnknownRecipe(f"unknown recipe `{name}`; {did_you_mean(name, known) or others}")
    return read_source(known[name], f"recipes/{name}.toml")


def read_recipe(source: Source) -> Recipe:
    """The recipe in a text.

    Raises:
        NotARecipe: the text cannot be parsed, or a key or value is not valid.
    """
    try:
        return read_settings(source, Recipe, _REASONS)
    except NotSettings as error:
        raise NotARecipe(f"{source.name}: {error}") from None


def recipe(name: str, **changes: Any) -> Recipe:
    """A shipped recipe or, if the name ends in .toml or .json, the recipe in that file.

    Args:
        name: the recipe, such as `he2015-cifar10`.
        changes: other values of its keys, each by the key alone: `steps=220`, `batch=64`, `rate=0.05`. Of `steps` and
            `epochs`, the one that is given replaces the other.

    Raises:
        NotARecipe: there is no such recipe, or its file, a key or a value is not valid.
    """
    found = read_recipe(recipe_text(name))
    return changed(found, changes) if changes else found


def changed(base: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """The recipe with other values of some keys.

    Raises:
        NotARecipe: no key or more than one has the name, or a value is not valid.
    """
    tables = base.model_dump(exclude_unset=True)
    for key, value in changes.items():
        *path, last = _path_of(key)
        table = tables
        for part in path:
            table = table.setdefault(part, {})
        for other in {"steps": ("epochs",), "epochs": ("steps",)}.get(key, ()):
            table.pop(other, None)
        table[last] = value
    return validated(tables)


def tested_as(base: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """The recipe with one way of testing: its first, with other values of some keys.

    Args:
        base: the recipe.
        changes: `views`, `sides`, `crop` and `average`; with `views="whole"`, a crop goes.

    Raises:
        NotARecipe: a value is not valid.
    """
    tables = base.model_dump(exclude_unset=True)
    name, way = next(iter(tables["test"].items()))
    if changes.get("views") == "whole":
        way.pop("crop", None)
    return validated({**tables, "test": {name: {**way, **changes}}})


def validated(tables: object) -> Recipe:
    """The recipe in plain values, such as those in `run.json`.

    Raises:
        NotARecipe: a key or value is not valid.
    """
    try:
        return Recipe.model_validate(tables)
    except ValidationError as error:
        raise NotARecipe(first_fault(error, Recipe, _REASONS)) from None


def _path_of(key: str) -> tuple[str, ...]:
    """The path of the key that has a name of its own: `rate` is `optimiser.rate`."""
    if key in _PATHS:
        return _PATHS[key]
    hint = did_you_mean(key, _PATHS)
    raise NotARecipe(f"unknown key `{key}`" + (f"; {hint}" if hint else f"; available: {', '.join(_PATHS)}"))


_PATHS = {
    **{key: (key,) for key in ("task", "tested")},
    **{
        key: (table, key)
        for table in ("data", "augmentation", "optimiser", "schedule", "transfer", "record")
        for key in keys_of(Recipe, [table])
        if key != "warm_up"
    },
}
"""The path of each key that can be changed by its name alone."""
