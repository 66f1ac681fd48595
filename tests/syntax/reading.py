"""Syntax trees of texts, and ways of looking into them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from resdsl.source import Source
from resdsl.syntax import tree
from resdsl.syntax.lalr import Automaton
from resdsl.syntax.lexer import Lexer
from resdsl.syntax.parser import parse, parse_expression
from resdsl.syntax.tables import Tables, load_tables
from resdsl.syntax.token import Token


@cache
def tables_of_the_language() -> Tables:
    """Made once: without the file that a build leaves it takes a second."""
    return load_tables()


def lexed(text: str) -> list[Token]:
    """The tokens of a text without problems of form."""
    tables = tables_of_the_language()
    automaton = Automaton(tables, "file")
    found: list[Token] = []

    def noted() -> Iterator[Token]:
        for token in Lexer(tables).tokens(Source("n.res", text), 0, len(text), lambda: automaton.row):
            found.append(token)
            yield token

    automaton.run(noted())
    return found


def file_of(text: str) -> tree.File:
    """The syntax tree of a text."""
    return parse(Source("n.res", text))


def expression_of(text: str) -> tree.Expression:
    """The syntax tree of an expression."""
    return parse_expression(Source("expression", text))


def nodes_in(found: object) -> Iterator[tree.Node]:
    """All nodes of a tree, outer before inner, in the order of the text."""
    if isinstance(found, tree.Node):
        yield found
        for child in found.children():
            yield from nodes_in(child)
    elif isinstance(found, tuple):
        for part in found:
            yield from nodes_in(part)


def outline(node: object) -> str:
    """An expression with all its brackets, for comparison: `(+ 1 (* 2 3))`."""
    match node:
        case tree.Number(value=value):
            return repr(value)
        case tree.Boolean(value=value):
            return str(value).lower()
        case tree.Nothing():
            return "none"
        case tree.Name():
            return node.text
        case tree.DimsLiteral(sizes=sizes):
            return "x".join(map(str, sizes))
        case tree.StringLiteral(parts=parts):
            return "text(" + " ".join(part if isinstance(part, str) else outline(part) for part in parts) + ")"
        case tree.Items(items=items):
            return "[" + " ".join(map(outline, items)) + "]"
        case tree.Negative(operand=operand):
            return f"(neg {outline(operand)})"
        case tree.Not(operand=operand):
            return f"(not {outline(operand)})"
        case tree.Binary(operator=operator) | tree.Logic(operator=operator):
            return f"({operator} {outline(node.left)} {outline(node.right)})"
        case tree.Range(start=start, stop=stop):
            return f"(.. {outline(start)} {outline(stop)})"
        case tree.Index(target=target, index=index):
            return f"(at {outline(target)} {outline(index)})"
        case tree.Conditional(condition=condition, yes=yes, no=no):
            return f"(if {outline(condition)} {outline(yes)} {outline(no)})"
        case tree.CallExpression(target=called, arguments=arguments):
            return f"(call {called.text}" + "".join(f" {outline(a)}" for a in arguments) + ")"
        case tree.CallArgument(name=name, value=given):
            return f"{name}={outline(given)}" if name else outline(given)
        case tree.Comprehension(item=item, targets=targets, iterable=iterable, condition=test):
            bound = " ".join(map(outline, targets))
            return f"(each {outline(item)} {bound} {outline(iterable)}" + (f" {outline(test)})" if test else ")")
        case tree.LoopTarget(name=name, parts=parts):
            return name or "<" + " ".join(map(outline, parts)) + ">"
    raise AssertionError(node)


def outline_of(found: object) -> object:
    """Nodes as plain values, for comparison, without their places."""
    if isinstance(found, tree.Node):
        return (type(found).__name__, *map(outline_of, found.children()))
    return tuple(map(outline_of, found)) if isinstance(found, tuple) else found
