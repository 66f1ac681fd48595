"""The views of results by name: which are tables and which charts, and which options mean something to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.refusal import Refused


class UnsuitedView(Refused):
    """A view does not suit the runs that are there."""


class UnknownView(UnsuitedView):
    """There is no view of this name, or an option would have no effect on it."""

    of_usage = True


@dataclass(frozen=True, slots=True)
class View:
    """A view.

    Attributes:
        name: its name, also that of the module and of the function in it that makes it.
        chart: whether it is a chart rather than a table.
        takes: the options that it has.
    """

    name: str
    chart: bool
    takes: tuple[str, ...]

    def refuse_idle(self, given: Mapping[str, object]) -> None:
        """Refuse options that would have no effect.

        Raises:
            UnknownView: one has none.
        """
        for option, value in given.items():
            if value is not None and option not in self.takes:
                raise UnknownView(f"`{option}` would have no effect on the view {self.name}")

    def made(self, results: Any, options: Mapping[str, Any]) -> Any:
        """The scene of a chart, or a table for people and one for programs; `results` are those to show."""
        return getattr(import_module(f"resdsl.experiments.{self.name}"), self.name)(results, **options)


VIEWS = {
    view.name: view
    for view in (
        View("table", False, ("measure", "baseline", "by")),
        View("table2", False, ("measure", "by")),
        View("table6", False, ("measure",)),
        View("curves", True, ("measure",)),
        View("scatter", True, ("measure", "by")),
        View("responses", True, ()),
        View("edf", True, ("measure", "by", "below", "beside")),
    )
}


def known_view(name: str) -> View:
    """The view of a name.

    Raises:
        UnknownView: there is none.
    """
    if name not in VIEWS:
        raise UnknownView(f"unknown view {name!r}; {did_you_mean(name, VIEWS) or 'available: ' + ', '.join(VIEWS)}")
    return VIEWS[name]
