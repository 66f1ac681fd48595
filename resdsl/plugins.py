"""What other packages add: each thing is an entry point, in a group for things of its kind, under its own name.

Reading the installed packages takes a while, so a kind of things looks here only for a name that is not one of the
project's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from resdsl.refusal import Refused

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

P = ParamSpec("P")
T = TypeVar("T")

_SELF = "resdsl"


class PluginError(Exception):
    """An installed package offers something that cannot be used. The message names the package."""


def offered(group: str, kind: str, own: Iterable[str]) -> dict[str, EntryPoint]:
    """What other packages offer in a group, by name; nothing is loaded yet.

    Args:
        group: the group of entry points.
        kind: what messages call one of them.
        own: the names of the project's own, which nobody replaces.

    Raises:
        PluginError: two packages claim one name.
    """
    from importlib.metadata import entry_points

    found: dict[str, EntryPoint] = {}
    owners = dict.fromkeys(own, _SELF)
    for entry in entry_points(group=group):
        package = package_of(entry)
        if entry.name in owners:
            first, second = sorted((owners[entry.name], package))
            raise PluginError(f"the {kind} `{entry.name}` is claimed by two packages: {first} and {second}")
        owners[entry.name] = package
        found[entry.name] = entry
    return found


def load(entry: EntryPoint, kind: str) -> object:
    """What an entry point leads to.

    Raises:
        PluginError: it cannot be imported.
    """
    try:
        return entry.load()
    except Exception as error:  # whatever the code of another package raises
        raise PluginError(f"the {kind} `{entry.name}` of {package_of(entry)} cannot be loaded: {error}") from error


def package_of(entry: EntryPoint) -> str:
    """The name of the package that an entry point is from."""
    return entry.dist.name if entry.dist else entry.value


def blaming(plugin: str, function: Callable[P, T]) -> Callable[P, T]:
    """A function of another package whose faults name the package: they are not resdsl's.

    What it refuses, and what the system does, stays as it is.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except (Refused, OSError, PluginError):
            raise
        except Exception as error:  # whatever the code of another package raises
            raise PluginError(f"{plugin} failed: {type(error).__name__}: {error}") from error

    return call
