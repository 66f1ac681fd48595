"""The options of commands that train: what they compute on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import click

from resdsl.training.devices import ACCELERATORS, PRECISIONS, STRATEGIES, Devices

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--accelerator",
        type=click.Choice(ACCELERATORS),
        default="auto",
        show_default=True,
        help="What to train on; `auto` is a GPU where there is one.",
    ),
    click.option("--devices", type=click.IntRange(1), metavar="N", help="GPUs, or CPU processes, on each machine."),
    click.option("--nodes", type=click.IntRange(1), metavar="N", help="Machines that train together."),
    click.option(
        "--strategy",
        type=click.Choice(STRATEGIES),
        default="ddp",
        show_default=True,
        help="Whether each of several devices has the whole network, or a part of it.",
    ),
    click.option(
        "--precision", type=click.Choice(PRECISIONS), default="32", show_default=True, help="What to compute in."
    ),
    click.option("--channels-last", is_flag=True, help="Keep channels innermost in memory."),
    click.option("--compile", is_flag=True, help="Compile the network with torch.compile."),
)
_KEYWORDS = ("accelerator", "devices", "nodes", "strategy", "precision", "channels_last", "compile")


def with_device_options(command: F) -> F:
    """Add them to a command, which gets them as one argument, `devices`."""

    @wraps(command)
    def gathered(**arguments: Any) -> Any:
        chosen = {key: arguments.pop(key) for key in _KEYWORDS}
        return command(devices=Devices(count=chosen.pop("devices"), **chosen), **arguments)

    for option in reversed(_OPTIONS):
        option(gathered)
    return cast(F, gathered)
