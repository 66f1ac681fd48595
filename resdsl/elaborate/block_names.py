"""Blocks of a stage that have names of their own: `path="denselayer{i + 1}"`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from resdsl.elaborate import errors
from resdsl.elaborate.building import STEPS_OF_NODE
from resdsl.elaborate.dispatch import evaluate
from resdsl.elaborate.paths import refuse_clash
from resdsl.elaborate.scope import Scope
from resdsl.elaborate.values import Flow, describe
from resdsl.ir.names import is_path
from resdsl.ir.network import Body
from resdsl.syntax import tree


def block_paths(
    stage: str, node: tree.StageStatement, written: tree.CallArgument, numbered: Callable[[int], Scope], count: int
) -> list[str]:
    """The paths of the blocks of a stage, from the name that is written for them.

    Args:
        stage: the path of the stage, within which they lie.
        node: the stage.
        written: the argument that names a block.
        numbered: the scope in which it is evaluated for each block, by its index.
        count: the number of blocks.

    Raises:
        ProblemFound: a name is no string, makes no path, or is there already; or the stage has a title.
    """
    scope = numbered(0)
    if node.title is not None:
        reason = "a stage with `path` is the blocks that it names, which have no title"
        raise scope.refuse(errors.flow.DoesNotFit(reason=reason, shapes=()), node.title.span)
    paths = []
    for index in range(count):
        scope.building.spend(STEPS_OF_NODE, node.span)
        name = evaluate(written.value, numbered(index))
        if not isinstance(name, str):
            wanted = 'a string such as "layer{i + 1}"'
            raise scope.refuse(errors.values.WrongType(found_value=describe(name), wanted=wanted), written.value.span)
        path = f"{stage}.{name}"
        if not is_path(path):
            raise scope.refuse(errors.networks.BadPath(path=path), written.value.span)
        if path in paths:
            raise scope.refuse(errors.networks.PathTaken(path=path, other=path), written.value.span)
        refuse_clash(path, node.label, scope, shared=node.shared)
        paths.append(path)
    return paths


def add_blocks(
    paths: Sequence[str],
    runs: Sequence[tuple[Body, int]],
    inputs: Sequence[str],
    end: Flow,
    node: tree.StageStatement,
    scope: Scope,
) -> Flow:
    """Add the blocks of a stage one by one, each under its path; what the last one yields.

    Args:
        paths: of the blocks.
        runs: the bodies, each with the number of times that it occurs in a row.
        inputs: what the first block reads; the others read the block before and the same values beside it.
        end: what flows out of the last block.
        node: the stage.
        scope: where it stands.
    """
    flowing, *beside = inputs
    bodies = [body for body, count in runs for _ in range(count)]
    for path, body in zip(paths, bodies, strict=True):
        scope.graph.places[path] = node.label.span
        flowing = scope.graph.add_call(path, body, (flowing, *beside), scope.role)
    return Flow(flowing, end.shape, end.strides)
