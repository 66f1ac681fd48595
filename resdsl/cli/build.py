"""`resdsl build`: a spec to one output."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

import click

from resdsl.cli.messages import say
from resdsl.cli.onnx_options import given, with_onnx_options
from resdsl.cli.options import not_empty, values_of, with_spec_options
from resdsl.cli.quantizing import (
    Quantizing,
    quantizing_of,
    record_of,
    summary as quantized_summary,
    with_quantize_options,
)
from resdsl.cli.weight_options import options_in, refuse_without_weights, saying_notes, taking_of, with_weight_options
from resdsl.printable import one_line
from resdsl.report.figures import bytes_text, count_text
from resdsl.target import IdleOption, NotChecked, Target, TextTarget
from resdsl.targets import NoSuchTarget, own_targets, target_named

if TYPE_CHECKING:
    from resdsl.net import Net
    from resdsl.quantization.quantizing import Quantized
    from resdsl.weights.selection import Taking

_CHECKS = "; ".join(f"{name}: {target.check.title}" for name, target in own_targets().items() if target.check)


def _read_target(context: click.Context, parameter: click.Parameter, value: str) -> Target:
    """A target by name: one of those listed by `--help`, or one of another package."""
    try:
        return target_named(value)
    except NoSuchTarget:
        known = ", ".join(map(repr, own_targets()))
        raise click.BadParameter(f"'{value}' is not one of {known}.", context, parameter) from None


@dataclass(frozen=True)
class _Request:
    """What to make, and from which weights."""

    target: Target
    output: str | None
    seed: int | None
    weights: str | None
    reset: tuple[str, ...]
    taking: Taking
    fold_bn: bool
    reparameterize: bool
    check: bool
    form: dict[str, Any]
    """The options that only ONNX files have, of those that are given."""
    summary: Literal["text", "json"]
    quantizing: Quantizing | None = None

    @property
    def inputs(self) -> list[str | None]:
        """What may be files that are read, beside the text."""
        from resdsl.weights.selection import selection_of

        renames = selection_of(**self.taking).rename
        return [self.weights, *renames, self.quantizing.recipe if self.quantizing is not None else None]

    def refuse_idle(self) -> None:
        """Refuse options that would have no effect.

        Raises:
            click.UsageError: an option would have no effect.
            NotChecked: the target has no check.
        """
        target = self.target
        weighting: dict[str, object] = {"--seed": self.seed, "--weights": self.weights, "--reset": self.reset or None}
        weighting |= dict.fromkeys(options_in(self.taking), True)
        try:
            folding = {"--fold-bn": self.fold_bn, "--reparameterize": self.reparameterize}
            own = {f"--{name.replace('_', '-')}": value for name, value in self.form.items()}
            if self.quantizing is not None:
                own["--quantize"] = True
            target.refuse_idle(weighting, folding, own)
            target.formed(self.form)
        except IdleOption as idle:
            raise click.UsageError(str(idle)) from None
        if self.quantizing is not None:
            self.quantizing.refuse_unfit(weighting, self.form)
        if self.reset and self.weights is None:
            raise click.UsageError(
                "without --weights, everything is initialised from the seed anyway: --reset would have no effect"
            )
        refuse_without_weights(self.weights, self.taking)
        if self.seed is not None and self.weights is not None and not self.reset:
            raise click.UsageError("all weights come from the file of --weights: --seed would have no effect")
        if self.output == "-" and not isinstance(target, TextTarget):
            raise click.UsageError(f"--to {target.name} is binary and needs a file: name it with -o")
        if self.check and target.check is None:
            raise NotChecked(target.title)
        if self.output == "-" and self.check:
            raise click.UsageError("--check needs a file: name it with -o")


@click.command("build")
@click.argument("spec", type=not_empty)
@click.option(
    "--to",
    "target",
    callback=_read_target,
    metavar=f"[{'|'.join(own_targets())}]",
    required=True,
    help="Output to make.",
)
@click.option(
    "-o", "--output", type=not_empty, metavar="PATH", help="File to write; `-` is the standard output (text only)."
)
@with_spec_options
@click.option("--seed", type=click.IntRange(0), default=None, help="Seed for weights.  [default: 0]")
@click.option(
    "--weights", type=not_empty, metavar="FILE", help="Trained weights: a safetensors file or a PyTorch checkpoint."
)
@click.option(
    "--reset",
    metavar="PATH",
    multiple=True,
    help="Module to initialise from the seed instead of the weight file. May be repeated.",
)
@with_weight_options
@click.option("--fold-bn", is_flag=True, help="Fold batch norms into the preceding layers, for inference.")
@click.option(
    "--reparameterize", is_flag=True, help="Fold them, and join branches that are added up, such as those of RepVGG."
)
@with_onnx_options
@with_quantize_options
@click.option(
    "--check",
    is_flag=True,
    help=f"Check the file before it replaces an old one. {_CHECKS}.",
)
@click.option("--summary", type=click.Choice(["text", "json"]), default="text", help="Format of the closing line.")
def command(
    spec: str,
    target: Target,
    network: str | None,
    settings: tuple[str, ...],
    input_shapes: tuple[str, ...],
    import_path: tuple[str, ...],
    output: str | None,
    seed: int | None,
    weights: str | None,
    reset: tuple[str, ...],
    ignore: tuple[str, ...],
    weights_key: str | None,
    rename: tuple[str, ...],
    adapt: tuple[str, ...],
    fold_bn: bool,
    reparameterize: bool,
    check: bool,
    summary: Literal["text", "json"],
    quantize: str | None,
    recipe_name: str | None,
    **form: Any,
) -> None:
    """Compile SPEC to ONNX, PyTorch source, safetensors or JSON, or draw it layer by layer.

    Without -o, the file is named after the network and put into the current folder. It is written completely or not
    at all, and the closing line says what it replaced.
    """
    began = perf_counter()
    quantizing = quantizing_of(quantize, recipe_name)
    taking, own = taking_of(ignore, weights_key, rename, adapt), given(form)
    request = _Request(
        target, output, seed, weights, reset, taking, fold_bn, reparameterize, check, own, summary, quantizing
    )
    request.refuse_idle()
    values = values_of(settings, input_shapes)
    from resdsl.cli.reading import load_nets

    net = load_nets([spec], network, values, import_path)[0]
    if output == "-":
        click.echo(net.to_text(target.name, fold_bn=fold_bn, reparameterize=reparameterize), nl=False)
        return
    _write(net, request, began)


def _write(net: Net, request: _Request, began: float) -> None:
    from resdsl.overwriting import refuse_overwriting

    path = Path(request.output or _usual_path(net, request.target))
    refuse_overwriting({"-o": path}, [*net.files, *request.inputs])
    replaced = path.stat().st_size if path.is_file() else None
    further = request.target.files(net.ir, path, form=request.target.formed(request.form))[1:]
    if request.form.get("copy") and request.weights is not None:
        further = (path.with_name(Path(request.weights).name),)
    before = {each: each.stat() if each.is_file() else None for each in further}
    quantized = _make(net, path, request)
    beside = [_Beside(each, was.st_size if was else None) for each, was in before.items() if _is_new(each, was)]
    _close(net, path, beside, replaced, perf_counter() - began, request.summary, quantized)


def _make(net: Net, path: Path, request: _Request) -> Quantized | None:
    """Write the file, and return what int8 has cost if it is in int8."""
    forms: dict[str, Any] = {"weights": request.weights, "reparameterize": request.reparameterize}
    forms |= {"check": request.check, **request.taking, **request.form}
    with saying_notes():
        if request.quantizing is not None:
            return request.quantizing.write(net, path, **forms)
        net.to(
            request.target.name,
            path,
            seed=request.seed,
            reset=request.reset,
            fold_bn=request.fold_bn,
            **forms,
        )
    return None


@dataclass(frozen=True)
class _Beside:
    """A further file that was written, and the bytes of the one that it replaced, if there was one."""

    path: Path
    replaced: int | None

    @property
    def text(self) -> str:
        return f"{one_line(str(self.path))} ({_sizes(self.path, self.replaced)})"

    @property
    def record(self) -> dict[str, object]:
        return {"path": str(self.path), "bytes": self.path.stat().st_size, "replaced_bytes": self.replaced}


def _is_new(path: Path, before: os.stat_result | None) -> bool:
    """Whether there is a file that is not the one before."""
    return path.is_file() and (before is None or path.stat().st_ino != before.st_ino)


def _sizes(path: Path, replaced: int | None) -> str:
    was = f", replacing {bytes_text(replaced)}" if replaced is not None else ""
    return f"{bytes_text(path.stat().st_size)}{was}"


def _usual_path(net: Net, target: Target) -> str:
    from resdsl.files import usual_name

    return f"{usual_name(net.name)}{target.suffix}"


def _close(
    net: Net,
    path: Path,
    beside: list[_Beside],
    replaced: int | None,
    seconds: float,
    summary: str,
    quantized: Quantized | None = None,
) -> None:
    if summary == "json":
        record = {
            "path": str(path),
            "bytes": path.stat().st_size,
            "replaced_bytes": replaced,
            "network": net.name,
            "depth": net.depth,
            "params": net.params,
            "macs": net.macs,
            "seconds": round(seconds, 3),
        }
        if beside:
            record["beside"] = [each.record for each in beside]
        if quantized is not None:
            record["int8"] = record_of(quantized)
        click.echo(json.dumps(record))
        return
    written = " and ".join([f"{one_line(str(path))} ({_sizes(path, replaced)})", *(each.text for each in beside)])
    say(
        f"wrote {written}: {net.name}, depth {net.depth}, "
        f"{count_text(net.params)} parameters, {count_text(net.macs)} multiply-adds, {seconds:.2f} s"
    )
    if quantized is not None:
        say(quantized_summary(quantized))
