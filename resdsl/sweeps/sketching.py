"""Sketches of networks that are drawn: costs without records, to find out whether a `keep` leaves the network out."""

from __future__ import annotations

from collections.abc import Callable

from resdsl.analysis.costs import Costs, body_costs, note_body_costs, op_costs
from resdsl.elaborate.session import MOST_BODIES, Session
from resdsl.elaborate.sketches import Sketching
from resdsl.ir.network import Body, Role

OF_SKETCHES = frozenset(("params", "macs", "flops", "depth", "activations"))
"""The quantities that a sketch has."""
_MOST_STEPS = 40_000
"""The most steps whose costs are remembered."""


def session_of_sketches(before_step: Callable[[], None] | None) -> Session:
    """A session whose networks are sketches, and are not to be used for anything but their costs."""
    return Session(sketching=Sketching[Costs](op_costs, _body_costs, note_body_costs), before_step=before_step)


def make_room(session: Session) -> None:
    """Forget everything in a session of sketches if there is much; between networks."""
    assert isinstance(session.sketching, Sketching)
    if len(session.bodies) > MOST_BODIES or len(session.sketching) > _MOST_STEPS:
        session.forget()
        session.sketching.forget()


def _body_costs(body: Body, role: Role) -> Costs:
    return body_costs(body).with_role(role)
