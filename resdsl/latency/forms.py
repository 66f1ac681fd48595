"""The forms in which a network can be run, by name; each is made by a library, which is imported on demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.refusal import Refused

if TYPE_CHECKING:
    from resdsl.latency.inputs import Runnable
    from resdsl.net import Net


class UnknownForm(Refused):
    """The name of a form is unknown."""

    of_usage = True

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown form `{name}`; {did_you_mean(name, FORMS)}")


@dataclass(frozen=True)
class TimedForm:
    """A form.

    Attributes:
        name: the name that users give.
        title: what it is, in a few words.
        library: what makes and runs it.
    """

    name: str
    title: str
    library: Literal["torch", "onnxruntime"]

    def made(self, net: Net, weights: str | Path | None, threads: int, folder: Path) -> Runnable:
        """The network in this form.

        Args:
            net: the network.
            weights: a weight file; by default, weights are initialised from seed 0.
            threads: the threads that it computes with.
            folder: an empty folder for its files, which must outlive it.

        Raises:
            Exception: the library is not installed, or does not take the network; the message says why.
        """
        if self.library == "torch":
            from resdsl.latency.in_torch import runnable as in_torch

            return in_torch(net, self.name, weights)
        from resdsl.latency.in_onnx import runnable as in_onnx

        return in_onnx(net, self.name, weights, threads, folder)


FORMS: Mapping[str, TimedForm] = {
    name: TimedForm(name, title, "torch" if name.startswith("torch") else "onnxruntime")
    for name, title in {
        "torch": "PyTorch, as written",
        "torch-folded": "batch norms folded",
        "torch-channels-last": "folded, channels last",
        "torch-compiled": "folded, channels last, compiled",
        "torch-bf16": "folded, channels last, bfloat16",
        "onnx": "onnxruntime, float32",
        "onnx-int8": "onnxruntime, int8",
    }.items()
}
"""All forms."""


def form_named(name: str) -> TimedForm:
    """The form of this name.

    Raises:
        UnknownForm: there is none.
    """
    if name not in FORMS:
        raise UnknownForm(name)
    return FORMS[name]
