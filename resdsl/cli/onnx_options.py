"""The options of `resdsl build` that only ONNX files have; `docs/onnx.md` says which of them exclude each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from resdsl.backends.onnx.form import EXTERNAL, NEWEST, OLDEST, PRECISIONS

F = TypeVar("F", bound=Callable[..., None])

_OPTIONS = (
    click.option(
        "--opset",
        type=click.IntRange(OLDEST, NEWEST),
        help="ONNX: version of the operators.  [default: the first that has all of the network's]",
    ),
    click.option("--dtype", type=click.Choice(PRECISIONS), help="ONNX: type of all values.  [default: float32]"),
    click.option("--batch", type=click.IntRange(1), help="ONNX: size of the batch.  [default: open]"),
    click.option("--dynamic-hw", is_flag=True, help="ONNX: leave the spatial sizes of inputs open."),
    click.option("--softmax", is_flag=True, help="ONNX: put a softmax behind the last output."),
    click.option(
        "--external-data",
        type=click.Choice(EXTERNAL),
        is_flag=False,
        flag_value="raw",
        help="ONNX: put weights into a file beside the model, or point into the safetensors file they come from.",
    ),
    click.option("--copy", is_flag=True, help="ONNX: copy that file beside the model if it is elsewhere."),
    click.option("--training", is_flag=True, help="ONNX: batch norms and dropout of training, and its outputs."),
    click.option("--functions", is_flag=True, help="ONNX: write each block as a function, which viewers open."),
    click.option("--no-weights", is_flag=True, help="ONNX: make weights inputs, without values in the file."),
)


def with_onnx_options(command: F) -> F:
    """Add these options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def given(form: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the options that are given."""
    return {name: value for name, value in form.items() if value is not None and value is not False}
