"""What `resdsl render` draws of a sweep: a sheet of its networks."""

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
"""The view that sweeps have and networks have not."""


def is_sheet(specs: Sequence[str], view: str | None, network: str | None, sweep: str | None) -> bool:
    """Whether a sheet is asked for: by the view, by a sweep's name, or by a SPEC that is named as its sweep.

    Raises:
        click.UsageError: it is, with what has no effect on it.
    """
    requested = view == SHEET or sweep is not None
    if not requested:
        return view is None and network is None and len(specs) == 1 and _is_study(specs[0])
    if view not in (None, SHEET):
        raise click.UsageError(f"--sweep is for --view {SHEET}, and would have no effect on another")
    if network is not None:
        raise click.UsageError("a sheet is of a sweep: name it with --sweep, --network would have no effect")
    if len(specs) > 1:
        raise click.UsageError(f"a sheet is of the networks of one sweep, and these are {len(specs)} SPECs")
    return True


def refuse_idle(look: DrawOptions, form: str) -> None:
    """Refuse what would have no effect on a sheet.

    Raises:
        click.UsageError: as said.
    """
    if look.diff:
        raise click.UsageError("a sheet marks what differs anyway: --diff would have no effect")
    if look.color_by is not None:
        raise click.UsageError("in a sheet colours say what differs: --color-by would have no effect")
    if not look.legend:
        raise click.UsageError("a sheet has no legend: --no-legend would have no effect")
    if look.fold or look.changes:
        raise click.UsageError("a sheet folds repeats anyway: --fold and --changes would have no effect")
    if form == "mmd":
        raise click.UsageError("Mermaid has no views, and a sheet is one")


def swept(spec: str, sweep: str | None, values: Mapping[str, str], import_path: Sequence[str]) -> Sweep:
    """The sweep that a sheet is of.

    Args:
        spec: the text.
        sweep: its name, or that of a network to be swept; by default as `resdsl sweep` has it.
        values: what all points are given.
        import_path: further folders of imports.

    Raises:
        SpecError: there is no such sweep.
    """
    from resdsl.api import is_json
    from resdsl.cli.reading import overrides_of, read_source_of, read_text

    source, chosen = read_source_of(spec, None)
    if is_json(source):
        raise click.UsageError(f"{spec} is one network, and no sweep")
    return read_text(source, import_path).sweep(sweep or chosen, None, overrides_of(values))


def sheet_figure(sweep: Sweep, look: DrawOptions, *, style: str, width: str | None, height: str | None) -> Figure:
    """The networks of a sweep, stage by stage, each with what differs from the first marked.

    Args:
        sweep: the sweep.
        look: the line above, and what each stage says.
        style, width, height: as for other figures.

    Raises:
        SpecError: a point is no network.
        resdsl.refusal.Refused: there are more points than anybody can tell apart, or no such style.
    """
    from resdsl.draw.figure import figure_of_scene
    from resdsl.sweeps.sheet import sheet_of

    scene = sheet_of(sweep, look)
    warn(sweep.warnings)
    return figure_of_scene(scene, style=style, width=width, height=height)


def _is_study(spec: str) -> bool:
    """Whether a text is about a sweep: it has one that is named as the file, and no network of it was named."""
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
    # Only to tell what is meant; the text is read, and its mistakes are told, when it is drawn.
    start = rf"^[ \t]*sweep[ \t]+{re.escape(stem)}\b"
    return re.search(start, _text(located.path), re.MULTILINE) is not None


def _text(path: Path) -> str:
    from resdsl.source import Unreadable, read_source

    try:
        return read_source(path).text
    except Unreadable:
        return ""
