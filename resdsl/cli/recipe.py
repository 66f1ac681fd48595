"""`resdsl recipe`: prints the recipes of training, and how two of them differ."""

from __future__ import annotations

import click

from resdsl.cli.messages import say


@click.command("recipe")
@click.argument("name", required=False)
@click.option("--diff", "other", metavar="RECIPE", help="Print only the keys in which this recipe has other values.")
def command(name: str | None, other: str | None) -> None:
    """Print a recipe of training as TOML, or list the shipped recipes.

    NAME is a shipped recipe, or a .toml or .json file, which is checked.
    """
    if name is None:
        if other is not None:
            raise click.UsageError("--diff compares two recipes; name the first one too")
        _list_recipes()
    elif other is None:
        _print_recipe(name)
    else:
        _print_difference(name, other)


def _list_recipes() -> None:
    from resdsl.resources import shipped_recipes

    texts = {path.stem: path.read_text(encoding="utf-8") for path in shipped_recipes()}
    wide = max(map(len, texts))
    for name, text in texts.items():
        say(f"{name:{wide}}  {text.splitlines()[0].removeprefix('# ')}")


def _print_recipe(name: str) -> None:
    from resdsl.recipes.reading import read_recipe, recipe_text

    source = recipe_text(name)
    read_recipe(source)
    say(source.text.rstrip("\n"))


def _print_difference(name: str, other: str) -> None:
    from resdsl.recipes.difference import difference
    from resdsl.recipes.reading import recipe

    rows = difference(recipe(name), recipe(other))
    if not rows:
        say("the two recipes are the same")
        return
    rows = [("", name, other), *rows]
    path, ours = (max(len(row[at]) for row in rows) for at in (0, 1))
    for row in rows:
        say(f"{row[0]:{path}}  {row[1]:{ours}}  {row[2]}".rstrip())
