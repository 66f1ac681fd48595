"""Breaks Python expressions into lines as the formatters of ruff and black do.

An expression that fits stays on one line. Otherwise it is split at its outermost brackets, with one element per line
and a trailing comma, which both formatters leave unchanged.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

WIDTH = 88
INDENT = 4


def statement(text: str, indent: int, *, prefix: str = "", suffix: str = "", comment: str = "") -> list[str]:
    """The lines of `prefix` followed by an expression.

    Args:
        text: the expression, on one line.
        indent: number of leading spaces.
        prefix: the text before the expression, such as `self.conv1 = `.
        suffix: the text after it.
        comment: a comment, placed after it if there is room, and otherwise on the line above.
    """
    margin = " " * indent
    line = f"{margin}{prefix}{text}{suffix}"
    if not comment:
        return _set(text, indent, prefix, suffix)
    if len(line) + len(comment) + 4 <= WIDTH:
        return [f"{line}  # {comment}"]
    return [f"{margin}# -> {comment}", *_set(text, indent, prefix, suffix)]


def signature(head: str, parameters: Iterable[str], result: str, indent: int) -> list[str]:
    """The lines of `def head(parameters) -> result:`."""
    listed = list(parameters)
    margin = " " * indent
    line = f"{margin}def {head}({', '.join(listed)}) -> {result}:"
    if len(line) <= WIDTH:
        return [line]
    inner = margin + " " * INDENT
    together = f"{inner}{', '.join(listed)}"
    if len(together) <= WIDTH:
        return [f"{margin}def {head}(", together, f"{margin}) -> {result}:"]
    return [f"{margin}def {head}(", *(f"{inner}{each}," for each in listed), f"{margin}) -> {result}:"]


def _set(text: str, indent: int, prefix: str, suffix: str) -> list[str]:
    line = f"{' ' * indent}{prefix}{text}{suffix}"
    return [line] if len(line) <= WIDTH else _opened(text, indent, prefix, suffix)


def _opened(text: str, indent: int, prefix: str, suffix: str = "") -> list[str]:
    """An expression that is too long for one line."""
    node = ast.parse(text, mode="eval").body
    opening, elements, closing = _parts(node, text)
    margin = " " * indent
    if elements is None:
        return [f"{margin}{prefix}{text}{suffix}"]
    lines = [f"{margin}{prefix}{opening}"]
    together = " " * (indent + INDENT) + ", ".join(before + element for before, element, _ in elements)
    if isinstance(node, ast.Call) and opening not in _ROWS and len(together) <= WIDTH:
        return [*lines, together, f"{margin}{closing}{suffix}"]
    for before, element, after in elements:
        lines += _set(element, indent + INDENT, before, after)
    return [*lines, f"{margin}{closing}{suffix}"]


_ROWS = ("nn.Sequential(",)
"""Calls whose arguments are put on separate lines."""
Element = tuple[str, str, str]
"""The text before an element, the element, and the text after it."""


def _parts(node: ast.expr, text: str) -> tuple[str, list[Element] | None, str]:
    """The opening bracket of an expression, its elements, and the closing bracket; None if it cannot be split."""
    if isinstance(node, ast.Call) and (node.args or node.keywords):
        function = _text(node.func, text)
        named = [(f"{each.arg}=", _text(each.value, text), ",") for each in node.keywords]
        return f"{function}(", [*(_element(each, text) for each in node.args), *named], ")"
    if isinstance(node, ast.GeneratorExp):
        return "(", _clauses(node, text), ")"
    if isinstance(node, ast.List | ast.Tuple) and node.elts:
        left, right = ("[", "]") if isinstance(node, ast.List) else ("(", ")")
        return left, [_element(each, text) for each in node.elts], right
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return "{", [(f"{_text(key, text)}: ", _text(value, text), ",") for key, value in pairs if key], "}"
    if isinstance(node, ast.BinOp | ast.IfExp):
        return "(", _operands(node, text), ")"
    return "", None, ""


def _element(node: ast.expr, text: str) -> Element:
    if isinstance(node, ast.Starred):
        return "*", _text(node.value, text), ","
    return "", _text(node, text), ","


def _clauses(node: ast.GeneratorExp, text: str) -> list[Element]:
    loops = [(each.target, each.iter) for each in node.generators]
    return [
        ("", _text(node.elt, text), ""),
        *((f"for {_bare(target, text)} in ", _text(source, text), "") for target, source in loops),
    ]


def _operands(node: ast.BinOp | ast.IfExp, text: str) -> list[Element]:
    """Operands of equal precedence, all but the first preceded by the operator."""
    if isinstance(node, ast.IfExp):
        return [
            ("", _text(node.body, text), ""),
            ("if ", _text(node.test, text), ""),
            ("else ", _text(node.orelse, text), ""),
        ]
    same = isinstance(node.left, ast.BinOp) and type(node.left.op) is type(node.op)
    left = (
        _operands(node.left, text) if same and isinstance(node.left, ast.BinOp) else [("", _text(node.left, text), "")]
    )
    return [*left, (f"{_SIGNS[type(node.op)]} ", _text(node.right, text), "")]


_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Pow: "**",
}


def _bare(node: ast.expr, text: str) -> str:
    """A target without the optional parentheses of a tuple."""
    if isinstance(node, ast.Tuple):
        return ", ".join(_text(each, text) for each in node.elts)
    return _text(node, text)


def _text(node: ast.expr, text: str) -> str:
    segment = ast.get_source_segment(text, node)
    if segment is None:
        raise ValueError(f"no place in {text!r}")
    return segment
