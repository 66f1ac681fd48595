"""The pipeline on one screen: text -> syntax tree -> linked definitions -> network, with one call for each stage.

What comes after a network starts in `resdsl.net`: `Net.to` finds a target in `resdsl.targets`, which calls a backend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.analysis.expectations import Checked, check_expectations, failures
from resdsl.diagnostics.problem import Problem, in_order
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate import errors
from resdsl.elaborate.binding import Override
from resdsl.elaborate.linking import Linker, Module, NetworkDefinition, ReadFile
from resdsl.elaborate.names import check_names
from resdsl.elaborate.networks import build_network
from resdsl.elaborate.places import Places
from resdsl.elaborate.session import Session
from resdsl.ir.network import Network
from resdsl.ir.verify import verify
from resdsl.source import Source, Span, read_source
from resdsl.syntax.parser import parse

if TYPE_CHECKING:
    from resdsl.sweeps.request import Request
    from resdsl.sweeps.sweep import Sweep


@dataclass
class Spec:
    """A text that was read: its definitions, and a cache of what was built from them."""

    module: Module
    warnings: tuple[Problem, ...]
    session: Session = field(default_factory=Session)

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The files that were read: its own, its imports, and the standard library."""
        return self.module.files

    @property
    def networks(self) -> tuple[str, ...]:
        """The names of its networks, in order."""
        return tuple(network.name for network in self.module.networks)

    def build(self, name: str | None = None, overrides: Mapping[str, Override] | None = None) -> Built:
        """Build one of its networks.

        Args:
            name: the network; by default the one named after the file, or the only one.
            overrides: values for parameters, settings and `input`.

        Raises:
            SpecError: with every problem found.
        """
        built, failed = self.attempt(name, overrides)
        if failed:
            raise SpecError(failed)
        return built

    def attempt(
        self, name: str | None = None, overrides: Mapping[str, Override] | None = None
    ) -> tuple[Built, tuple[Problem, ...]]:
        """One of its networks, and the problems of the `expect` lines that it does not meet; otherwise as `build`."""
        overrides = overrides or {}
        definition = self.definition(name)
        network, building_warnings, stated, places = build_network(definition, overrides, self.session)
        verify(network)
        checks = check_expectations(network)
        failed = tuple(failures(checks, stated))
        warnings = (*self.warnings, *building_warnings, *self._without_effect(definition, overrides, network))
        return Built(network, checks, in_order(warnings), self.files, places), failed

    @property
    def sweeps(self) -> tuple[str, ...]:
        """The names of its sweeps, in order."""
        return tuple(sweep.name for sweep in self.module.sweeps)

    def sweep(
        self,
        name: str | None = None,
        request: Request | None = None,
        overrides: Mapping[str, Override] | None = None,
        *,
        with_memory: bool = False,
    ) -> Sweep:
        """One of its sweeps, or a sweep over one of its networks.

        Args:
            name: the sweep, or the network to be swept; by default the sweep named after the file, or the only
                one, or else, if lines are given, the file's network.
            request: lines in addition to those of the text.
            overrides: values for all points.
            with_memory: whether to count the memory of each point, too.

        Raises:
            SpecError: with every problem of the lines, or the first problem of their values; no point was built.
        """
        from resdsl.sweeps.choosing import lines_of
        from resdsl.sweeps.plan import read_plan
        from resdsl.sweeps.sweep import Sweep

        plan = read_plan(lines_of(self.module, name, request), self.module, self.session, overrides or {})
        return Sweep(plan, self.session, list(self.warnings), with_memory=with_memory, files=self.files)

    def definition(self, name: str | None = None) -> NetworkDefinition:
        """The definition of one of its networks; by default of the one named after the file, or the only one.

        Raises:
            SpecError: there is no such network, or several could be meant.
        """
        networks = self.module.networks
        source = self.module.source.name
        wanted = name or Path(source).stem
        for network in networks:
            if network.name == wanted:
                return network
        if name is not None:
            raise SpecError([errors.networks.NoSuchNetwork(name=name, file=source, known=self.networks)])
        if not networks:
            raise SpecError([errors.networks.NoNetwork(span=Span(self.module.source, 0, 0), file=source)])
        if len(networks) > 1:
            raise SpecError([errors.networks.WhichNetwork(file=source, known=self.networks)])
        return networks[0]

    def _without_effect(
        self, definition: NetworkDefinition, overrides: Mapping[str, Override], network: Network
    ) -> list[Problem]:
        """The overrides that change nothing about the network."""
        found: list[Problem] = []
        for name, override in overrides.items():
            others = {other: value for other, value in overrides.items() if other != name}
            try:
                without = build_network(definition, others, self.session).network
            except SpecError:
                continue
            if (without.inputs, without.nodes, without.outputs) == (network.inputs, network.nodes, network.outputs):
                found.append(errors.networks.OverrideWithoutEffect(span=override.span, name=name))
        return found


@dataclass(frozen=True)
class Built:
    """A network, the results of its expectations, and the warnings about its text.

    Attributes:
        files: the files that were read for it.
        places: where in them each node of the network comes from; None if it comes from no text.
    """

    network: Network
    checks: tuple[Checked, ...]
    warnings: tuple[Problem, ...]
    files: tuple[Path, ...] = ()
    places: Places | None = None


def read_spec(source: Source, import_path: tuple[Path, ...] = (), read: ReadFile = read_source) -> Spec:
    """Read a text up to the point where values are needed.

    Args:
        source: the text.
        import_path: folders to search for imports, after that of the text.
        read: reads an imported file, given its path and its name in messages.

    Raises:
        SpecError: with every problem found.
    """
    file = parse(source)
    module = Linker(import_path, read).link(file)
    return Spec(module, check_names(module))
