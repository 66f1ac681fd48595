"""How two recipes differ, key by key."""

from __future__ import annotations

from typing import Any

from resdsl.recipes.recipe import Recipe

ABSENT = "-"
"""In the place of a value that one of two recipes does not have."""


def values(recipe: Recipe) -> dict[str, str]:
    """The value of each key, stated or not, by its path; without the source."""
    found = recipe.model_dump(exclude={"source"})
    return {path: _text(value) for path, value in _flat(found, ())}


def difference(one: Recipe, other: Recipe) -> list[tuple[str, str, str]]:
    """The keys that have other values: path, value of one, value of the other."""
    ours, theirs = values(one), values(other)
    rows = [(path, ours.get(path, ABSENT), theirs.get(path, ABSENT)) for path in dict.fromkeys((*ours, *theirs))]
    return [row for row in rows if row[1] != row[2]]


def _flat(table: dict[str, Any], path: tuple[str, ...]) -> list[tuple[str, Any]]:
    rows = []
    for key, value in table.items():
        if isinstance(value, dict):
            rows += _flat(value, (*path, key))
        else:
            rows.append((".".join((*path, key)), value))
    return rows


def _text(value: Any) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(map(_text, value)) or ABSENT
    return str(value)
