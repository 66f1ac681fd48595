"""The options of commands that train: what they compute on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import click

from resdsl.training.devices import ACCELERATORS, PRECISIONS, STRATEGIES, Devices

F = TypeVar("F", bound=Callable[..., Any])

_ACCELERATOR = click.option(
    "--accelerator",
    type=click.Choice(ACCELERATORS),
    default="auto",
    show_default=True,
    help="What to train on; `auto` is a GPU where there is one.",
)
_SEVERAL = (
    click.option("--devices", type=click.IntRange(1), metavar="N", help="GPUs, or CPU processes, on each machine."),
    click.option("--nodes", type=click.IntRange(1), metavar="N", help="Machines that train together."),
    click.option(
        "--strategy",
        type=click.Choice(STRATEGIES),
        default="ddp",
        show_default=True,
        help="Whether each of several devices has the whole network, or a part of it.",
    ),
)
_COMPUTATION = (
    click.option(
        "--precision", type=click.Choice(PRECISIONS), default="32", show_default=True, help="What to compute in."
    ),
    click.option("--channels-last", is_flag=True, help="Keep channels innermost in memory."),
    click.option("--compile", is_flag=True, help="Compile the network with torch.compile."),
)
_OF_ONE = ("accelerator", "precision", "channels_last", "compile")
_OF_SEVERAL = ("devices", "nodes", "strategy")


def with_device_options(command: F) -> F:
    """Add those of a run on one or several devices to a command, which gets them as one argument, `devices`."""

    @wraps(command)
    def gathered(**arguments: Any) -> Any:
        chosen = {key: arguments.pop(key) for key in (*_OF_ONE, *_OF_SEVERAL)}
        return command(devices=Devices(count=chosen.pop("devices"), **chosen), **arguments)

    return cast(F, _with(gathered, (_ACCELERATOR, *_SEVERAL, *_COMPUTATION)))


def with_one_device_options(command: F) -> F:
    """Add those of runs on one device each to a command, which gets them as one argument, `devices`."""

    @wraps(command)
    def gathered(**arguments: Any) -> Any:
        return command(devices=Devices(**{key: arguments.pop(key) for key in _OF_ONE}), **arguments)

    return cast(F, _with(gathered, (_ACCELERATOR, *_COMPUTATION)))


def _with(command: Callable[..., Any], options: tuple[Callable[[Any], Any], ...]) -> Any:
    for option in reversed(options):
        option(command)
    return command
