"""The base of all nodes of the syntax tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Self, dataclass_transform

from resdsl.source import Span


@dataclass_transform(frozen_default=True, eq_default=False)
class _Values:
    """Made of values in the order of their annotations, never changed, and equal to itself only.

    No dataclass, since there are sixty kinds of nodes, and to write methods for each takes longer than to read a text.
    """

    _fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls._fields = (*cls._fields, *cls.__annotations__)

    def __init__(self, *values: Any, **named: Any) -> None:
        self.__dict__.update(zip(self._fields, values, strict=False), **named)

    def replace(self, **changes: Any) -> Self:
        """The same with other values in some places."""
        return type(self)(**{**self.__dict__, **changes})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: `{name}` cannot be set")


class Node(_Values):
    """Base of all nodes."""

    span: Span

    def children(self) -> Iterator[Any]:
        """What is in a node beside its span, in the order of the annotations."""
        for field in self._fields[1:]:
            yield getattr(self, field)
