"""The base of records: fields are annotations, values are checked once, and nothing changes afterwards.

    class Point(Record):
        x: Annotated[int, Bounds(ge=0)]
        y: int = 0

    Point(x=1)          # Point(x=1, y=0)
    Point(x=-1)         # Invalid: `x`: expected at least 0

What an annotation admits is worked out when the first record of a class is made, so that a class that nobody uses
costs nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from inspect import get_annotations
from typing import Any, ClassVar, NamedTuple, Self, dataclass_transform

from resdsl.records.checks import A_VALUE, UNKNOWN, Check, Invalid, check_of


class RecordField(NamedTuple):
    """One field of a record.

    Attributes:
        annotation: as a type, with its marks.
        check: gives the value to keep, or raises `Invalid`.
        default: the value where none is given; `MISSING` where one must be.
    """

    annotation: Any
    check: Check
    default: object


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """Base of records: made of keyword arguments, compared and hashed by their values, never changed.

    Raises:
        Invalid: a value is not one that its field can have, or one is missing or unknown.
    """

    _fields: ClassVar[dict[str, RecordField]]

    def __init__(self, **values: Any) -> None:
        made = self.__dict__
        fields = self.fields()
        for name, (_, check, default) in fields.items():
            value = values.pop(name, MISSING)
            if value is MISSING:
                if default is MISSING:
                    raise Invalid((name,), A_VALUE, MISSING)
                made[name] = default
                continue
            try:
                made[name] = check(value)
            except Invalid as error:
                raise error.within(name) from None
        for name, value in values.items():
            raise Invalid((name,), UNKNOWN, value)
        self._checked()

    def _checked(self) -> None:
        """Look at values together.

        Raises:
            Invalid: they do not go together.
        """

    @classmethod
    def fields(cls) -> dict[str, RecordField]:
        """The fields in the order in which they are written, those of the base first."""
        found = cls.__dict__.get("_fields")
        if found is None:
            found = {}
            for base in reversed(cls.__mro__):
                found.update(_own_fields(base))
            cls._fields = found
        return found

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """The record of these values, as `plain` gives them; raises as making one does."""
        return cls(**values)

    def replace(self, **changes: Any) -> Self:
        """The same record with other values in some fields; raises as making one does."""
        return type(self)(**{**self._values(), **changes})

    def plain(self) -> dict[str, Any]:
        """The record as JSON has it: lists for tuples, and objects for the records within."""
        return {name: _plain(value) for name, value in self._values().items()}

    def _values(self) -> dict[str, Any]:
        # What a record remembers about itself, such as its hash, stands beside its values and is left out.
        own = self.__dict__
        return {name: own[name] for name in self.fields()}

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Record) and type(other) is type(self) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), *self._values().values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._values().items())})"

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: `{name}` cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: `{name}` cannot be deleted")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # nothing in a record can change

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self._values())


def _restored(kind: type[Record], values: dict[str, Any]) -> Record:
    record = object.__new__(kind)
    record.__dict__.update(values)
    return record


def _plain(value: object) -> object:
    if isinstance(value, Record):
        return value.plain()
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _own_fields(base: type) -> dict[str, RecordField]:
    """The fields that a class itself states, and new defaults for those of its bases."""
    if not issubclass(base, Record) or base is Record:
        return {}
    names = vars(sys.modules[base.__module__])
    found = {}
    for name, text in get_annotations(base).items():
        if name.startswith("_") or "ClassVar" in str(text):
            continue
        annotation = eval(text, names, dict(vars(base))) if isinstance(text, str) else text
        found[name] = RecordField(annotation, check_of(annotation), base.__dict__.get(name, MISSING))
    return found
