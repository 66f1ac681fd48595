"""`resdsl lift`: writes the text of a model that somebody already has."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resdsl.cli.messages import say
from resdsl.cli.options import not_empty
from resdsl.cli.writing import put_text, refuse_outputs
from resdsl.printable import one_line

if TYPE_CHECKING:
    from resdsl.lifting.lift import LiftedModel, Norms

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"


@click.command("lift")
@click.argument("model", type=not_empty, metavar="MODEL")
@click.option("-o", "--output", type=not_empty, help="File to write; the standard output by default.")
@click.option(
    "--input",
    "shapes",
    multiple=True,
    metavar="SHAPE",
    help="The shape of an input of a module, or of a file whose sizes are open, such as 3x224x224, or "
    "left=3x224x224. May be repeated.",
)
@click.option("--name", type=not_empty, help="Name of the network; that of the file by default.")
@click.option(
    "--norms",
    type=click.Choice(["auto", "keep", "unfold"]),
    default="auto",
    help="What to do about layers into which norms were folded; auto unfolds what PyTorch's exporter has folded.",
)
@click.option(
    "--until",
    type=not_empty,
    multiple=True,
    metavar="NODE",
    help="Stop at this node, or at the end of this module. May be repeated.",
)
@click.option("--no-run", is_flag=True, help="Do not compare outputs in onnxruntime or PyTorch as well.")
@click.option("--weights-out", type=not_empty, help="Also write the weights, under the names of the text.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="What is written: text, or JSON."
)
def command(
    model: str,
    output: str | None,
    shapes: tuple[str, ...],
    name: str | None,
    norms: Norms,
    until: tuple[str, ...],
    no_run: bool,
    weights_out: str | None,
    form: str,
) -> int:
    """Write the text of a model that somebody already has.

    MODEL is an ONNX file, a .prototxt of Caffe, a network in resdsl's own JSON, or what makes a module of PyTorch:
    package.module:factory, or a call with literals such as timm:create_model("resnet50d"). Python finds it in the
    current folder, on PYTHONPATH, or installed, and RUNS ITS CODE; the module is lifted in evaluation mode, and needs
    --input. The text is compiled and compared with the model before it is written.
    """
    from resdsl.cli.lift_summary import summary
    from resdsl.lifting.originals import files_of, may_have_weights

    _refuse_names(name)
    if weights_out == "-":
        raise click.UsageError("weights are binary and need a file: name it with --weights-out")
    if weights_out is not None and not may_have_weights(model):
        raise click.UsageError(f"{one_line(model)} has no weights: --weights-out would have nothing to write")
    refuse_outputs({"--output": output, "--weights-out": weights_out}, files_of(model))
    found = _lifted(model, name=name, input=_by_name(shapes), norms=norms, until=until, run=not no_run)
    if weights_out is not None:
        from resdsl.lifting.weights import write_weights

        write_weights(found.lifted, Path(weights_out))
    text = found.text if form == "text" else json.dumps(found.as_data(), indent=2) + "\n"
    put_text(text, output)
    say(summary(found), err=True)
    return 0


def _lifted(model: str, **options: Any) -> LiftedModel:
    """What was lifted. What the code of a model prints is no part of the text: it goes to the standard error."""
    from resdsl.lifting.lift import lift

    with redirect_stdout(sys.stderr):
        return lift(model, **options)


def _refuse_names(name: str | None) -> None:
    import re

    if name is not None and not re.fullmatch(_NAME, name):
        raise click.UsageError("the name of a network consists of letters, digits and _")


def _by_name(shapes: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for given in shapes:
        name, named, shape = given.rpartition("=")
        if named and not name:
            raise click.UsageError(f"--input takes SHAPE or NAME=SHAPE, not '{given}'")
        if name in found:
            raise click.UsageError(f"--input is given twice for {name or 'the same input'}")
        found[name] = shape
    return found
