"""Sheets of the networks of a sweep, for `resdsl render`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resdsl.cli.messages import warn

if TYPE_CHECKING:
    from resdsl.draw.figure import Figure
    from resdsl.draw.options import DrawOptions
    from resdsl.sweeps.sweep import Sweep

SHEET = "sheet"
"""The view for sweeps, which does not exist for networks."""


def is_sheet(specs: Sequence[str], view: str | None, network: str | None, sweep: str | None) -> bool:
    """Whether a sheet is requested: by the view, by the name of a sweep, or by a SPEC with a sweep of the same name.

    Raises:
        click.UsageError: a sheet is requested with an option that would have no effect.
    """
    requested = view == SHEET or sweep is not None
    if not requested:
        return view is None and network is None and len(specs) == 1 and _is_study(specs[0])
    if view not in (None, SHEET):
        raise click.UsageError(f"--sweep is for --view {SHEET}: it would have no effect on another view")
    if network is not None:
        raise click.UsageError("a sheet shows a sweep, named with --sweep: --network would have no effect")
    if len(specs) > 1:
        raise click.UsageError(f"a sheet shows one sweep of one SPEC, not {len(specs)} SPECs")
    return True


def refuse_idle(look: DrawOptions, form: str) -> None:
    """Refuse options that would have no effect on a sheet.

    Raises:
        click.UsageError: an option would have no effect.
    """
    if look.diff:
        raise click.UsageError("a sheet marks what differs anyway: --diff would have no effect")
    if look.color_by is not None:
        raise click.UsageError("in a sheet, colours show what differs: --color-by would have no effect")
    if not look.legend:
        raise click.UsageError("a sheet has no legend: --no-legend would have no effect")
    if look.fold or look.changes:
        raise click.UsageError("a sheet folds repeats anyway: --fold and --changes would have no effect")
    if look.direction != "down" or look.wrap != 1:
        raise click.UsageError("--direction and --wrap are for other views: they would have no effect on a sheet")
    if form == "mmd":
        raise click.UsageError("Mermaid has no views, so it cannot show a sheet")


def swept(spec: str, sweep: str | None, values: Mapping[str, str], import_path: Sequence[str]) -> Sweep:
    """The sweep to show on a sheet.

    Args:
        spec: the text.
        sweep: its name, or that of a network to sweep; the default is that of `resdsl sweep`.
        values: values for all points.
        import_path: further folders to search for imports.

    Raises:
        SpecError: there is no such sweep.
    """
    from resdsl.api import is_json
    from resdsl.cli.reading import overrides_of, read_source_of, read_text

    source, chosen = read_source_of(spec, None)
    if is_json(source):
        raise click.UsageError(f"{spec} is a single network, not a sweep")
    return read_text(source, import_path).sweep(sweep or chosen, None, overrides_of(values))


def sheet_figure(sweep: Sweep, look: DrawOptions, *, style: str, width: str | None, height: str | None) -> Figure:
    """The networks of a sweep by stage, with differences from the first marked.

    Args:
        sweep: the sweep.
        look: the title, and the annotations of each stage.
        style, width, height: as for other figures.

    Raises:
        SpecError: a point cannot be built.
        resdsl.refusal.Refused: there are too many points for a legible sheet, or the style is unknown.
    """
    from resdsl.draw.figure import figure_of_scene
    from resdsl.sweeps.sheet import sheet_of

    scene = sheet_of(sweep, look)
    warn(sweep.warnings)
    return figure_of_scene(scene, style=style, width=width, height=height)


def _is_study(spec: str) -> bool:
    """Whether a text has a sweep with the name of the file, so that the sweep is its main subject."""
    from resdsl.catalogue import locate
    from resdsl.source import is_there

    if spec == "-":
        return False
    located = locate(spec)
    stem = located.path.stem
    if (
        located.network is not None
        or not is_there(located.path)
        or not located.path.is_file()
        or not stem.isidentifier()
    ):
        return False
    # Only to decide between network and sweep; the text is parsed, and its errors reported, when it is drawn.
    start = rf"^[ \t]*sweep[ \t]+{re.escape(stem)}\b"
    return re.search(start, _text(located.path), re.MULTILINE) is not None


def _text(path: Path) -> str:
    from resdsl.source import Unreadable, read_source

    try:
        return read_source(path).text
    except Unreadable:
        return ""
