"""Lines of a sweep given as arguments in Python.

They become the lines that a text or the command line would have, through the same `request.py`, so that there is a
single meaning of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from resdsl.settings import Setting, as_value
from resdsl.sweeps.request import axis_of, condition_of, name_line, sample_line, solve_line, written
from resdsl.syntax import tree

Values = str | Sequence[Setting]
"""The values of an axis: a list, or a string in the language such as `"A, B, C"` or `"1..9"`."""


def lines_of(
    *,
    over: Mapping[str, Values] | None,
    together: Mapping[str, Values] | None,
    when: str | Sequence[str],
    keep: str | Sequence[str],
    solve: str | None,
    sample: int | str | None,
    names: str | None,
) -> tuple[tree.SweepLine, ...]:
    """The lines that arguments of `resdsl.sweep` stand for, which says what each may be.

    Raises:
        SpecError: a line cannot be parsed.
        TypeError: an argument has the wrong type.
    """
    lines = (*_axes(_mapping(over, "over"), _mapping(together, "together")), *_conditions(when, keep))
    lines += (solve_line(_text_of(solve, "solve"), "solve"),) if solve is not None else ()
    lines += (sample_line(_sampling_text(sample), "sample"),) if sample is not None else ()
    return lines + ((name_line(_text_of(names, "names"), "names"),) if names is not None else ())


def _mapping(values: Mapping[str, Values] | None, wording: str) -> Mapping[str, Values]:
    if values is not None and not isinstance(values, Mapping):
        raise TypeError(
            f"{wording} must be a dictionary of axes, such as {{'n': [3, 5]}} or {{'n': '3, 5'}}, not {values!r}"
        )
    return values or {}


def _text_of(value: object, wording: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{wording} must be a string in the language, not {value!r}")
    return value


def _sampling_text(sample: object) -> str:
    if isinstance(sample, bool) or not isinstance(sample, int | str):
        raise TypeError(f"sample must be a number of points, or a string such as '100 seed 2', not {sample!r}")
    return str(sample)


def _axes(over: Mapping[str, Values], together: Mapping[str, Values]) -> tuple[tree.SweepLine, ...]:
    lines: list[tree.SweepLine] = []
    for name, values in over.items():
        axis = axis_of(name, _text(name, values), "over")
        lines.append(tree.Over(axis.span, (axis,)))
    in_step = tuple(axis_of(name, _text(name, values), "together") for name, values in together.items())
    if in_step:
        lines.append(tree.Together(in_step[0].span, in_step))
    return tuple(lines)


def _text(name: str, values: Values) -> str:
    if isinstance(values, str):
        return values
    if not isinstance(values, Iterable):
        raise TypeError(f"the axis {name} must be a list of values, or a string such as '1..9', not {values!r}")
    texts = [value if isinstance(value, str) else as_value(name, value) for value in values]
    return f"[{written(texts)}]"


def _conditions(when: str | Sequence[str], keep: str | Sequence[str]) -> tuple[tree.SweepLine, ...]:
    before = [condition_of(text, "when") for text in _several(when, "when")]
    after = [condition_of(text, "keep") for text in _several(keep, "keep")]
    return (*(tree.When(each.span, each) for each in before), *(tree.Keep(each.span, each) for each in after))


def _several(texts: object, wording: str) -> tuple[str, ...]:
    if isinstance(texts, str):
        return (texts,)
    given = tuple(texts) if isinstance(texts, Iterable) else (texts,)
    for text in given:
        if not isinstance(text, str):
            raise TypeError(f"{wording} must be a condition in the language, such as 'depth < 50', not {text!r}")
    return given
