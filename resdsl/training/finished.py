"""A run that ended, as what `resdsl test` takes: its recipe and the weights that it tested."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.recipes.reading import validated
from resdsl.recipes.recipe import Recipe
from resdsl.training.run import BEST, MANIFEST, WEIGHTS, AnotherRun, read_record

if TYPE_CHECKING:
    from resdsl.net import Net


def recipe_and_weights(net: Net, folder: Path) -> tuple[Recipe, Path]:
    """The recipe of a run, and the weights that it tested: the last, or the best by the validation split.

    Args:
        net: the network of the run.
        folder: that of the run.

    Raises:
        AnotherRun: the run is of another network, or `run.json` is no file of a run.
        resdsl.recipes.reading.NotARecipe: its recipe is not valid.
        OSError: there is no run.
    """
    from resdsl.sweeps.canonical import network_hash

    record = read_record(folder / MANIFEST)
    if record.get("canonical_hash") != network_hash(net.ir):
        raise AnotherRun(
            f"the run in {folder} is of `{record.get('network')}` with other values than this `{net.name}`: "
            "set those of the run, with --set and --input"
        )
    recipe = validated(record.get("recipe"))
    return recipe, folder / (BEST if recipe.tested == "best" else WEIGHTS)
