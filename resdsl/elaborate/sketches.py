"""Finds the costs and the shape of a block without making its body.

Most networks that are drawn are only costed. What a step of a template adds to the costs depends on the few numbers in
its arguments and on the shapes that it reads, which many blocks have in common although no two of them are alike. So it
is worked out once, from the op itself, and no records are made. A session of sketches is one of its own: what it
remembers must not become part of a network that is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from resdsl.elaborate.cache import BuiltBody
from resdsl.elaborate.graph import scaled
from resdsl.elaborate.scope import Scope
from resdsl.elaborate.templates import Choose, Replay, Template, TemplateStep
from resdsl.elaborate.values import Bound, Flow, Value
from resdsl.ir.network import OUTPUT, Body, Layer, Node, Role
from resdsl.ops.base import Op, Shape, Shapes

_Cost = TypeVar("_Cost")


class SketchedBody(Body):
    """A body of which nothing is known but the shapes that enter and leave; equal to itself alone."""

    @classmethod
    def between(cls, entering: Shape, leaving: Shape) -> SketchedBody:
        """A body that takes one shape to another."""
        made = cls.__new__(cls)
        known = {"inputs": (entering,), "beside": (), "nodes": (), "output": OUTPUT, "also": ()}
        made.__dict__.update(known, values={OUTPUT: leaving}, shapes=(leaving,))
        return made

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


@dataclass(eq=False)
class Sketching(Generic[_Cost]):
    """What is known of the costs of steps.

    Attributes:
        weigh: the costs of an op that reads these shapes, in this role.
        weigh_body: the costs of a body in this role.
        add: notes that these are the parts of the costs of a body.

    Steps are known by their identity, and so are kept with what is known of them.
    """

    weigh: Callable[[Op, Shapes, Role], _Cost]
    weigh_body: Callable[[Body, Role], _Cost]
    add: Callable[[Body, Sequence[_Cost]], None]
    _steps: dict[tuple[object, ...], tuple[TemplateStep, Shapes, tuple[int, ...] | None, _Cost]] = field(
        default_factory=dict
    )
    _chosen: dict[tuple[object, ...], tuple[TemplateStep, BuiltBody, _Cost | None]] = field(default_factory=dict)

    def body(self, template: Template, inside: Scope, choose: Choose) -> tuple[Body, Flow] | None:
        """A sketch of another body of the kind of a template, and what flows out of it.

        None if it is not like its template, or has no body.
        """
        entry = inside.current
        if template.built.body is None or entry is None:
            return None
        replay = _Sketch(self, inside, choose)
        exit_ = replay.run(template)
        if exit_ is None:
            return None
        body = SketchedBody.between(entry.shape, exit_.shape)
        self.add(body, replay.parts)
        return body, exit_

    def forget(self) -> None:
        """Forget everything."""
        self._steps.clear()
        self._chosen.clear()

    def __len__(self) -> int:
        return len(self._steps) + len(self._chosen)


class _Sketch(Replay, Generic[_Cost]):
    """Goes through the steps of a template, and makes no nodes.

    Attributes:
        parts: the costs so far.
    """

    def __init__(self, sketching: Sketching[_Cost], inside: Scope, choose: Choose) -> None:
        super().__init__(inside, choose)
        self._sketching = sketching
        self._shortcut_costs: _Cost | None = None
        self.parts: list[_Cost] = []

    def _layer(self, step: TemplateStep, inputs: tuple[Flow, ...]) -> None:
        names = self._inside.names
        numbers: list[Value] = [names[name] for name in step.reads]
        known = self._sketching._steps
        step_key = (id(step), *numbers, *[flow.shape for flow in inputs])
        found = known.get(step_key)
        if found is None:
            op, shapes = self._op(step, inputs)
            assert isinstance(step.node, Layer)
            reads = tuple([flow.shape for flow in inputs])
            costs = self._sketching.weigh(op, reads, step.node.role)
            found = known[step_key] = step, shapes, op.strides(len(inputs[0].shape) - 1), costs
        _, shapes, factor, costs = found
        before = next((flow.strides for flow in inputs if flow.strides is not None), None)
        self.parts.append(costs)
        self._yields(step.node, shapes, scaled(before, factor))

    def _chosen(self, step: TemplateStep, setting: Bound, entry: Flow, exit_: Flow) -> BuiltBody:
        known = self._sketching._chosen
        around = (id(step), entry.shape, exit_.shape, entry.strides, exit_.strides)
        found = known.get(around)
        if found is None:
            built = super()._chosen(step, setting, entry, exit_)
            costs = self._sketching.weigh_body(built.body, "shortcut") if built.body is not None else None
            found = known[around] = step, built, costs
        _, built, self._shortcut_costs = found
        return built

    def _shortcut(self, call: Node, body: Body) -> None:
        assert self._shortcut_costs is not None
        self.parts.append(self._shortcut_costs)
