"""Turns an annotation into a function that checks a value.

Types are exact: a float is not an integer, and neither is a boolean. Nothing is converted except lists to tuples, since
JSON only has lists, and integers to floats. A number with bounds must be finite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

Check = Callable[[Any], Any]
Step = str | int
A_VALUE = "a value"
"""What `Invalid` expects for a missing field."""
UNKNOWN = "no such field"
"""What `Invalid` expects for an unknown field."""
A_LIST = "a list"
"""What `Invalid` expects where a tuple is allowed."""


class Invalid(ValueError):
    """A record cannot have this value.

    Args:
        place: the field, and the place within its value, as fields and indices.
        wanted: what would be valid, in words: `an integer`, `at least 1`.
        found: the value.
    """

    def __init__(self, place: tuple[Step, ...], wanted: str, found: object) -> None:
        super().__init__(f"{_path(place)}: expected {wanted}" if place else f"expected {wanted}")
        self.place = place
        self.wanted = wanted
        self.found = found

    def within(self, step: Step) -> Invalid:
        """The same error, seen from the value that contains this one."""
        return Invalid((step, *self.place), self.wanted, self.found)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Marks a number with its least and largest value, inclusive or exclusive."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    def of_numbers(self) -> Bounds:
        """The same bounds as floats."""
        return Bounds(*(None if each is None else float(each) for each in (self.ge, self.gt, self.le, self.lt)))

    def wanted(self, value: float) -> str | None:
        """The bound that a value violates, in words; None if it is within the bounds."""
        if self.ge is not None and not value >= self.ge:
            return f"at least {self.ge}"
        if self.gt is not None and not value > self.gt:
            return f"more than {self.gt}"
        if self.le is not None and not value <= self.le:
            return f"at most {self.le}"
        if self.lt is not None and not value < self.lt:
            return f"less than {self.lt}"
        return None


@dataclass(frozen=True, slots=True)
class Length:
    """Marks a tuple or a string with the least and the most items or characters that it can have."""

    least: int = 0
    most: int | None = None


def check_of(annotation: Any) -> Check:
    """The check for an annotation.

    Raises:
        TypeError: records do not support the annotation.
    """
    marks: tuple[Any, ...] = ()
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        marks = (*more, *marks)
    bounds = next((mark for mark in marks if isinstance(mark, Bounds)), None)
    if annotation is int:
        return _integer(bounds)
    if annotation is float:
        return _number(bounds)
    length = next((mark for mark in marks if isinstance(mark, Length)), Length())
    if annotation is str:
        return _text(length)
    if annotation in _EXACT:
        return _exact(annotation)
    return _composed(annotation, length)


def _composed(annotation: Any, length: Length) -> Check:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return _literal(arguments)
    if origin is tuple and len(arguments) == 2 and arguments[1] is ...:
        return _row(check_of(arguments[0]), length)
    if origin in (Union, UnionType):
        return _union(arguments)
    if isinstance(annotation, type):
        return _record(annotation)
    raise TypeError(f"a record cannot have a field of {annotation!r}")


def _integer(bounds: Bounds | None) -> Check:
    def check(value: object) -> object:
        if type(value) is not int:
            raise Invalid((), "an integer", value)
        if bounds is not None and (wanted := bounds.wanted(value)):
            raise Invalid((), wanted, value)
        return value

    return check


def _number(bounds: Bounds | None) -> Check:
    bounds = bounds and bounds.of_numbers()

    def check(value: object) -> object:
        if type(value) is int:
            value = _as_number(value)
        if type(value) is not float:
            raise Invalid((), "a number", value)
        if bounds is not None and not isfinite(value):
            raise Invalid((), "a finite number", value)
        if bounds is not None and (wanted := bounds.wanted(value)):
            raise Invalid((), wanted, value)
        return value

    return check


def _as_number(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


_EXACT = {bool: "true or false", NoneType: "nothing"}


def _exact(kind: type) -> Check:
    def check(value: object) -> object:
        if type(value) is not kind:
            raise Invalid((), _EXACT[kind], value)
        return value

    return check


def _text(length: Length) -> Check:
    def check(value: object) -> object:
        if not isinstance(value, str):
            raise Invalid((), "a string", value)
        if length.most is not None and len(value) > length.most:
            raise Invalid((), f"at most {length.most} characters", value)
        if not value.isascii() and any("\ud800" <= each <= "\udfff" for each in value):
            raise Invalid((), "complete characters, not half of a surrogate pair", value)
        return value

    return check


def _literal(allowed: tuple[Any, ...]) -> Check:
    words = [f'"{each}"' if isinstance(each, str) else str(each) for each in allowed]
    wanted = " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))

    def check(value: object) -> object:
        for each in allowed:
            if type(value) is type(each) and value == each:
                return each
        raise Invalid((), wanted, value)

    return check


def _row(item: Check, length: Length) -> Check:
    def check(value: object) -> object:
        if not isinstance(value, tuple | list):
            raise Invalid((), A_LIST, value)
        if len(value) < length.least:
            raise Invalid((), f"at least {length.least} item{'s' * (length.least > 1)}", value)
        if length.most is not None and len(value) > length.most:
            raise Invalid((), f"at most {length.most} item{'s' * (length.most > 1)}", value)
        try:
            return tuple([item(each) for each in value])
        except Invalid:
            return tuple([_item(item, index, each) for index, each in enumerate(value)])

    return check


def _item(item: Check, index: int, value: object) -> object:
    try:
        return item(value)
    except Invalid as error:
        raise error.within(index) from None


def _union(alternatives: tuple[Any, ...]) -> Check:
    checks = [check_of(each) for each in alternatives]
    kinds = [get_args(each)[0] if get_origin(each) is Annotated else each for each in alternatives]
    exact = {kind: check for kind, check in zip(kinds, checks, strict=True) if isinstance(kind, type)}

    def check(value: object) -> object:
        known = exact.get(type(value))
        if known is not None:
            return known(value)
        refusals: list[Invalid] = []
        for each in checks:
            try:
                return each(value)
            except Invalid as error:
                refusals.append(error)
        # The alternative that went furthest is the one that was meant, and of these the one whose fields are there.
        furthest = max(refusals, key=lambda error: (len(error.place), error.wanted not in (A_VALUE, UNKNOWN)))
        if furthest.place:
            raise furthest
        raise Invalid((), " or ".join(dict.fromkeys(error.wanted for error in refusals)), value)

    return check


def _record(kind: type) -> Check:
    def check(value: object) -> object:
        if isinstance(value, kind):
            return value
        if isinstance(value, Mapping):
            return kind(**value)
        raise Invalid((), "an object", value)

    return check


def _path(place: tuple[Step, ...]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return f"`{text.removeprefix('.')}`"
