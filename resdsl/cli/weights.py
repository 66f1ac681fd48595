"""`resdsl weights`: what is in a weight file, and what makes it fit a network."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from resdsl.cli.exits import PROBLEM
from resdsl.cli.messages import say
from resdsl.cli.options import not_empty, values_of, with_spec_options
from resdsl.printable import counted, one_line
from resdsl.report.figures import count_text

if TYPE_CHECKING:
    from resdsl.weights.contents import WeightComparison, WeightFile, WeightListing


@click.command("weights")
@click.argument("file", type=not_empty)
@click.option("--spec", type=not_empty, metavar="SPEC", help="Compare the file with the network of this spec.")
@with_spec_options
@click.option("--weights-key", type=not_empty, metavar="KEY", help="Dictionary to take in a PyTorch checkpoint.")
@click.option("--hash", "hashes", is_flag=True, help="Read all values, and list the SHA-256 of each tensor.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    file: str,
    spec: str | None,
    network: str | None,
    settings: tuple[str, ...],
    input_shapes: tuple[str, ...],
    import_path: tuple[str, ...],
    weights_key: str | None,
    hashes: bool,
    form: str,
) -> int:
    """List the tensors of FILE, a safetensors file or a PyTorch checkpoint, or compare them with a network.

    With --spec, it is said what the network lacks in the file, what is left over, and which options of `resdsl build`
    make the file fit; the exit code is 1 if it does not fit without. Only the header of a safetensors file is read.
    """
    values = values_of(settings, input_shapes)
    if spec is None and (network or values or import_path):
        raise click.UsageError("without --spec, the options of specs would have no effect")
    if spec is not None and hashes:
        raise click.UsageError("--hash is for the list of tensors, which --spec replaces")
    from resdsl.checkpoints import weight_file

    opened = weight_file(file)
    if spec is None:
        return _list(opened, weights_key, hashes=hashes, form=form)
    from resdsl.cli.reading import load_nets
    from resdsl.weights.contents import comparison

    net = load_nets([spec], network, values, import_path)[0]
    found = comparison(opened, weights_key, net.ir)
    if form == "json":
        click.echo(json.dumps({"file": opened.path.name, "kind": opened.kind, **found.as_record()}, indent=2))
    else:
        given = [*_options("--network", [network]), *_options("--set", settings), *_options("--input", input_shapes)]
        given += _options("--import-path", import_path) + _options("--weights-key", [weights_key])
        say("\n".join(_compared(found, file, [spec, *given])))
    return 0 if found.fits else PROBLEM


def _list(opened: WeightFile, key: str | None, *, hashes: bool, form: str) -> int:
    from resdsl.weights.contents import listing

    found = listing(opened, key, hashes=hashes)
    if form == "json":
        click.echo(json.dumps(found.as_record(), indent=2))
    else:
        say("\n".join(_listed(found)))
    return 0


def _listed(found: WeightListing) -> Iterator[str]:
    under = f" under `{one_line(found.key)}`" if found.key else ""
    values = f"{count_text(found.values)} value{'s' * (found.values != 1)}"
    held = f"{counted(len(found.tensors), 'tensor')}{under}, {values}"
    yield f"{one_line(found.file)} ({found.kind}): {held}"
    others = [f"{one_line(key)} ({count})" for key, count in found.keys.items() if key not in ("", found.key)]
    if others:
        yield f"other dictionaries, for --weights-key: {', '.join(others)}"
    yield ""
    rows = [("name", "shape", "values", "dtype", "sha256")]
    rows += [
        (one_line(each.name), _text(each.shape), f"{each.values:,}", one_line(each.dtype), each.sha256 or "")
        for each in found.tensors
    ]
    hashed = any(each.sha256 for each in found.tensors)
    wide = [max(len(row[place]) for row in rows) for place in range(4)]
    for name, shape, values, dtype, digest in rows:
        line = f"{name:{wide[0]}}  {shape:>{wide[1]}}  {values:>{wide[2]}}  {dtype:{wide[3]}}"
        yield (f"{line}  {digest}" if hashed else line).rstrip()


def _compared(found: WeightComparison, file: str, spec: list[str]) -> Iterator[str]:
    counters = sum([tensor.dtype == "int64" for tensor in found.wanted.values()])
    spared = f", of which {counted(counters, 'counter')} may be missing" if counters else ""
    wanted = counted(len(found.wanted), "tensor")
    yield f"{found.network} takes {wanted}{spared}; {one_line(file)} has {len(found.held)}"
    shapes = {name: (_text(found.held[name].shape), _text(found.wanted[name].shape)) for name in found.names("shape")}
    parts = {
        "missing": [(name, _text(found.wanted[name].shape)) for name in found.names("missing")],
        "left over": [(name, _text(found.held[name].shape)) for name in found.names("unexpected")],
        "other shapes": [(name, f"{held} in the file, {own} in the network") for name, (held, own) in shapes.items()],
        "other dtypes": [(name, found.held[name].dtype) for name in found.names("dtype")],
    }
    for title, rows in parts.items():
        if rows:
            yield f"{title} ({len(rows)}):"
            wide = max(len(one_line(name)) for name, _ in rows)
            yield from (f"  {one_line(name):{wide}}  {one_line(text)}".rstrip() for name, text in rows)
    yield from _way_out(found, ["resdsl", "build", *spec, "--to", "safetensors", "--weights", file])


def _way_out(found: WeightComparison, build: list[str]) -> Iterator[str]:
    chosen = found.advice
    if chosen is None:
        yield "no options of `resdsl build` make it fit"
        return
    options = [text for option in chosen.selection.options for text in option]
    drawn = f", with {count_text(chosen.drawn)} values drawn from the seed" if chosen.drawn else ""
    yield f"it fits with {shlex.join(options)}{drawn}:" if options else "it fits:"
    yield f"  {one_line(shlex.join([*build, *options]))}"


def _options(option: str, values: Iterable[str | None]) -> list[str]:
    return [text for value in values if value is not None for text in (option, value)]


def _text(shape: tuple[int, ...] | None) -> str:
    return "x".join(map(str, shape or ())) or "-"
