"""What is taken from a weight file, and how its tensors become those of a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from typing import TypedDict

Names = str | Sequence[str]
"""One name or several."""
Renames = str | PathLike[str] | Sequence[str | PathLike[str]]
"""A table of names, or several."""


class WeightsNote(UserWarning):
    """What was done with a weight file that the user may not expect, or what was passed over in it."""


class Taking(TypedDict, total=False):
    """Arguments of functions that take a weight file; `Selection` has their meaning."""

    ignore: Names
    weights_key: str | None
    rename: Renames
    adapt: Names


@dataclass(frozen=True, slots=True)
class Selection:
    """What is taken from a weight file.

    Attributes:
        reset: modules of the network that are initialised from the seed; their tensors in the file are not used.
        ignore: modules or tensors of the file that the network does not have and that are left out.
        key: the dictionary in a PyTorch checkpoint; None for the usual one.
        rename: tables of names by name or file, or single rules such as `backbone ->`, applied in this order.
        adapt: what may be fitted to other shapes: `stem`, `stem=mean` and the like, `inflate`.
    """

    reset: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    key: str | None = None
    rename: tuple[str, ...] = ()
    adapt: tuple[str, ...] = ()

    @property
    def options(self) -> list[tuple[str, str]]:
        """The options of the command line that select the same, as name and value, in a fixed order."""
        keys = [] if self.key is None else [("--weights-key", self.key)]
        several = {"--rename": self.rename, "--ignore": self.ignore, "--adapt": self.adapt, "--reset": self.reset}
        return [*keys, *((option, value) for option, values in several.items() for value in values)]

    @property
    def arguments(self) -> dict[str, str | list[str]]:
        """The arguments of Python functions that select the same."""
        keys: dict[str, str | list[str]] = {} if self.key is None else {"weights_key": self.key}
        several = {"rename": self.rename, "ignore": self.ignore, "adapt": self.adapt, "reset": self.reset}
        return keys | {name: values[0] if len(values) == 1 else [*values] for name, values in several.items() if values}


WHOLE = Selection()
"""All that a file has, which is all that the network has."""


def selection_of(
    reset: Names = (),
    ignore: Names = (),
    weights_key: str | None = None,
    rename: Renames = (),
    adapt: Names = (),
) -> Selection:
    """The selection that arguments of Python functions ask for."""
    renames = (rename,) if isinstance(rename, str | PathLike) else rename
    tables = tuple(fspath(each) for each in renames)
    return Selection(_several(reset), _several(ignore), weights_key, tables, _several(adapt))


def _several(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
