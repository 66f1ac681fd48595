"""The options of `resdsl build` that quantise; `docs/onnx.md` says what excludes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from resdsl.net import Net
    from resdsl.quantization.quantizing import Quantized

F = TypeVar("F", bound=Callable[..., None])
_OWN_DATA = ""

_OPTIONS = (
    click.option(
        "--quantize",
        metavar="[DATA]",
        is_flag=False,
        flag_value=_OWN_DATA,
        help="ONNX: write int8, with scales from images: the folder of the data set of --recipe, unless a package has "
        "it; a folder of pictures; or a file of arrays.",
    ),
    click.option("--recipe", "recipe_name", metavar="RECIPE", help="ONNX: what --quantize does to the images."),
)


def with_quantize_options(command: F) -> F:
    """Add these options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class Quantizing:
    """What int8 is made with.

    Attributes:
        data: where the images are; empty for a data set that a package has.
        recipe: the name of the recipe, if there is one.
    """

    data: str
    recipe: str | None

    def refuse_unfit(self, weighting: Mapping[str, object], form: Mapping[str, Any]) -> None:
        """Refuse weights that nothing was learned with, and forms that exclude int8.

        Args:
            weighting: `--weights`, `--seed` and `--reset`; None where one is not given.
            form: the options that only ONNX files have.

        Raises:
            click.UsageError: not all weights are from a file.
            resdsl.quantization.quantizing.NotQuantized: an option excludes quantising.
        """
        from resdsl.quantization.quantizing import refuse_form

        if weighting["--weights"] is None or weighting["--reset"]:
            raise click.UsageError("--quantize takes trained weights alone: name them with --weights, without --reset")
        refuse_form(form)

    def write(self, net: Net, path: Path, **build: Any) -> Quantized:
        """Write the file; see `resdsl.quantization.quantizing.quantize`."""
        from resdsl.quantization.quantizing import quantize
        from resdsl.recipes.reading import recipe

        chosen = recipe(self.recipe) if self.recipe is not None else None
        return quantize(net, path, chosen, data=self.data or None, **build)


def quantizing_of(quantize: str | None, recipe_name: str | None) -> Quantizing | None:
    """What the options ask for; None if they are not given.

    Raises:
        click.UsageError: there is a recipe, and nothing to use it for.
    """
    if quantize is None:
        if recipe_name is not None:
            raise click.UsageError("--recipe is for --quantize: it would have no effect without")
        return None
    if not quantize and recipe_name is None:
        raise click.UsageError("--quantize needs images: name a recipe with --recipe, or a folder or file of images")
    return Quantizing(quantize, recipe_name)


def summary(found: Quantized) -> str:
    """What the accuracy became, in a sentence."""
    images = f"{found.images:,} images of {found.data}" if found.accuracy is None else f"{found.images:,} test images"
    by = f"scales from {found.calibrated:,} images of {found.data}"
    if found.accuracy is None or found.int8_accuracy is None or found.loss is None:
        return f"{by}; float32 and int8 have the same first class in {found.agreement:.2%} of {images}"
    change = f"a loss of {100 * found.loss:.2f} points" if found.loss >= 0 else f"a gain of {-100 * found.loss:.2f}"
    return (
        f"{by}; accuracy on {images}: {found.accuracy:.2%} in float32, {found.int8_accuracy:.2%} in int8, {change}; "
        f"the same first class in {found.agreement:.2%}"
    )


def record_of(found: Quantized) -> dict[str, Any]:
    """The same for programs, in shares."""
    return {
        "data": found.data,
        "calibrated": found.calibrated,
        "images": found.images,
        "agreement": found.agreement,
        "accuracy": found.accuracy,
        "int8_accuracy": found.int8_accuracy,
    }
