"""`resdsl build`: a spec to one output."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from resdsl.cli.messages import say
from resdsl.cli.options import values_of, with_spec_options
from resdsl.printable import one_line
from resdsl.report.figures import bytes_text, count_text

if TYPE_CHECKING:
    from resdsl.api import Net

_SUFFIXES = {
    "onnx": ".onnx",
    "torch": ".py",
    "safetensors": ".safetensors",
    "json": ".json",
    "svg": ".svg",
    "dot": ".dot",
}
_TEXTS = {"torch": "PyTorch source", "json": "JSON", "svg": "a figure", "dot": "a figure"}
"""What may go to the standard output, and holds no weights; and what messages call it."""


@click.command("build")
@click.argument("spec")
@click.option("--to", "target", type=click.Choice(list(_SUFFIXES)), required=True, help="What to make.")
@click.option("-o", "--output", metavar="PATH", help="The file to write; `-` is the standard output (texts only).")
@with_spec_options
@click.option("--seed", type=click.IntRange(0), default=None, help="What weights are drawn from.  [default: 0]")
@click.option("--weights", metavar="FILE", help="Trained weights: safetensors or a PyTorch checkpoint.")
@click.option(
    "--reset",
    metavar="PATH",
    multiple=True,
    help="A module whose weights are drawn although there is a file of them. May be repeated.",
)
@click.option("--fold-bn", is_flag=True, help="Fold batch norms into the layers before them, for inference.")
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
    reset: tuple[str, ...],
    fold_bn: bool,
    summary: str,
) -> None:
    """Compile SPEC to ONNX, PyTorch source, safetensors or JSON, or draw it layer by layer.

    Without -o the file is NAME and the suffix of what is made (.onnx, .py, .safetensors, .json, .svg, .dot), in
    the current folder. It is written whole or not at all, and what it replaces is said.
    """
    began = perf_counter()
    _refuse_idle(target, seed, weights, reset, fold_bn=fold_bn)
    if output == "-" and target not in _TEXTS:
        raise click.UsageError(f"--to {target} is binary: give it a file with -o")
    values = values_of(settings, input_shape)
    from resdsl.cli.reading import load_nets
    from resdsl.overwriting import refuse_overwriting

    net = load_nets([spec], network, values, import_path)[0]
    if output == "-":
        click.echo(_text(net, target, fold_bn=fold_bn), nl=False)
        return
    path = Path(output or _usual_path(net, target))
    refuse_overwriting({"-o": path}, [*net.files, weights])
    replaced = path.stat().st_size if path.is_file() else None
    if target in _TEXTS:
        from resdsl.files import write_whole

        write_whole(path, _text(net, target, fold_bn=fold_bn))
    else:
        write = net.to_onnx if target == "onnx" else net.to_safetensors
        write(path, weights=weights, seed=seed or 0, reset=reset, fold_bn=fold_bn)
    _close(net, path, replaced, perf_counter() - began, summary)


def _usual_path(net: Net, target: str) -> str:
    from resdsl.files import usual_name

    return f"{usual_name(net.name)}{_SUFFIXES[target]}"


def _refuse_idle(target: str, seed: int | None, weights: str | None, reset: tuple[str, ...], *, fold_bn: bool) -> None:
    """Refuse options that would have no effect.

    Raises:
        click.UsageError: as said.
    """
    if target in _TEXTS and (seed is not None or weights is not None or reset):
        raise click.UsageError(f"{_TEXTS[target]} holds no weights: --seed, --weights and --reset would have no effect")
    if target in _TEXTS and target != "torch" and fold_bn:
        raise click.UsageError(f"{_TEXTS[target]} is the network as written: --fold-bn is for what runs")
    if reset and weights is None:
        raise click.UsageError(
            "without --weights, everything is initialised from the seed anyway: --reset would have no effect"
        )
    if seed is not None and weights is not None and not reset:
        raise click.UsageError("all weights come from the file of --weights: --seed would have no effect")


def _text(net: Net, target: str, *, fold_bn: bool) -> str:
    if target == "torch":
        return net.to_torch_source(fold_bn=fold_bn)
    if target == "json":
        return net.to_json()
    from resdsl.draw.write import format_of

    return str(net.render().write(format_of(f"figure.{target}")).content)


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
    say(
        f"wrote {one_line(str(path))} ({bytes_text(size)}{was}): {net.name}, depth {net.depth}, "
        f"{count_text(net.params)} parameters, {count_text(net.macs)} multiply-adds, {seconds:.2f} s"
    )
