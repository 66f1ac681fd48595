"""Options that several commands share, and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

set_option = click.option(
    "--set",
    "settings",
    metavar="NAME=VALUE",
    multiple=True,
    help="Give a parameter or a setting a value, an expression of the language. May be repeated.",
)
input_option = click.option("--input", "input_shape", metavar="SHAPE", help="Another input, such as 3x128x128.")
network_option = click.option("--network", metavar="NAME", help="Which network of the file.")
import_option = click.option(
    "--import-path",
    type=click.Path(file_okay=False, exists=True),
    multiple=True,
    help="A folder in which imports are looked up, after the spec's own. May be repeated.",
)


def with_spec_options(command: F) -> F:
    """Add the options by which a spec becomes one network."""
    for option in (import_option, input_option, set_option, network_option):
        command = option(command)
    return command


def values_of(settings: tuple[str, ...], input_shape: str | None) -> dict[str, str]:
    """`--set` and `--input` by name.

    Raises:
        click.UsageError: one is not NAME=VALUE, or a name is given twice.
    """
    values = by_name(settings, "--set", "NAME=VALUE")
    if input_shape is not None:
        if "input" in values:
            raise click.UsageError("--input and --set input are one setting; give one of them")
        values["input"] = input_shape
    return values


def by_name(given: tuple[str, ...], option: str, form: str) -> dict[str, str]:
    """What an option that may be repeated gives to names.

    Args:
        given: all that it was given.
        option: its name, for messages.
        form: what it takes, for messages.

    Raises:
        click.UsageError: one is not of that form, or a name is given twice.
    """
    values: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier() or not value.strip():
            raise click.UsageError(f"{option} takes {form}, and not '{text}'")
        if name in values:
            raise click.UsageError(f"{option} {name} is given twice")
        values[name] = value
    return values
