"""`resdsl render`: draws figures of networks for papers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from resdsl.cli.options import not_empty, values_of, with_spec_options
from resdsl.cli.render_sheet import SHEET, is_sheet
from resdsl.cli.writing import put_drawn
from resdsl.draw.options import ANNOTATIONS, COLORS, DIRECTIONS, Annotation, ColorBy, Direction, DrawOptions
from resdsl.draw.views import FOLDING, NAMES, TURNING, WRAPPING
from resdsl.draw.write import FORMATS, Drawn

if TYPE_CHECKING:
    from resdsl.draw.figure import Figure
    from resdsl.draw.graphviz_figure import GraphvizFigure
    from resdsl.ir.network import Network

_BINARY = ("pdf", "png")
_MERMAID = "mmd"
_FORMATS = (*FORMATS, _MERMAID)


@dataclass(frozen=True)
class _Paper:
    """How a figure is written, whatever it shows."""

    output: str | None
    form: str
    style: str
    width: str | None
    height: str | None
    standalone: bool
    dpi: int | None

    def refuse_idle(self) -> None:
        """Refuse options that would have no effect on the format.

        Raises:
            click.UsageError: an option would have no effect.
        """
        if self.standalone and self.form != "tex":
            raise click.UsageError(f"--standalone is for TikZ: it would have no effect on {self.form}")
        if self.dpi is not None and self.form != "png":
            raise click.UsageError(f"--dpi is for PNG: it would have no effect on {self.form}")

    def refuse_overwriting(self, files: Sequence[Path]) -> None:
        """Refuse to overwrite a spec or the style file with the figure.

        Raises:
            resdsl.overwriting.WouldOverwrite: the output is one of them.
        """
        from resdsl.draw.themes import THEMES
        from resdsl.overwriting import refuse_overwriting

        refuse_overwriting({"-o": self.output}, [*files, self.style if self.style not in THEMES else None])

    def put(self, figure: Figure | GraphvizFigure) -> None:
        """Write a figure."""
        from resdsl.draw.write import format_of

        form = format_of(f"figure.{self.form}")
        put_drawn(figure.write(form, standalone=self.standalone, dpi=self.dpi or 200), self.output)


def _annotations(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[Annotation, ...]:
    """`shape,macs` as names.

    Raises:
        click.BadParameter: a name is unknown or listed twice.
    """
    names = [name.strip() for name in (value or "").split(",") if name.strip()]
    found: list[Annotation] = []
    for name in names:
        known = next((each for each in get_args(Annotation) if each == name), None)
        if known is None:
            raise click.BadParameter(f"unknown annotation '{name}'; available: {', '.join(ANNOTATIONS)}")
        if known in found:
            raise click.BadParameter(f"'{name}' is listed twice")
        found.append(known)
    return tuple(found)


@click.command("render")
@click.argument("specs", type=not_empty, metavar="SPEC...", nargs=-1, required=True)
@with_spec_options
@click.option("--view", type=click.Choice((*NAMES, SHEET)), help="View to draw.  [default: columns]")
@click.option("--sweep", type=not_empty, metavar="NAME", help="Draw a sheet with the networks of this sweep of SPEC.")
@click.option(
    "-o", "--output", type=not_empty, metavar="FILE", help="File to write; `-` is the standard output.  [default: -]"
)
@click.option("--format", "form", type=click.Choice(_FORMATS), help="Output format.  [default: by the suffix of FILE]")
@click.option("--style", type=not_empty, default="paper", metavar="NAME", help="paper, mono, dark, or a style file.")
@click.option("--width", metavar="LENGTH", help="Width, such as 3.25in, 8.3cm or 234pt.")
@click.option("--height", metavar="LENGTH", help="Height; with --width, as large as fits into both.")
@click.option(
    "--color-by", type=click.Choice(COLORS), help="What colours stand for.  [default: stage; none in a table]"
)
@click.option(
    "--annotate", callback=_annotations, metavar="NAMES", help="Annotate each box with shape, params or macs."
)
@click.option("--title", metavar="TEXT", help="Line above the figure.")
@click.option("--legend/--no-legend", default=True, help="Explain lines and colours.  [default: legend]")
@click.option("--fold", is_flag=True, help="Draw equal repeats once, with their number.")
@click.option("--changes", is_flag=True, help="Also draw the use of each block that changes the shape.")
@click.option("--diff", is_flag=True, help="Mark what is added, removed and changed between two SPECs.")
@click.option("--direction", type=click.Choice(DIRECTIONS), help="Where networks lead in columns.  [default: down]")
@click.option("--wrap", type=click.IntRange(1, 100), metavar="N", help="Cut columns or a lattice into N pieces.")
@click.option("--standalone", is_flag=True, help="Write TikZ as a complete document.")
@click.option("--dpi", type=click.IntRange(20, 2400), help="Dots per inch of a PNG.  [default: 200]")
def command(
    specs: tuple[str, ...],
    network: str | None,
    settings: tuple[str, ...],
    input_shapes: tuple[str, ...],
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
    direction: Direction | None,
    wrap: int | None,
    standalone: bool,
    dpi: int | None,
) -> None:
    """Draw the networks of all SPECs side by side, or the networks of a sweep on a sheet.

    PDF and PNG need Graphviz, and so does the view ops, except as DOT. SVG, HTML, TikZ, DOT and Mermaid (.mmd), which
    has no views, do not.
    """
    paper = _Paper(output, _format(output, form), style, width, height, standalone, dpi)
    look = DrawOptions(
        color_by,
        annotate,
        title,
        legend=legend,
        fold=fold,
        changes=changes,
        diff=diff,
        direction=direction or "down",
        wrap=wrap or 1,
    )
    values = values_of(settings, input_shapes)
    if is_sheet(specs, view, network, sweep):
        from resdsl.cli import render_sheet

        render_sheet.refuse_idle(look, paper.form)
        paper.refuse_idle()
        found = render_sheet.swept(specs[0], sweep, values, import_path)
        paper.refuse_overwriting(found.files)
        paper.put(render_sheet.sheet_figure(found, look, style=style, width=width, height=height))
        return
    _refuse_idle(specs, look)
    paper.refuse_idle()
    _refuse_idle_in_view(view, look, paper)
    from resdsl.cli.reading import load_nets

    nets = load_nets(specs, network, values, import_path)
    paper.refuse_overwriting([file for net in nets for file in net.files])
    _draw([net.ir for net in nets], view or "columns", look, paper)


def _draw(networks: Sequence[Network], view: str, look: DrawOptions, paper: _Paper) -> None:
    from resdsl.draw.figure import figure_of, mermaid_of

    if paper.form == _MERMAID:
        put_drawn(Drawn(mermaid_of(networks, look, style=paper.style)), paper.output)
        return
    paper.put(figure_of(networks, view, look, style=paper.style, width=paper.width, height=paper.height))


def _format(output: str | None, form: str | None) -> str:
    """The given format, or else the one of the suffix of the file.

    Raises:
        click.UsageError: the format is unknown, or it is binary and would go to a terminal.
    """
    to_file = output not in {None, "-"}
    chosen = form or (Path(output or "").suffix.removeprefix(".").lower() if to_file else "svg")
    if chosen not in _FORMATS:
        raise click.UsageError(
            f"no format of figures has the suffix of {output!r}; use .{', .'.join(_FORMATS)}, or give --format"
        )
    named = Path(output or "").suffix.removeprefix(".").lower()
    if to_file and form is not None and named in _FORMATS and named != form:
        raise click.UsageError(f"--format {form} contradicts the suffix .{named} of the file; use only one of them")
    if chosen in _BINARY and not to_file and sys.stdout.isatty():
        raise click.UsageError(f"{chosen} is binary and needs a file: name it with -o")
    return chosen


def _refuse_idle(specs: tuple[str, ...], look: DrawOptions) -> None:
    """Refuse options that would have no effect.

    Raises:
        click.UsageError: an option would have no effect.
    """
    if look.diff and len(specs) != 2:
        raise click.UsageError(f"--diff needs two specs, not {len(specs)}")
    if look.diff and look.color_by:
        raise click.UsageError("with --diff, colours show what differs: --color-by would have no effect")
    if specs.count("-") > 1:
        raise click.UsageError("only one spec can be read from the standard input")


def _refuse_idle_in_view(view: str | None, look: DrawOptions, paper: _Paper) -> None:
    """Likewise, for options that depend on the view.

    Raises:
        click.UsageError: an option would have no effect.
    """
    if paper.form == _MERMAID and (view or paper.width or paper.height or look.fold or look.changes):
        raise click.UsageError(
            "Mermaid has no views: --view, --width, --height, --fold and --changes would have no effect"
        )
    drawn = "" if paper.form == _MERMAID else view or "columns"
    if look.direction != "down" and drawn not in TURNING:
        raise click.UsageError("--direction is for --view columns: it would have no effect on another view")
    if look.wrap != 1 and drawn not in WRAPPING:
        raise click.UsageError(f"--wrap is for --view {' or '.join(WRAPPING)}: it would have no effect on another view")
    if look.fold and view is not None and view not in FOLDING:
        raise click.UsageError(f"--view {view} folds repeats anyway: --fold would have no effect")
    if look.changes and view != "block":
        raise click.UsageError("--changes is for --view block: it would have no effect on another view")
