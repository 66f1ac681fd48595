"""`resdsl build`: a spec to one output."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from resdsl.cli.figures import bytes_text, count_text
from resdsl.cli.messages import warn
from resdsl.cli.options import values_of, with_spec_options

if TYPE_CHECKING:
    from resdsl.api import Net

_SUFFIXES = {"onnx": ".onnx", "json": ".json"}


@click.command("build")
@click.argument("spec")
@click.option("--to", "target", type=click.Choice(list(_SUFFIXES)), required=True, help="What to make.")
@click.option("-o", "--output", metavar="PATH", help="The file to write; `-` is the standard output (JSON only).")
@with_spec_options
@click.option("--seed", type=click.IntRange(0), default=None, help="What weights are drawn from.  [default: 0]")
@click.option("--weights", metavar="FILE", help="A safetensors file with the weights, instead of drawing them.")
@click.option("--summary", type=click.Choice(["text", "json"]), default="text", help="How the closing line is written.")
def command(
    spec: str,
    target: str,
    output: str | None,
    network: str | None,
    settings: tuple[str, ...],
    input_shape: str | None,
    import_path: tuple[str, ...],
    seed: int | None,
    weights: str | None,
    summary: str,
) -> None:
    """Compile SPEC to ONNX or JSON.

    Without -o the file is NAME.onnx or NAME.json in the current folder. It is written whole or not at
    all, and what it replaces is said.
    """
    began = perf_counter()
    if target == "json" and (seed is not None or weights is not None):
        raise click.UsageError("JSON holds no weights: --seed and --weights would have no effect")
    if seed is not None and weights is not None:
        raise click.UsageError("--weights leaves nothing to draw: --seed would have no effect")
    if output == "-" and target != "json":
        raise click.UsageError("an ONNX model is binary: give it a file with -o")
    values = values_of(settings, input_shape)
    net = _load(spec, network, values, import_path)
    warn(net.warnings)
    if output == "-":
        click.echo(net.to_json(), nl=False)
        return
    path = Path(output or f"{net.name}{_SUFFIXES[target]}")
    _refuse_own_input(path, spec, weights)
    replaced = path.stat().st_size if path.is_file() else None
    _write(net, target, path, weights, seed or 0)
    _close(net, path, replaced, perf_counter() - began, summary)


def _load(spec: str, network: str | None, values: dict[str, str], import_path: tuple[str, ...]) -> Net:
    from resdsl.cli.reading import load_net

    return load_net(spec, network, values, import_path)


def _refuse_own_input(path: Path, *inputs: str | None) -> None:
    for given in inputs:
        if given and given != "-" and path.exists() and Path(given).exists() and path.samefile(given):
            raise click.UsageError(f"{path} would be overwritten, and it is what is read")


def _write(net: Net, target: str, path: Path, weights: str | None, seed: int) -> None:
    if target == "onnx":
        net.to_onnx(path, weights=weights, seed=seed)
        return
    from resdsl.files import write_whole

    write_whole(path, net.to_json())


def _close(net: Net, path: Path, replaced: int | None, seconds: float, summary: str) -> None:
    size = path.stat().st_size
    if summary == "json":
        record = {
            "path": str(path),
            "bytes": size,
            "replaced_bytes": replaced,
            "network": net.name,
            "depth": net.depth,
            "params": net.params,
            "macs": net.macs,
            "seconds": round(seconds, 3),
        }
        click.echo(json.dumps(record))
        return
    was = f", replacing {bytes_text(replaced)}" if replaced is not None else ""
    click.echo(
        f"wrote {path} ({bytes_text(size)}{was}): {net.name}, depth {net.depth}, "
        f"{count_text(net.params)} parameters, {count_text(net.macs)} multiply-adds, {seconds:.2f} s"
    )
