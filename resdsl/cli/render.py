"""`resdsl render`: figures of networks, fit for a paper."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from resdsl.cli.options import values_of, with_spec_options
from resdsl.cli.render_sheet import SHEET, is_sheet
from resdsl.cli.writing import put_drawn
from resdsl.draw.options import ANNOTATIONS, COLORS, Annotation, ColorBy, DrawOptions
from resdsl.draw.views import FOLDING, NAMES

if TYPE_CHECKING:
    from resdsl.draw.figure import Figure
    from resdsl.draw.graphviz_figure import GraphvizFigure
    from resdsl.draw.write import Drawn

_BINARY = ("pdf", "png")
_MERMAID = "mmd"
_FORMATS = ("svg", "html", "tex", "dot", "pdf", "png", _MERMAID)


def _annotations(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[Annotation, ...]:
    """`shape,macs` as names.

    Raises:
        click.BadParameter: one is no annotation, or is there twice.
    """
    names = [name.strip() for name in (value or "").split(",") if name.strip()]
    found: list[Annotation] = []
    for name in names:
        known = next((each for each in get_args(Annotation) if each == name), None)
        if known is None:
            raise click.BadParameter(f"'{name}' is none of {', '.join(ANNOTATIONS)}")
        if known in found:
            raise click.BadParameter(f"'{name}' is there twice")
        found.append(known)
    return tuple(found)


@click.command("render")
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True)
@with_spec_options
@click.option("--view", type=click.Choice((*NAMES, SHEET)), help="What is drawn.  [default: columns]")
@click.option("--sweep", metavar="NAME", help="Draw the networks of this sweep of SPEC, as a sheet.")
@click.option("-o", "--output", metavar="FILE", help="The file to write; `-` is the standard output.  [default: -]")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="How it is written.  [default: by FILE]")
@click.option("--style", default="paper", metavar="NAME", help="paper, mono, dark, or a file of styles.")
@click.option("--width", metavar="LENGTH", help="How wide it becomes, such as 3.25in, 8.3cm or 234pt.")
@click.option("--height", metavar="LENGTH", help="How high; with --width, as large as fits into both.")
@click.option("--color-by", type=click.Choice(COLORS), help="What colours say.  [default: stage; in a table none]")
@click.option("--annotate", callback=_annotations, metavar="NAMES", help="Add to each box: shape, params, macs.")
@click.option("--title", metavar="TEXT", help="A line above the figure.")
@click.option("--legend/--no-legend", default=True, help="Whether lines and colours are explained.  [default: legend]")
@click.option("--fold", is_flag=True, help="Draw equal repeats once, with their number.")
@click.option("--changes", is_flag=True, help="Draw the use of each block that changes the shape, too.")
@click.option("--diff", is_flag=True, help="Mark what two SPECs have added, removed and changed.")
@click.option("--standalone", is_flag=True, help="TikZ as a document of its own.")
@click.option("--dpi", type=click.IntRange(20, 2400), help="Dots per inch of a PNG.  [default: 200]")
def command(
    specs: tuple[str, ...],
    network: str | None,
    settings: tuple[str, ...],
    input_shape: str | None,
    import_path: tuple[str, ...],
    view: str | None,
    sweep: str | None,
    output: str | None,
    form: str | None,
    style: str,
    width: str | None,
    height: str | None,
    color_by: ColorBy | None,
    annotate: tuple[Annotation, ...],
    title: str | None,
    legend: bool,
    fold: bool,
    changes: bool,
    diff: bool,
    standalone: bool,
    dpi: int | None,
) -> None:
    """Draw the network of each SPEC, side by side; of a sweep, a sheet of its networks.

    SVG, HTML, TikZ and DOT are written by resdsl itself, and Mermaid (.mmd), which has no views; PDF and PNG need
    Graphviz, and so does the view ops but for DOT.
    """
    chosen = _format(output, form)
    look = DrawOptions(color_by, annotate, title, legend=legend, fold=fold, changes=changes, diff=diff)
    values = values_of(settings, input_shape)
    if is_sheet(specs, view, network, sweep):
        from resdsl.cli import render_sheet

        render_sheet.refuse_idle(look, chosen)
        _refuse_idle_form(chosen, standalone=standalone, dpi=dpi)
        found = render_sheet.swept(specs[0], sweep, values, import_path)
        _refuse_overwriting(output, found.files, style)
        sheet = render_sheet.sheet_figure(found, look, style=style, width=width, height=height)
        put_drawn(_written(sheet, chosen, standalone=standalone, dpi=dpi), output)
        return
    _refuse_idle(specs, color_by, diff=diff)
    _refuse_idle_form(chosen, standalone=standalone, dpi=dpi)
    _refuse_idle_in_view(view, chosen, sized=bool(width or height), fold=fold, changes=changes)
    from resdsl.cli.reading import load_nets
    from resdsl.draw.figure import figure_of, mermaid_of
    from resdsl.draw.write import Drawn

    nets = load_nets(specs, network, values, import_path)
    _refuse_overwriting(output, [file for net in nets for file in net.files], style)
    networks = [net.ir for net in nets]
    if chosen == _MERMAID:
        put_drawn(Drawn(mermaid_of(networks, look, style=style)), output)
        return
    figure = figure_of(networks, view or "columns", look, style=style, width=width, height=height)
    put_drawn(_written(figure, chosen, standalone=standalone, dpi=dpi), output)


def _written(figure: Figure | GraphvizFigure, form: str, *, standalone: bool, dpi: int | None) -> Drawn:
    from resdsl.draw.write import format_of

    return figure.write(format_of(f"figure.{form}"), standalone=standalone, dpi=dpi or 200)


def _format(output: str | None, form: str | None) -> str:
    """The format: the one that is said, or else that of the file's name.

    Raises:
        click.UsageError: none can be told, or it is binary and goes to a terminal.
    """
    to_file = output not in {None, "-"}
    chosen = form or (Path(output or "").suffix.removeprefix(".").lower() if to_file else "svg")
    if chosen not in _FORMATS:
        raise click.UsageError(
            f"{output!r} does not say a format; figures are written to .{', .'.join(_FORMATS)}, or say --format"
        )
    named = Path(output or "").suffix.removeprefix(".").lower()
    if to_file and form is not None and named in _FORMATS and named != form:
        raise click.UsageError(f"--format {form} would go to a file that is called .{named}; leave one of them out")
    if chosen in _BINARY and not to_file and sys.stdout.isatty():
        raise click.UsageError(f"{chosen} is binary: give it a file with -o")
    return chosen


def _refuse_idle(specs: tuple[str, ...], color_by: ColorBy | None, *, diff: bool) -> None:
    """Refuse options that would have no effect.

    Raises:
        click.UsageError: as said.
    """
    if diff and len(specs) != 2:
        raise click.UsageError(
            f"--diff is between two specs, and here {'is 1' if len(specs) == 1 else f'are {len(specs)}'}"
        )
    if diff and color_by:
        raise click.UsageError("with --diff colours say what differs: --color-by would have no effect")
    if specs.count("-") > 1:
        raise click.UsageError("only one spec can be the standard input")


def _refuse_idle_form(form: str, *, standalone: bool, dpi: int | None) -> None:
    """Likewise, for what depends on the format.

    Raises:
        click.UsageError: as said.
    """
    if standalone and form != "tex":
        raise click.UsageError(f"--standalone is for TikZ, and would have no effect on {form}")
    if dpi is not None and form != "png":
        raise click.UsageError(f"--dpi is for PNG, and would have no effect on {form}")


def _refuse_idle_in_view(view: str | None, form: str, *, sized: bool, fold: bool, changes: bool) -> None:
    """Likewise, for what depends on the view.

    Raises:
        click.UsageError: as said.
    """
    if form == _MERMAID and (view or sized or fold or changes):
        raise click.UsageError(
            "Mermaid has no views: --view, --width, --height, --fold and --changes would have no effect"
        )
    if fold and view is not None and view not in FOLDING:
        raise click.UsageError(f"--view {view} folds repeats anyway: --fold would have no effect")
    if changes and view != "block":
        raise click.UsageError("--changes is for --view block, and would have no effect on another")


def _refuse_overwriting(output: str | None, files: Sequence[Path], style: str) -> None:
    """Refuse to write a figure over what is drawn, or over the file of its style."""
    from resdsl.draw.themes import THEMES
    from resdsl.overwriting import refuse_overwriting

    refuse_overwriting({"-o": output}, [*files, style if style not in THEMES else None])
