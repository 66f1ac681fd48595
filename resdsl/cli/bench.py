"""`resdsl bench`: how long a network takes on this machine, in each form in which it can be run."""

from __future__ import annotations

import json
import shutil
import sys

import click

from resdsl.cli.options import not_empty, refuse_repeated, values_of, with_spec_options
from resdsl.cli.weight_options import saying_notes
from resdsl.cli.writing import on_a_terminal, put_text, refuse_outputs

_WIDTH = 120
"""The width of tables in characters if the output is not a terminal."""


def _read_batches(context: click.Context, parameter: click.Parameter, value: str) -> tuple[int, ...]:
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isascii() and part.isdecimal() and 0 < int(part) < 10**9 for part in parts):
        raise click.BadParameter(f"it takes numbers from 1 such as 1,8, not '{value}'.", context, parameter)
    refuse_repeated(context, parameter, map(int, parts))
    return tuple(map(int, parts))


def _read_targets(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    names = tuple([each.strip() for each in value.split(",")])
    refuse_repeated(context, parameter, names)
    return names


@click.command("bench")
@click.argument("spec", type=not_empty)
@with_spec_options
@click.option(
    "--targets",
    callback=_read_targets,
    metavar="FORMS",
    help="Forms to time, separated by commas: torch, torch-folded, torch-channels-last, torch-compiled, torch-bf16, "
    "onnx, onnx-int8.  [default: all]",
)
@click.option(
    "--batch", "batches", default="1", callback=_read_batches, metavar="N,...", help="Samples at once.  [default: 1]"
)
@click.option("--weights", type=not_empty, metavar="FILE", help="Weights; times depend on them little.")
@click.option("--threads", type=click.IntRange(1, 1024), help="Threads of each form.  [default: all cores]")
@click.option("--rounds", type=click.IntRange(1, 10_000), default=10, show_default=True, help="Turns of each form.")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv", "md"]), default="text", show_default=True)
@click.option(
    "-o", "--output", type=not_empty, metavar="PATH", help="File to write; `-` is the standard output.  [default: -]"
)
def command(
    spec: str,
    network: str | None,
    settings: tuple[str, ...],
    input_shapes: tuple[str, ...],
    import_path: tuple[str, ...],
    targets: tuple[str, ...] | None,
    batches: tuple[int, ...],
    weights: str | None,
    threads: int | None,
    rounds: int,
    form: str,
    output: str | None,
) -> None:
    """Time the network of SPEC on this machine: PyTorch, folded, channels last, compiled, bfloat16, onnxruntime, int8.

    Forms take turns, so that a noisy minute meets all of them alike. What is not installed, or cannot be run, is said
    in its line.
    """
    from resdsl.latency.forms import FORMS, form_named

    chosen = [form_named(name).name for name in (targets if targets is not None else FORMS)]
    values = values_of(settings, input_shapes)
    from resdsl.cli.reading import load_nets
    from resdsl.latency.measuring import bench

    net = load_nets([spec], network, values, import_path)[0]
    refuse_outputs({"-o": output}, [*net.files, weights])
    turns = len(chosen) * len(batches) * (rounds + 1)
    hidden = not sys.stderr.isatty()
    with saying_notes(), click.progressbar(length=turns, label="timing", file=sys.stderr, hidden=hidden) as bar:
        found = bench(
            net,
            chosen,
            batch=batches,
            weights=weights,
            threads=threads,
            rounds=rounds,
            after_turn=lambda: bar.update(1),
        )
    from resdsl.latency.table import bench_record, bench_table

    if form == "json":
        put_text(json.dumps(bench_record(found), indent=2) + "\n", output)
        return
    from resdsl.report.formats import FORMATS, write

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH
    put_text(write([bench_table(found)], FORMATS[FORMATS.index(form)], width=width, colour=on_a_terminal()), output)
