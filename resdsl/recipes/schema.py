"""The JSON schema of recipes, which also serves their TOML files in an editor."""

from __future__ import annotations

from typing import Any

from resdsl.recipes.recipe import Recipe


def json_schema() -> dict[str, Any]:
    """The schema, in the draft of 2020-12."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Recipe.model_json_schema()}
