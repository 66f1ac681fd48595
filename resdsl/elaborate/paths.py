"""Paths of modules, and shape statements."""

from __future__ import annotations

from resdsl.elaborate import errors
from resdsl.elaborate.cache import StatedShape
from resdsl.elaborate.dispatch import evaluate
from resdsl.elaborate.expressions import text
from resdsl.elaborate.scope import Scope
from resdsl.elaborate.values import Dims, describe, show
from resdsl.ir.names import is_path
from resdsl.source import Span
from resdsl.syntax import tree


def path_of(label: tree.PathLabel | None, scope: Scope) -> str | None:
    """The path that a label gives; None without a label."""
    if label is None:
        return None
    path = label.name.text if isinstance(label.name, tree.Word) else text(label.name, scope)
    if is_path(path):
        return path
    raise scope.refuse(errors.networks.BadPath(path=path), label.span)


def refuse_clash(path: str, node: tree.Node, scope: Scope, *, shared: bool = False) -> None:
    """Refuse a path that is already in use, unless it is that of a module which is shared at every use."""
    other = scope.graph.clashes(path)
    if shared and other is None:
        scope.graph.shared[path] = node.span
    elif other is not None and not (shared and path in scope.graph.shared):
        raise scope.refuse(errors.networks.PathTaken(path=path, other=other), node.span)


def check_shape(node: tree.Expression | None, scope: Scope) -> None:
    """Check a shape statement, `-> 64x56x56`, against the actual shape."""
    if node is None or scope.current is None:
        return
    stated = evaluate(node, scope)
    if not isinstance(stated, Dims) and type(stated) is not int:
        raise scope.refuse(
            errors.values.WrongType(found_value=describe(stated), wanted="dims such as 64x56x56"), node.span
        )
    shape = tuple(stated) if isinstance(stated, Dims) else (stated,)
    checked = scope.building.has_own_input and not (scope.overlays is not None and scope.overlays.changed)
    scope.building.shapes.append(StatedShape(node.span, shape, checked))
    if checked and shape != scope.current.shape:
        raise scope.refuse(
            errors.flow.ShapeDiffers(stated=show(stated), actual=scope.current.shape, numbers=shape), node.span
        )


def head_of(node: tree.Node) -> Span:
    """The first word of a statement, for problems of the statement as a whole; for a bracket, the bracket itself."""
    if node.span.text.startswith("["):
        return node.span
    word = node.span.text.split(None, 1)[0]
    return Span(node.span.source, node.span.start, node.span.start + len(word))
