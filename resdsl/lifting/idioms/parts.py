"""Values that are stacked along an axis of their own, weighed there and summed: selective kernels, split attention."""

from __future__ import annotations

from collections.abc import Sequence

from resdsl.lifting.graph import Draft
from resdsl.lifting.idioms.forms import parts_channels
from resdsl.lifting.idioms.rewriting import DraftGraph, is_op, op_as, op_if_fits
from resdsl.ops.base import Op, Shape
from resdsl.ops.reshape import Permute
from resdsl.ops.shape import Split


def _of_rows(graph: DraftGraph, node: Draft) -> bool:
    """Rows of channels that are taken apart along the axis of the rows: split."""
    split, rows = op_as(node, Split), graph.producers.get(node.inputs[0])
    if split is None or rows is None or not is_op(rows, "reshape") or len(node.shapes[0]) < 3:
        return False
    shape, forms = node.shapes[0][1:], _forms(graph, node)
    if not forms or graph.shape(rows) != (split.parts * shape[0], *shape[1:]):
        return False
    node.shapes = (shape,) * split.parts
    graph.become(node, split, rows.inputs)
    graph.of_rows.add(node)
    for each in forms:
        graph.skip(each)
    return True


def _forms(graph: DraftGraph, node: Draft) -> list[Draft]:
    """What reads each part of a split, if that is a form without the axis of the parts; none if something else does."""
    found = []
    for value in node.outputs:
        users = graph.users[value]
        if len(users) != 1 or value in graph.outputs or users[0].outputs[0] in graph.outputs:
            return []
        if not is_op(users[0], "reshape", "flatten") or users[0].shapes[0] != node.shapes[0][1:]:
            return []
        found.append(users[0])
    return found if node.shapes[0][0] == 1 else []


def _of_joined(graph: DraftGraph, node: Draft) -> bool:
    """Rows that are just what was joined; channels that a model parts itself stay so, as those of ShuffleNet."""
    if node not in graph.of_rows and node.shapes[0][0] > 1:
        return False
    split, joined = op_as(node, Split), graph.producers.get(node.inputs[0])
    if split is None or joined is None or not is_op(joined, "concat") or len(joined.inputs) != split.parts:
        return False
    if any(graph.shape_of(value) != node.shapes[0] for value in joined.inputs):
        return False
    return graph.replace(node, joined.inputs)


def _back(graph: DraftGraph, node: Draft) -> bool:
    """A form that is undone, while others read it too."""
    form = graph.producers.get(node.inputs[0]) if is_op(node, "reshape", "flatten") else None
    if form is None or not is_op(form, "reshape", "flatten") or graph.shape(form) != node.shapes[0]:
        return False
    return graph.replace(node, form.inputs)


def _weighed(graph: DraftGraph, node: Draft) -> bool:
    """Parts of a product of stacked values and weights: products of these values and of parts of the weights."""
    split, product = op_as(node, Split), graph.before(node)
    if split is None or product is None or not is_op(product, "mul") or len(product.inputs) != 2:
        return False
    forms = _forms(graph, node)
    for whole, weights in (product.inputs, product.inputs[::-1]):
        shape = graph.shape_of(weights)
        values = _stacked(graph, whole, node)
        if forms and len(values) == split.parts == shape[0]:
            return _distributed(graph, (product, node, forms), values, weights)
    return False


def _distributed(
    graph: DraftGraph, nodes: tuple[Draft, Draft, Sequence[Draft]], values: Sequence[str], weights: str
) -> bool:
    product, node, forms = nodes
    parts, *shape = graph.shape_of(weights)
    row = (parts * shape[0], *shape[1:])
    form = op_if_fits("reshape", {"to": row}, (parts, *shape))
    split = op_if_fits("split", {"parts": parts}, row)
    weighed = op_if_fits("mul", {}, forms[0].shapes[0], tuple(shape))
    if form is None or split is None or weighed is None:
        return False
    product.shapes, node.shapes = (row,), (tuple(shape),) * parts
    graph.become(product, form, [weights])
    _reformed(graph, product)
    graph.become(node, split, product.outputs)
    for each, value, weight in zip(forms, values, node.outputs, strict=True):
        graph.become(each, weighed, [value, weight])
    return True


def _stacked(graph: DraftGraph, value: str, reader: Draft) -> Sequence[str]:
    """The values that another one is the stack of, without the axis of it; none if it is no stack."""
    whole, shape = graph.producers.get(value), graph.shape_of(value)[1:]
    if whole is None:
        return ()
    if is_op(whole, "concat"):
        forms = [graph.producers.get(each) for each in whole.inputs]
        return [each.inputs[0] for each in forms if each is not None and _unstacked(graph, each) == shape]
    if not is_op(whole, "reshape") or graph.shape(whole) != _joined(graph.shape_of(value)):
        return ()
    users = graph.users[whole.inputs[0]]
    return next((each.outputs for each in users if op_as(each, Split) and graph.is_before(each, reader)), ())


def _unstacked(graph: DraftGraph, form: Draft) -> Shape:
    """The shape of what a form gives an axis of size one."""
    shape = graph.shape(form)
    return shape if is_op(form, "reshape") and form.shapes[0] == (1, *shape) else ()


def _joined(shape: Shape) -> Shape:
    return (shape[0] * shape[1], *shape[2:]) if len(shape) > 2 else ()


def _reformed(graph: DraftGraph, node: Draft) -> bool:
    """A form of another form that nothing else reads."""
    form = graph.before(node) if is_op(node, "reshape", "flatten") else None
    if form is None or not is_op(form, "reshape") or not isinstance(node.op, Op) or parts_channels(graph, node):
        return False
    return graph.become(node, node.op, form.inputs, form)


def _in_place(graph: DraftGraph, node: Draft) -> bool:
    """Axes of size one that are turned before a softmax: a form."""
    turned, shape = op_as(node, Permute), graph.shape(node)
    users = graph.users[node.outputs[0]]
    if turned is None or not users or not all(is_op(user, "softmax") for user in users):
        return False
    kept = [axis for axis in turned.order if shape[axis] > 1]
    form = op_if_fits("reshape", {"to": node.shapes[0]}, shape)
    return kept == sorted(kept) and form is not None and graph.become(node, form, node.inputs)


PARTS = (_in_place, _of_joined, _of_rows, _weighed, _back, _reformed)
