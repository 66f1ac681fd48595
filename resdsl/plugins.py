"""Plug-ins of other packages, which are entry points in a group for each kind.

Reading the installed packages takes a while, so plug-ins are searched only for names that resdsl itself does not
define.
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
    """A plug-in of an installed package cannot be used. The message names the package."""


def offered(group: str, kind: str, own: Iterable[str]) -> dict[str, EntryPoint]:
    """The entry points of other packages in a group, by name; nothing is loaded yet.

    Args:
        group: the group of entry points.
        kind: the word for one of them in messages.
        own: names that resdsl itself defines, which plug-ins must not use.

    Raises:
        PluginError: two packages use the same name.
    """
    from importlib.metadata import entry_points

    found: dict[str, EntryPoint] = {}
    owners = dict.fromkeys(own, _SELF)
    for entry in entry_points(group=group):
        package = package_of(entry)
        if entry.name in owners:
            first, second = sorted((owners[entry.name], package))
            raise PluginError(f"the {kind} `{entry.name}` is offered by two packages: {first} and {second}")
        owners[entry.name] = package
        found[entry.name] = entry
    return found


def load(entry: EntryPoint, kind: str) -> object:
    """Load an entry point.

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


def blaming(plugin: str, function: Callable[P, T], passing: tuple[type[Exception], ...] = ()) -> Callable[P, T]:
    """Wrap a function of another package so that its unexpected errors name the package.

    Refusals and errors of the system are passed on unchanged, and so are those that are part of what it is asked for.
    """

    through: tuple[type[Exception], ...] = (Refused, OSError, PluginError, *passing)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except through:
            raise
        except (Exception, SystemExit) as error:  # whatever the code of another package raises
            raise PluginError(f"{plugin} failed: {type(error).__name__}: {error}") from error

    return call
