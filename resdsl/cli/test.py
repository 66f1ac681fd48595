"""`resdsl test`: the errors of a network with weights, in one or several ways of testing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from resdsl.cli.messages import say
from resdsl.cli.options import not_empty, values_of, with_spec_options

if TYPE_CHECKING:
    from resdsl.api import Net


@click.command("test")
@click.argument("spec", type=not_empty)
@click.option("--recipe", "recipe_name", metavar="RECIPE", required=True, help="Data and ways of testing.")
@click.option("--weights", type=not_empty, metavar="FILE", help="Weights of the network; an ONNX file has its own.")
@with_spec_options
@click.option("--data", type=not_empty, metavar="FOLDER", help="Folder of the data set, unless a package has it.")
@click.option("--split", type=click.Choice(["test", "validation", "train"]), default="test", show_default=True)
@click.option("--views", type=click.Choice(["whole", "centre", "ten"]), help="What is looked at in each image.")
@click.option("--scales", metavar="N,N,...", help="Sizes of the shorter side of images; all are averaged.")
@click.option("--crop", type=click.IntRange(1), metavar="N", help="Size of the views `centre` and `ten`.")
@click.option("--average", type=click.Choice(["probabilities", "scores"]), help="What is averaged over views.")
@click.option("--on", type=click.Choice(["torch", "onnx"]), default="torch", show_default=True, help="What computes.")
@click.option("--batch", type=click.IntRange(1), default=256, show_default=True, help="Images at once.")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
@click.option("--confusion", type=not_empty, metavar="FILE.csv", help="Write the confusion matrix of the first way.")
def command(
    spec: str,
    recipe_name: str,
    weights: str | None,
    network: str | None,
    settings: tuple[str, ...],
    input_shapes: tuple[str, ...],
    import_path: tuple[str, ...],
    data: str | None,
    split: str,
    views: str | None,
    scales: str | None,
    crop: int | None,
    average: str | None,
    on: str,
    batch: int,
    form: str,
    confusion: str | None,
) -> None:
    """Test the network of SPEC with weights, or an ONNX file, on the data of a recipe.

    Images are tested in each way that the recipe has; the error of the first is the one that is reported. With --views,
    --scales, --crop or --average they are tested in one way: the first of the recipe, so changed.
    """
    values = values_of(settings, input_shapes)
    sides = _sides(scales)
    from resdsl.recipes.reading import recipe, tested_as

    way = {"views": views, "sides": sides, "crop": crop, "average": average}
    given = {key: value for key, value in way.items() if value is not None}
    chosen = recipe(recipe_name)
    if given:
        chosen = tested_as(chosen, given)
    if spec.endswith(".onnx"):
        if values or network or import_path:
            raise click.UsageError("an ONNX file is finished: the options of specs have no effect on it")
        net: Net | Path = Path(spec)
    else:
        from resdsl.cli.reading import load_nets

        net = load_nets([spec], network, values, import_path)[0]
    from resdsl.testing.testing import LIBRARIES, PARTS, test

    found = test(
        net,
        chosen,
        weights=weights,
        data=data,
        split=PARTS[PARTS.index(split)],
        on=LIBRARIES[LIBRARIES.index(on)],
        batch=batch,
    )
    from resdsl.testing.table import as_csv, as_json, as_text, confusion_csv

    if confusion is not None:
        from resdsl.cli.writing import put_text

        put_text(confusion_csv(found.reported.counts), confusion)
    say({"text": as_text, "json": as_json, "csv": as_csv}[form](found).rstrip("\n"))


def _sides(scales: str | None) -> tuple[int, ...] | None:
    if scales is None:
        return None
    parts = scales.split(",")
    if not all(part.isascii() and part.isdecimal() and int(part) for part in parts):
        raise click.UsageError(f"--scales takes numbers such as 224,256, not '{scales}'")
    return tuple(map(int, parts))
