"""What a file for training cannot have."""

from __future__ import annotations

from resdsl.ir.network import Network
from resdsl.ir.walk import steps
from resdsl.refusal import Refused


class NoTrainingForm(Refused):
    """A layer does in training what a file does not have."""


def refuse_untrained(network: Network) -> None:
    """Refuse layers whose weights a file has in a form for inference, and norms with two updates of one statistic.

    Raises:
        NoTrainingForm: there is one.
    """
    met: set[str] = set()
    for step in steps(network):
        if step.layer.op.standardises(step.shapes) is not None:
            raise NoTrainingForm(
                f"`{step.path}` standardises its weight in each pass, and the file has the result alone"
            )
        if any(node.updates for node in step.layer.op.onnx_training(step.shapes)):
            if step.path in met:
                raise NoTrainingForm(f"`{step.path}` is applied twice, and each time would update the same statistics")
            met.add(step.path)
