"""What a run computes on: devices, processes and precision, as its user states them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Literal, get_args

from resdsl.refusal import Refused

Accelerator = Literal["auto", "cpu", "gpu"]
Strategy = Literal["ddp", "fsdp"]
Precision = Literal["32", "bf16", "fp16"]
ACCELERATORS, STRATEGIES, PRECISIONS = get_args(Accelerator), get_args(Strategy), get_args(Precision)


class WrongDevices(Refused):
    """This machine, or what is installed on it, has not what a run is to compute on."""


@dataclass(frozen=True)
class Devices:
    """What a run computes on.

    Attributes:
        accelerator: `cpu` or `gpu`; `auto` is a GPU where there is one.
        count: how many devices on each machine, each with a process of its own; None is 1, or as many as `torchrun`
            has started processes.
        nodes: how many machines; None is 1, or as many as `torchrun` has.
        strategy: whether each process has the whole network (`ddp`) or a part of it (`fsdp`).
        precision: of what is computed; weights have 32 bits in any case.
        channels_last: whether channels are the innermost axis in memory.
        compile: whether `torch.compile` compiles the network.
        fabric: whether Lightning Fabric runs it even where plain PyTorch would do; the numbers are the same.
    """

    accelerator: Accelerator = "auto"
    count: int | None = None
    nodes: int | None = None
    strategy: Strategy = "ddp"
    precision: Precision = "32"
    channels_last: bool = False
    compile: bool = False
    fabric: bool = False

    @property
    def on_node(self) -> int:
        """Processes on each machine."""
        return self.count if self.count is not None else int(os.environ.get("LOCAL_WORLD_SIZE", "1"))

    @property
    def machines(self) -> int:
        """Machines."""
        if self.nodes is not None:
            return self.nodes
        started = int(os.environ.get("WORLD_SIZE", "1")) if "LOCAL_WORLD_SIZE" in os.environ else 1
        return max(started // int(os.environ.get("LOCAL_WORLD_SIZE", "1")), 1)

    @property
    def processes(self) -> int:
        """Processes on all machines."""
        return self.on_node * self.machines

    def computation(self, device: str) -> dict[str, Any]:
        """What changes the numbers of a run, as plain values.

        Args:
            device: the type of the device, such as `cpu`.
        """
        unusual = {key: value for key, value in self.unusual().items() if key not in ("accelerator", "precision")}
        return {"device": device, "processes": self.processes, "precision": self.precision, **unusual}

    def unusual(self) -> dict[str, Any]:
        """Those of its values that change numbers and are not the usual ones, by their names."""
        keys = ("accelerator", "strategy", "precision", "channels_last", "compile")
        return {key: getattr(self, key) for key in keys if getattr(self, key) != getattr(Devices(), key)}
