"""Options of commands that take a weight file, and the notes on what was done with it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from resdsl.cli.messages import say
from resdsl.cli.options import not_empty

if TYPE_CHECKING:
    from resdsl.weights.selection import Taking

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--ignore",
        type=not_empty,
        metavar="PATH",
        multiple=True,
        help="Module of the weight file that the network does not have, to leave out. May be repeated.",
    ),
    click.option(
        "--weights-key",
        type=not_empty,
        metavar="KEY",
        help="Dictionary to take in a PyTorch checkpoint, such as state_dict_ema.",
    ),
    click.option(
        "--rename",
        type=not_empty,
        metavar="TABLE",
        multiple=True,
        help="Names of the weight file: a library such as timm, a file of rules, or a rule 'backbone ->'.",
    ),
    click.option(
        "--adapt",
        type=not_empty,
        metavar="HOW",
        multiple=True,
        help="Fit kernels of the weight file: `stem` to other input channels, `inflate` to one axis more.",
    ),
)


def with_weight_options(command: F) -> F:
    """Add the options that say what is taken from a weight file."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def taking_of(
    ignore: tuple[str, ...], weights_key: str | None, rename: tuple[str, ...], adapt: tuple[str, ...]
) -> Taking:
    """The options as arguments of Python functions."""
    return {"ignore": ignore, "weights_key": weights_key, "rename": rename, "adapt": adapt}


def refuse_without_weights(weights: str | None, taking: Taking, source: str = "--weights") -> None:
    """Refuse options about a weight file without one.

    Raises:
        click.UsageError: there is one.
    """
    named = options_in(taking)
    if named and weights is None:
        raise click.UsageError(f"without {source}, {' and '.join(named)} would have no effect")


def options_in(taking: Taking) -> list[str]:
    """The options that are given."""
    return [f"--{name.replace('_', '-')}" for name, value in taking.items() if value]


@contextmanager
def saying_notes() -> Iterator[None]:
    """Within this context, notes on weight files are said, each once, instead of being warnings of Python."""
    from resdsl.weights.selection import WeightsNote

    with warnings.catch_warnings():
        warnings.simplefilter("always", WeightsNote)
        others = warnings.showwarning
        before: set[str] = set()

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if not issubclass(category, WeightsNote):
                others(message, category, filename, lineno, file, line)
            elif str(message) not in before:
                before.add(str(message))
                say(f"note: {message}", err=True)

        warnings.showwarning = show
        yield
