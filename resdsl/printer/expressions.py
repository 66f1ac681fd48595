"""Expressions as text, from their syntax trees. Spans are not looked at, so that a tree need not come from a text.

Parentheses stand where the grammar needs them; what `resdsl/printer/formatting.py` decides, such as line breaks, is not
decided here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from resdsl.syntax import tree

ANY, SUM, POSTFIX = 0, 6, 10
"""How tightly an expression must bind to stand somewhere: anywhere, as the value of `expect`, behind a slash."""

_LEVELS = {"or": 1, "and": 2, "..": 5, "+": SUM, "-": SUM, "*": 7, "/": 7, "//": 7, "%": 7, "**": 9}
_NOT, _COMPARISON, _RANGE, _UNARY, _POWER = 3, 4, 5, 8, 9
_SUFFIXES = ((3, "k"), (6, "M"), (9, "G"), (12, "T"))
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\t": r"\t", "{": "{{", "}": "}}"})


def is_name(text: str) -> bool:
    """Whether a text has the form of a name."""
    return _NAME.fullmatch(text) is not None


def quoted(text: str) -> str:
    """A string whose value is the text."""
    return f'"{text.translate(_ESCAPES)}"'


def expression_text(expression: tree.Expression, level: int = ANY) -> str:
    """An expression, in parentheses if it binds less tightly than it must.

    Raises:
        ValueError: it has a value that no text has.
    """
    text, own = _text(expression)
    return text if own >= level else f"({text})"


def argument_text(argument: tree.CallArgument, equal: str = "=") -> str:
    """`value`, `name=value` or `/value`."""
    if argument.slash:
        return f"/{expression_text(argument.value, POSTFIX)}"
    text = expression_text(argument.value)
    return text if argument.name is None else f"{argument.name}{equal}{text}"


def arguments_text(arguments: Sequence[tree.CallArgument]) -> str:
    """Arguments, parted by commas."""
    return ", ".join(map(argument_text, arguments))


def targets_text(targets: Sequence[tree.LoopTarget]) -> str:
    """What a loop binds: `i, (a, b)`."""
    return ", ".join(each.name or f"({targets_text(each.parts)})" for each in targets)


def _text(expression: tree.Expression) -> tuple[str, int]:
    """An expression and how tightly it binds."""
    match expression:
        case tree.Conditional(condition=condition, yes=yes, no=no):
            return f"if {expression_text(condition)} then {expression_text(yes)} else {expression_text(no)}", ANY
        case tree.Logic() | tree.Binary() | tree.Range():
            return _operation(expression)
        case tree.Not(operand=operand):
            return f"not {expression_text(operand, _NOT)}", _NOT
        case tree.Negative(operand=operand):
            return f"-{expression_text(operand, _UNARY)}", _UNARY
        case tree.Index(target=target, index=index):
            return f"{expression_text(target, POSTFIX)}[{expression_text(index)}]", POSTFIX
        case tree.CallExpression(target=called, arguments=arguments):
            return f"{called.text}({arguments_text(arguments)})", POSTFIX
        case tree.Items(items=items):
            return f"[{', '.join(map(expression_text, items))}]", POSTFIX
        case tree.Comprehension(item=item, targets=targets, iterable=iterable, condition=condition):
            test = f" if {expression_text(condition)}" if condition else ""
            bound = f"for {targets_text(targets)} in {expression_text(iterable)}"
            return f"[{expression_text(item)} {bound}{test}]", POSTFIX
    return _atom(expression), POSTFIX


def _operation(expression: tree.Logic | tree.Binary | tree.Range) -> tuple[str, int]:
    if isinstance(expression, tree.Range):
        return f"{expression_text(expression.start, SUM)}..{expression_text(expression.stop, SUM)}", _RANGE
    sign = expression.operator
    own = _LEVELS.get(sign, _COMPARISON)
    if own == _COMPARISON:
        left, right = _RANGE, _RANGE
    elif own == _POWER:
        left, right = POSTFIX, _UNARY
    else:
        left, right = own, own + 1
    return f"{expression_text(expression.left, left)} {sign} {expression_text(expression.right, right)}", own


def _atom(expression: tree.Expression) -> str:
    match expression:
        case tree.Number():
            return number_text(expression)
        case tree.DimsLiteral(sizes=sizes):
            return "x".join(map(str, sizes))
        case tree.StringLiteral():
            return string_text(expression)
        case tree.Boolean(value=value):
            return "true" if value else "false"
        case tree.Nothing():
            return "none"
        case tree.Name():
            return expression.text
    raise ValueError(f"{type(expression).__name__} has no text")


def string_text(string: tree.StringLiteral) -> str:
    """A string with the expressions in it."""
    parts = (part if isinstance(part, str) else expression_text(part) for part in string.parts)
    written = (
        quoted(text)[1:-1] if isinstance(part, str) else f"{{{text}}}"
        for part, text in zip(string.parts, parts, strict=True)
    )
    return f'"{"".join(written)}"'


def number_text(number: tree.Number) -> str:
    """A number whose last digit is worth twice its slack: `3.66G`, `0.2`, `64`, `1_234_567`."""
    value = number.value
    if not number.slack:
        return f"{value:_}" if isinstance(value, int) and value >= 100_000 else repr(value)
    power = Decimal(str(number.slack)).adjusted() + 1
    digits = int((Decimal(str(value)) / Decimal(10) ** power).to_integral_value())
    if isinstance(value, float) and (value.is_integer() or power < -6):
        return f"{digits}e{power}"
    if power < 0:
        return f"{Decimal(digits).scaleb(power):f}"
    fitting = [
        (above, suffix) for above, suffix in _SUFFIXES if above >= power and digits < 1000 * 10 ** (above - power)
    ]
    above, suffix = fitting[0] if fitting else _SUFFIXES[-1]
    return f"{Decimal(digits).scaleb(power - above):f}{suffix}"
