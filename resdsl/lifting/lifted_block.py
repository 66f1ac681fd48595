"""A chain that is to be a block, and the block that alike ones share: a definition with arguments for each call."""

from __future__ import annotations

from dataclasses import dataclass, field

from resdsl.lifting.columns import Column
from resdsl.lifting.statements import Statements


@dataclass(slots=True)
class Occurrence:
    """A chain that is to be a block.

    Attributes:
        path: the path of its module; empty if it has none.
        lines: its statements.
        statements: with the holes of these.
        source: what flows in.
        output: what flows out.
        act: its activation.
        adds: whether what its residual adds is there; a block without is the body alone.
        kind: which kind of the blocks that are nearly alike it is of.
    """

    path: str
    lines: tuple[str, ...]
    statements: Statements
    source: str
    output: str
    act: str = ""
    adds: bool = True
    kind: int = 0


@dataclass(slots=True)
class BlockParameter:
    """A parameter of a block.

    Attributes:
        column: its value in each of the blocks.
        default: its default; empty if it has none.
        derived: whether the default is right for all of them.
    """

    column: Column
    default: str = ""
    derived: bool = False


@dataclass(slots=True)
class LiftedBlock:
    """A definition, and the arguments of each of its calls.

    Attributes:
        name: how it is called.
        parameters: as they are written: those without a default, then `stride`.
        lines: its statements.
        arguments: for each occurrence, the values of its parameters.
        defaults: the values of parameters that calls may leave out.
        needed: definitions that it needs.
        flags: how many parameters say nothing but which kind a block is of.
    """

    name: str
    parameters: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    arguments: list[dict[str, str]] = field(default_factory=list)
    defaults: dict[str, str] = field(default_factory=dict)
    needed: list[str] = field(default_factory=list)
    flags: int = 0

    @property
    def text(self) -> str:
        """The definition."""
        given = ", ".join(self.parameters)
        head = f"block {self.name}({given}) {{" if given else f"block {self.name} {{"
        return "\n".join((head, *self.lines, "}"))
