"""What to write instead of a value that other languages would write there."""

from __future__ import annotations

import re

from resdsl.diagnostics.problem import Replacement, instead_of
from resdsl.source import Span

_OF_FLOWS = {
    "+": "add values of the network with an op: from add(x, y)",
    "-": "subtract values of the network with two ops: from add(x, scale(y, -1))",
    "*": "multiply values of the network with an op: from mul(x, y), or scale(x, 2) by a number",
    "/": "divide a value of the network by a number with an op: from scale(x, 1 / 2)",
}
_REPEATS = frozenset(
    {"repeat", "repeats", "repetitions", "times", "count", "depth", "n", "blocks", "num_blocks", "layers"}
)


def operator_instead(operator: str, found: str) -> str | None:
    """What to write instead of an operator on a value, which is described as messages do: `"a" (string)`."""
    if operator == "+" and found.endswith("(string)"):
        return 'to put an expression into a string, write it in braces: "layer{i + 1}"'
    return _OF_FLOWS.get(operator) if found.endswith("(value of the network)") else None


OF_LANGUAGE = "a value of the language"
"""What is wanted where a value of the network stands that cannot be computed with."""
_INTEGER = re.compile(r"(\d+) \(integer\)")
_LISTED = re.compile(r"\[(\d+(?:, \d+)*)\] \(list\)")
_QUOTED = re.compile(r'"(\d+(?:x\d+)*)" \(string\)')
_WRITTEN = re.compile(r'\[[\d,\s]*\]$|"[^"]*"$')
_QUOTED_NAME = re.compile(r'"([A-Za-z_]\w*)" \(string\)')


def value_in(span: Span) -> str:
    """The text of an argument's value: of `out=64 / 3` as of `64 / 3`."""
    return re.sub(r"^\w+\s*=(?!=)\s*", "", span.text)


def sizes_instead(found: str) -> str | None:
    """What to write instead of sizes in a list or in quotes, likewise."""
    if listed := _LISTED.fullmatch(found):
        return f"write the sizes with x: {listed[1].replace(', ', 'x')}"
    quoted = _QUOTED.fullmatch(found)
    return f"write it without quotes: {quoted[1]}" if quoted else None


def sizes_meant(span: Span | None, found: str) -> Replacement | None:
    """The same as a replacement of a span, if the list or the string is written there."""
    sizes = _LISTED.fullmatch(found) or _QUOTED.fullmatch(found)
    written = _WRITTEN.search(span.text) if span is not None else None
    return instead_of(span, written[0], sizes[1].replace(", ", "x")) if sizes and written else None


def setting_instead(found: str) -> str | None:
    """What to write instead of the value of a setting, likewise."""
    if found.startswith("false "):
        return "write `none` to leave it out"
    quoted = _QUOTED_NAME.fullmatch(found)
    return f"write it without quotes: {quoted[1]}" if quoted else None


def same_setting(found: str) -> str | None:
    """The value of a setting that was written as `false` or in quotes."""
    quoted = _QUOTED_NAME.fullmatch(found)
    return "none" if found.startswith("false ") else quoted[1] if quoted else None


def flow_instead(wanted: str, found: str) -> str | None:
    """What to write where a value of the network stands for one of the language, or the other way round."""
    if found.endswith("(value of the network)") and wanted == OF_LANGUAGE:
        return "a block is applied to what flows: from x; block 64; several values are joined first: from concat(x, y)"
    if found.endswith(("(op)", "(block)")) and wanted.startswith("a value of the network"):
        return "an op yields a value where it is applied: conv 3x3, 64; as x"
    return None


def value_instead(wanted: str, found: str, written: str) -> str | None:
    """What to write instead of a value of another type, likewise; `written` is how the text has it."""
    is_list = found.endswith("(list)")
    if wanted.startswith("an integer of at least") and is_list:
        return 'repeat a stage for each item with a loop: for i, n in depths { stage "layer{i}": block(64) x n }'
    if wanted.startswith("an integer of at least") and found.endswith("(number with a fraction)") and "/" in written:
        return "a stride stands after a comma: stage s: block(64) x 4, /2"
    if wanted.startswith("an integer of at least") and found.startswith("0 "):
        return "to leave it out, put it into an `if`"
    if wanted == "a list or a range" and (number := _INTEGER.fullmatch(found)):
        return f"write a range, whose end is not part of it: 0..{number[1]}"
    if wanted == "a list of values" and not is_list:
        return f"write a list, even of one value: [{found.rsplit(' (', 1)[0]}]"
    if wanted.startswith("a number of points"):
        return "say how many networks are wanted: sample 500 seed 1"
    if wanted.startswith("a number of draws"):
        return "every point takes at least one draw; without `within`, there are up to a million"
    if wanted == "a length of at least 1":
        return "say how many values make the list: draw w = 4 of [16, 32, 64]"
    if wanted == "a range or a list of values":
        return "give several values, as a list or a range; what is the same for all points is no axis of the sweep"
    if wanted == "true or false" and _INTEGER.fullmatch(found):
        return "write a comparison, such as `n > 0`"
    return None


def value_meant(span: Span | None, wanted: str, found: str) -> Replacement | None:
    """The same as a replacement, where only one thing can be meant."""
    written = found.rsplit(" (", 1)[0]
    if wanted == "a list or a range" and _INTEGER.fullmatch(found):
        return instead_of(span, written, f"0..{written}")
    if wanted == "a list of values" and not found.endswith("(list)"):
        return instead_of(span, written, f"[{written}]")
    return None


def repeat_instead(written: str) -> str | None:
    """What to write instead of a repeat that is given by name: `repeat=3`."""
    count = repeat_meant(written)
    return f"write repeats with an x before the comma: block(64) x {count}" if count else None


def repeat_meant(written: str) -> str | None:
    """The number of such a repeat."""
    name, _, value = written.partition("=")
    return value.strip() if name.strip() in _REPEATS and value else None
