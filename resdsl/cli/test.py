"""`resdsl test`: the errors of a network with weights, in one or several ways of testing."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resdsl.cli.messages import say
from resdsl.cli.options import not_empty, values_of, with_spec_options
from resdsl.cli.weight_options import refuse_without_weights, saying_notes, taking_of, with_weight_options

if TYPE_CHECKING:
    from resdsl.net import Net
    from resdsl.recipes.recipe import Recipe


@click.command("test")
@click.argument("spec", type=not_empty)
@click.option("--recipe", "recipe_name", metavar="RECIPE", help="Data and ways of testing: see `resdsl recipe`.")
@click.option("--weights", type=not_empty, metavar="FILE", help="Weights of the network; an ONNX file has its own.")
@with_weight_options
@click.option("--run", "run", type=not_empty, metavar="FOLDER", help="Take recipe and weights of a run of `train`.")
@with_spec_options
@click.option("--data", type=not_empty, metavar="FOLDER", help="Folder of the data set, unless a package has it.")
@click.option("--split", type=click.Choice(["test", "validation", "train"]), default="test", show_default=True)
@click.option("--views", type=click.Choice(["whole", "centre", "ten"]), help="What is looked at in each image.")
@click.option("--scales", metavar="N,N,...", help="Sizes of the shorter side of images; all are averaged.")
@click.option("--crop", type=click.IntRange(1), metavar="N", help="Size of the views `centre` and `ten`.")
@click.option("--average", type=click.Choice(["probabilities", "scores"]), help="What is averaged over views.")
@click.option(
    "--on", type=click.Choice(["torch", "onnx"]), help="PyTorch, the default, or the ONNX form in onnxruntime."
)
@click.option("--batch", type=click.IntRange(1), default=256, show_default=True, help="Images at once.")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
@click.option("--confusion", type=not_empty, metavar="FILE.csv", help="Write the confusion matrix of the first way.")
def command(
    spec: str,
    recipe_name: str | None,
    weights: str | None,
    ignore: tuple[str, ...],
    weights_key: str | None,
    rename: tuple[str, ...],
    adapt: tuple[str, ...],
    run: str | None,
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
    on: str | None,
    batch: int,
    form: str,
    confusion: str | None,
) -> None:
    """Test the network of SPEC with weights, or an ONNX file, on the data of a recipe.

    Images are tested in each way that the recipe has; the error of the first is the one that is reported. With --views,
    --scales, --crop or --average they are tested in one way: the first of the recipe, so changed.
    """
    taking = taking_of(ignore, weights_key, rename, adapt)
    refuse_without_weights(weights, taking)
    way = {"views": views, "sides": _sides(scales), "crop": crop, "average": average}
    net = _net_of(spec, network, values_of(settings, input_shapes), import_path)
    chosen, kept = _of_run(net, run) if run is not None else (None, None)
    if recipe_name is not None:
        from resdsl.recipes.reading import recipe

        chosen = recipe(recipe_name)
    if chosen is None:
        raise click.UsageError("name a recipe with --recipe, or a run with --run")
    if confusion is not None:
        _refuse_output(confusion, net, [weights, kept, recipe_name], data)
    changes = {key: value for key, value in way.items() if value is not None}
    if changes:
        from resdsl.recipes.reading import tested_as

        chosen = tested_as(chosen, changes)
    from resdsl.testing.testing import LIBRARIES, PARTS, test

    # It may run for hours, and what people's data and PyTorch drop may refer to itself.
    gc.enable()
    with saying_notes():
        found = test(
            net,
            chosen,
            weights=weights or kept,
            data=data,
            split=PARTS[PARTS.index(split)],
            on=None if on is None else LIBRARIES[LIBRARIES.index(on)],
            batch=batch,
            **taking,
        )
    from resdsl.testing.table import as_csv, as_json, as_text, confusion_csv

    if confusion is not None:
        from resdsl.cli.writing import put_text

        put_text(confusion_csv(found.reported.counts), confusion)
    say({"text": as_text, "json": as_json, "csv": as_csv}[form](found).rstrip("\n"))


def _net_of(spec: str, network: str | None, values: dict[str, str], import_path: tuple[str, ...]) -> Net | Path:
    """The network of a spec, or the path of an ONNX file."""
    if spec.endswith(".onnx"):
        if values or network or import_path:
            raise click.UsageError("an ONNX file is finished: the options of specs have no effect on it")
        return Path(spec)
    from resdsl.cli.reading import load_nets

    return load_nets([spec], network, values, import_path)[0]


def _of_run(net: Net | Path, run: str) -> tuple[Recipe, Path]:
    if isinstance(net, Path):
        raise click.UsageError("a run has a spec and weights; an ONNX file is tested with --recipe")
    from resdsl.training.finished import recipe_and_weights

    return recipe_and_weights(net, Path(run))


def _refuse_output(confusion: str, net: Net | Path, inputs: Sequence[str | Path | None], data: str | None) -> None:
    """Refuse to replace what is tested, and files of runs and of data sets, and what cannot be written.

    Raises:
        click.UsageError: the confusion matrix would replace a file of a run or of the data set.
        resdsl.overwriting.WouldOverwrite: it would replace another input.
        OSError: it cannot be written.
    """
    from resdsl.cli.writing import refuse_outputs
    from resdsl.experiments.folder import is_left_by_runs

    path = Path(confusion).resolve()
    if is_left_by_runs(path, path.parent):
        raise click.UsageError(f"{confusion} has the name of a file that runs leave behind; choose another name")
    if data is not None and path.is_relative_to(Path(data).resolve()):
        raise click.UsageError(f"{confusion} lies in the folder of the data set; choose another folder")
    refuse_outputs({"--confusion": confusion}, [*([net] if isinstance(net, Path) else net.files), *inputs])


def _sides(scales: str | None) -> tuple[int, ...] | None:
    if scales is None:
        return None
    parts = scales.split(",")
    if not all(part.isascii() and part.isdecimal() and int(part) for part in parts):
        raise click.UsageError(f"--scales takes numbers such as 224,256, not '{scales}'")
    return tuple(map(int, parts))
