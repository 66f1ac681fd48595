"""`resdsl train`: a network trained by a recipe."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import click

from resdsl.cli.devices import with_device_options
from resdsl.cli.messages import say, under_the_bar
from resdsl.cli.options import not_empty, responses_option, values_of, with_spec_options
from resdsl.cli.weight_options import refuse_without_weights, saying_notes, taking_of, with_weight_options

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from resdsl.training.devices import Devices
    from resdsl.training.run import Standing


@click.command("train")
@click.argument("spec", type=not_empty)
@click.option("--recipe", "recipe_name", metavar="RECIPE", required=True, help="How to train: see `resdsl recipe`.")
@click.option("-o", "--output", type=not_empty, metavar="FOLDER", required=True, help="Folder of the run.")
@with_spec_options
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of weights and batches.")
@click.option("--data", type=not_empty, metavar="FOLDER", help="Folder of the data set, unless a package has it.")
@click.option("--weights", type=not_empty, metavar="FILE", help="Weights that a recipe with `transfer` begins with.")
@with_weight_options
@click.option("--steps", type=click.IntRange(1), help="Take so many steps instead of the recipe's; drops move along.")
@click.option(
    "--workers",
    type=click.IntRange(0),
    help="Processes that make batches ahead; the run is the same.  [default: some for pictures in files]",
)
@responses_option
@with_device_options
def command(
    spec: str,
    recipe_name: str,
    output: str,
    network: str | None,
    settings: tuple[str, ...],
    input_shapes: tuple[str, ...],
    import_path: tuple[str, ...],
    seed: int,
    data: str | None,
    weights: str | None,
    ignore: tuple[str, ...],
    weights_key: str | None,
    rename: tuple[str, ...],
    adapt: tuple[str, ...],
    steps: int | None,
    workers: int | None,
    responses: bool,
    devices: Devices,
) -> None:
    """Train the network of SPEC by a recipe.

    The folder of the run gets its history, and in the end its weights and its errors. The same command goes on with a
    run that was ended early, and the result is the same to the last bit.
    """
    taking = taking_of(ignore, weights_key, rename, adapt)
    refuse_without_weights(weights, taking)
    values = values_of(settings, input_shapes)
    from resdsl.cli.reading import load_nets, recipe_of

    net = load_nets([spec], network, values, import_path)[0]
    chosen = recipe_of(recipe_name, steps=steps, responses=responses)
    from resdsl.interrupts import saying
    from resdsl.training.training import train

    # It may run for days, and what people's data and PyTorch drop may refer to itself.
    gc.enable()
    ended = f"{under_the_bar()}{{}}: the same command goes on from the last checkpoint\n"
    with saying(ended), saying_notes(), _Bar() as bar:
        run = train(
            net,
            chosen,
            out=output,
            seed=seed,
            data=data,
            weights=weights,
            workers=workers,
            devices=devices,
            after_step=bar.move,
            **taking,
        )
    if run.rank == 0:
        say(f"{output}: {run.record['steps']} steps; {run.summary}")


class _Bar:
    """Shows on a terminal how far a run is, and how long it will take.

    The bar is that of the steps from which the run goes on, so that the time left is right for them.
    """

    def __init__(self) -> None:
        self._bar: ProgressBar[int] | None = None

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)

    def move(self, standing: Standing, steps: int) -> None:
        """A step is over."""
        if self._bar is None:
            self._bar = click.progressbar(
                length=steps - standing.step + 1,
                label="training",
                file=sys.stderr,
                hidden=not sys.stderr.isatty(),
                item_show_func=lambda step: f"step {step} of {steps}",
            )
            self._bar.__enter__()
        self._bar.update(1, standing.step)
