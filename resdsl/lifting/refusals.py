"""What cannot be lifted, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resdsl.refusal import Refused


class NotReadable(Refused):
    """A file is no model, or not all of one."""


class NotLifted(Refused):
    """A model has what the language does not have."""


@dataclass(frozen=True)
class Unknown:
    """Nodes of a kind that the language has no op for.

    Attributes:
        kind: the operator.
        why: what about it, if not the operator as such.
        place: the name of the first node.
        path: the path of the module that it is of; empty if the file does not tell.
        count: how many such nodes there are.
    """

    kind: str
    why: str
    place: str
    path: str = ""
    count: int = 1

    def __str__(self) -> str:
        many = f"{self.count} nodes, the first is" if self.count > 1 else "the node"
        module = f" in {self.path}" if self.path else ""
        reason = f": {self.why}" if self.why else ""
        return f"  {self.kind}: {many} `{self.place}`{module}{reason}"


class UnknownOps(NotLifted):
    """Nodes that the language has no ops for, all of them at once.

    Attributes:
        unknown: one for each kind and reason.
    """

    def __init__(self, name: str, unknown: Sequence[Unknown]) -> None:
        self.unknown = tuple(unknown)
        lines = "\n".join(map(str, self.unknown))
        super().__init__(
            f"{name} has nodes that no op of the language stands for, and nothing was written:\n{lines}\n"
            "`--until NODE` lifts the part of a model up to a node, such as the backbone of a detector"
        )


class LiftDiffers(NotLifted):
    """A lifted text does not mean the graph that it was lifted from, which is a fault of resdsl."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            f"the text lifted from {name} does not mean the same graph, and nothing was written: {why}. "
            "This is a fault of resdsl; please report it with the file, or with its graph without weights"
        )
