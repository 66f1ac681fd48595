"""Problems on the error stream."""

from __future__ import annotations

from collections.abc import Iterable

import click

from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.text import draw_all


def warn(problems: Iterable[Problem]) -> None:
    """Show warnings, if there are any."""
    drawn = draw_all(problems)
    if drawn:
        click.echo(drawn, err=True)
