"""The data sets by name: ours, and those of other packages in the entry point group `resdsl.data`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from resdsl.data import cifar, datasets, digits, folders, idx, photographs
from resdsl.data.datasets import Indexed
from resdsl.data.images import Parts, WrongData
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.plugins import blaming, load, offered, package_of

GROUP = "resdsl.data"
Reader = Callable[[Path | None], Parts]
"""Reads a data set from a folder, or from a package if it needs none."""

READERS: dict[str, Reader] = {
    "cifar10": cifar.read10,
    "cifar100": cifar.read100,
    "digits": digits.read,
    "fashion-mnist": idx.read,
    "folder": folders.read,
    "imagenet": folders.read_imagenet,
    "mnist": idx.read,
    "photographs": photographs.read,
}


Given = str | Path | Parts | Indexed | tuple[Indexed, Indexed] | None
"""Data as they may be given from Python: a folder, or the data themselves."""


def parts_of(given: Given, name: str) -> Parts:
    """The data of a recipe.

    Args:
        given: the folder of the data set, the data themselves, or None for a set that comes with a package.
        name: the name of the data set in the recipe, where the data themselves are not given.

    Raises:
        WrongData: there is no such set, it cannot be read, or what is given is no data set.
        PluginError: the plug-in that offers it fails.
    """
    if isinstance(given, Parts):
        return given
    if given is None or isinstance(given, str | Path):
        return read_set(name, None if given is None else Path(given))
    return datasets.as_parts(given)


def read_set(name: str, folder: Path | None) -> Parts:
    """A data set.

    Args:
        name: its name, as a recipe has it.
        folder: where its files lie; None for a set that comes with a package.

    Raises:
        WrongData: there is no such set, or it cannot be read.
        PluginError: the plug-in that offers it fails.
    """
    if name in READERS:
        return READERS[name](folder)
    others = offered(GROUP, "data set", READERS)
    if name not in others:
        hint = did_you_mean(name, [*READERS, *others]) or f"available: {', '.join(sorted([*READERS, *others]))}"
        raise WrongData(f"unknown data set `{name}`; {hint}")
    reader = load(others[name], "data set")
    if not callable(reader):
        raise WrongData(f"the data set `{name}` of {package_of(others[name])} is no function")
    parts = blaming(f"the data set `{name}` of {package_of(others[name])}", reader)(folder)
    if not isinstance(parts, Parts):
        raise WrongData(f"the data set `{name}` of {package_of(others[name])} yields no `resdsl.data.images.Parts`")
    return parts
