"""The surroundings of a statement while a body is being built: names, settings, and what flows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol, TypeAlias

from resdsl.diagnostics.problem import Instantiation, Problem, ProblemFound
from resdsl.elaborate import errors
from resdsl.elaborate.building import Building
from resdsl.elaborate.graph import GraphBuilder
from resdsl.elaborate.linking import Callee, Module, Named, SweepDefinition
from resdsl.elaborate.values import Bound, Flow, Function, Value, key
from resdsl.ir.network import Role
from resdsl.ops.base import Op
from resdsl.ops.registry import op_named, ops
from resdsl.source import Span
from resdsl.syntax import tree

SETTINGS = ("shortcut", "norm", "act")
"""What is passed inward from network to stage to block. `input` is a setting as well, but only of networks."""


class Unset:
    """The value of a setting that is not set."""


UNSET = Unset()


class Settings(NamedTuple):
    """The settings in force."""

    shortcut: Value | Unset = UNSET
    norm: Value | Unset = UNSET
    act: Value | Unset = UNSET

    def key(self) -> tuple[object, ...]:
        """A hashable key that is equal only for settings that the language cannot tell apart."""
        return tuple([None if value is UNSET else (key(value),) for value in self])  # type: ignore[arg-type]


class Overlays(Protocol):
    """The differences of the variants of a network, as far as a statement has to know of them.

    Attributes:
        present: whether there are any.
        changed: whether a variant changes what is stated here, so that statements of shapes need not hold.
    """

    @property
    def present(self) -> bool: ...

    @property
    def changed(self) -> bool: ...

    def place(self, path: str, scope: Scope, build: Callable[[], None]) -> None:
        """Build what stands under a path, or what the variants put in its place, and what comes after it."""


NamedValues: TypeAlias = "Flow | dict[int, NamedValues]"
"""What `as` names: one value, or values by their indices."""


def first_gap(named: NamedValues, name: str) -> tuple[str, int] | None:
    """The list of named values that has a gap, and the index that is missing; None if there is none."""
    if isinstance(named, Flow):
        return None
    missing = next((index for index in range(len(named)) if index not in named), None)
    if missing is not None:
        return name, missing
    inner = (first_gap(named[index], f"{name}[{index}]") for index in range(len(named)))
    return next((gap for gap in inner if gap is not None), None)


def _listed(named: NamedValues) -> Value:
    return named if isinstance(named, Flow) else tuple(_listed(named[index]) for index in range(len(named)))


@dataclass(slots=True)
class Scope:
    """The surroundings of a statement.

    Attributes:
        building: the network that is being built.
        module: the module in which definitions are looked up.
        names: parameters, loop variables and `let`s.
        settings: the settings in force.
        graph: the graph under construction.
        flows: values named with `as`; shared by the whole body of a definition.
        current: what flows here; None after a problem, so that one mistake is reported once.
        channels: channels that enter the innermost body.
        role: the path that the statement is on.
        chain: the instantiations that led here, innermost first.
        overlays: the differences of the variants being built; None inside definitions other than networks.
        tracked: lists among the parameters, with the indices read so far (None: read as a whole).
        parts: all values that flow, if these are several, until `as` names them.
    """

    building: Building
    module: Module
    names: dict[str, Value]
    settings: Settings
    graph: GraphBuilder
    flows: dict[str, NamedValues] = field(default_factory=dict)
    current: Flow | None = None
    channels: int | None = None
    role: Role = "main"
    chain: tuple[Instantiation, ...] = ()
    overlays: Overlays | None = None
    tracked: dict[str, set[int] | None] = field(default_factory=dict)
    parts: tuple[Flow, ...] = ()

    @property
    def at_top(self) -> bool:
        """Whether this is the body of a network, not of a block, shortcut or other definition within it."""
        return self.overlays is not None

    def inner(self, **names: Value) -> Scope:
        """A scope for the body of a loop or a condition: names bound in it are not visible outside."""
        return replace(self, names={**self.names, **names})

    def refuse(self, problem: Problem, span: Span | None = None) -> ProblemFound:
        """The problem, placed here, ready to be raised."""
        return ProblemFound(problem.at(span, self.chain))

    @property
    def parted(self) -> tuple[Flow, ...]:
        """The values that flow, if these are several."""
        return self.parts if self.parts and self.parts[0] is self.current else ()

    def nothing_flows(self, span: Span) -> ProblemFound:
        """The problem of a place that nothing has reached yet."""
        return self.refuse(errors.flow.NoInput(named=tuple(self.building.inputs)), span)

    def flowing(self, node: tree.Node, *, parts: bool = False) -> Flow | None:
        """What flows here; None if an earlier problem hides it.

        Args:
            node: the statement that needs it.
            parts: whether it can take several values.

        Raises:
            ProblemFound: nothing flows yet, because the network has no input; or several parts flow at once.
        """
        if self.current is None and not self.building.problems:
            raise self.nothing_flows(node.span)
        if not parts and self.parted:
            raise self.refuse(errors.flow.PartsFlow(count=len(self.parts)), node.span)
        return self.current

    def several(self, flows: Iterable[Flow]) -> None:
        """Let several values flow at once, until `as` names them or a block yields them."""
        # As copies, so that none of them is taken for the same value where it flows alone.
        self.parts = tuple([replace(flow) for flow in flows])
        self.current = self.parts[0]

    def find(self, name: tree.Name) -> Value:
        """The value of a name.

        Raises:
            ProblemFound: the name is unknown, or does not have a value.
        """
        first = name.parts[0]
        if len(name.parts) > 1:
            return self._find_member(name)
        if first in self.names:
            if first in self.tracked:
                self.tracked[first] = None
            return self.names[first]
        if first in self.flows:
            return self._flow(name)
        if first in SETTINGS:
            value: Value | Unset = getattr(self.settings, first)
            return None if isinstance(value, Unset) else value
        if first == "channels":
            return self._channels(name)
        return self._find_global(name)

    def _flow(self, name: tree.Name) -> Value:
        return self.listed(self.flows[name.parts[0]], name.text, name.span)

    def listed(self, named: NamedValues, name: str, span: Span) -> Value:
        """Named values as a value: one that flows, or a list.

        Raises:
            ProblemFound: an index is missing.
        """
        gap = first_gap(named, name)
        if self.building.problems and (gap is not None or not named):
            raise ProblemFound(self.building.problems[0])
        if gap is not None:
            raise self.refuse(errors.names.GapInNamedValues(name=gap[0], index=gap[1]), span)
        return _listed(named)

    def _channels(self, name: tree.Name) -> Value:
        if self.channels is None:
            if self.building.top is None:
                raise self.refuse(errors.names.NoChannels(), name.span)
            if self.building.inputs:
                raise self.refuse(errors.names.ChannelsOfNamedInputs(), name.span)
            raise self.nothing_flows(name.span)
        return self.channels

    def _find_global(self, name: tree.Name) -> Value:
        first = name.parts[0]
        named = global_named(first, self.module)
        if named is not None:
            return self._as_value(named, name)
        if first in FUNCTIONS:
            return Function(first)
        if first == "global":
            return "global"
        op = op_of(first)
        if op is not None:
            return Bound(op)
        if self.building.problems:
            # All names were checked before: this one has no value because of a problem that is told already.
            raise ProblemFound(self.building.problems[0])
        raise self.refuse(errors.names.UnknownName(name=first, known=tuple(self.known())), name.span)

    def _find_member(self, name: tree.Name) -> Value:
        module: object = self.module.find(name.parts[0])
        for part in name.parts[1:]:
            if not isinstance(module, Module):
                raise self.refuse(errors.names.NotAnImport(name=name.parts[0]), name.span)
            inside = module.names.get(part)
            if inside is None:
                raise self.refuse(
                    errors.names.UnknownName(name=name.text, known=tuple(module.names), member=part), name.span
                )
            module = inside
        return self._as_value(module, name)

    def _as_value(self, named: object, name: tree.Name) -> Value:
        if not isinstance(named, Callee):
            raise self.refuse(errors.names.NotAValue(name=name.text, what=kind_of(named)), name.span)
        return Bound(named)

    def known(self) -> list[str]:
        """All names that are known here."""
        return [*self.names, *self.flows, *SETTINGS, "channels", *self.module.visible(), *ops(), *FUNCTIONS]


def global_named(name: str, module: Module) -> Named | None:
    """What a file or the standard library defines by that name; the sweeps of a file hide no function of the
    language, since nothing calls a sweep.
    """
    named = module.find(name)
    return None if isinstance(named, SweepDefinition) and name in FUNCTIONS else named


def kind_of(named: object) -> str:
    """What a definition without a value is, for a message."""
    other = "a sweep" if isinstance(named, SweepDefinition) else "a network"
    return "an imported file" if isinstance(named, Module) else other


def op_of(name: str) -> type[Op] | None:
    """The op of that name, if there is one."""
    try:
        return op_named(name)
    except ValueError:
        return None


FUNCTIONS: dict[str, Callable[[tree.CallExpression, Scope], Value]] = {}
"""The built-in functions by name, in the order of the manual; `resdsl.elaborate.functions` enters them."""
