"""Options shared by several commands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def not_empty(name: str) -> str:
    """The type of arguments that name a file, a network or the like.

    Raises:
        click.BadParameter: the name is empty. As a file, it would mean the current folder.
    """
    if not name:
        raise click.BadParameter("the name is empty")
    return name


set_option = click.option(
    "--set",
    "settings",
    metavar="NAME=VALUE",
    multiple=True,
    help="Set a parameter or setting to an expression of the language. May be repeated.",
)
input_option = click.option(
    "--input",
    "input_shapes",
    metavar="[NAME=]SHAPE",
    multiple=True,
    help="Use another input shape, such as 3x128x128, or rgb=3x128x128 for an input with a name. May be repeated.",
)
network_option = click.option("--network", type=not_empty, metavar="NAME", help="Use this network of the file.")
responses_option = click.option(
    "--responses", is_flag=True, help="Record layer responses before the first and after the last step."
)
import_option = click.option(
    "--import-path",
    type=click.Path(file_okay=False, exists=True),
    multiple=True,
    help="Folder to search for imports, after that of the spec. May be repeated.",
)


def with_spec_options(command: F) -> F:
    """Add the options that select and configure one network of a spec."""
    for option in (import_option, input_option, set_option, network_option):
        command = option(command)
    return command


def values_of(settings: tuple[str, ...], input_shapes: tuple[str, ...]) -> dict[str, str]:
    """The values of `--set` and `--input` by name.

    Raises:
        click.UsageError: a value is not of the form NAME=VALUE, or a name is given twice.
    """
    values = by_name(settings, "--set", "NAME=VALUE")
    shapes: dict[str, str] = {}
    for text in input_shapes:
        name, shape = _input_of(text)
        if name in values:
            raise click.UsageError("--input and --set input are the same setting; use only one of them")
        if name in shapes:
            raise click.UsageError(f"--input is given twice for {'the same input' if name == 'input' else name[6:]}")
        shapes[name] = shape
    return {**values, **shapes}


def _input_of(text: str) -> tuple[str, str]:
    """The setting that `--input` gives, `input` or `input.rgb`, and the shape."""
    name, equals, shape = text.partition("=")
    named = name.strip().isidentifier() and equals and shape.strip()
    return (f"input.{name.strip()}", shape) if named else ("input", text)


def refuse_repeated(context: click.Context, parameter: click.Parameter, values: Iterable[object]) -> None:
    """Refuse a value that a list between commas has twice, which would have no effect.

    Raises:
        click.BadParameter: there is one.
    """
    twice = next((value for value, count in Counter(values).items() if count > 1), None)
    if twice is not None:
        raise click.BadParameter(f"{twice} is given twice", context, parameter)


def by_name(given: tuple[str, ...], option: str, form: str) -> dict[str, str]:
    """The values of an option of the form NAME=VALUE that may be repeated, by name.

    Args:
        given: all its values.
        option: its name, for messages.
        form: the expected form, for messages.

    Raises:
        click.UsageError: a value is not of this form, or a name is given twice.
    """
    values: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier() or not value.strip():
            raise click.UsageError(f"{option} takes {form}, not '{text}'")
        if name in values:
            raise click.UsageError(f"{option} {name} is given twice")
        values[name] = value
    return values
