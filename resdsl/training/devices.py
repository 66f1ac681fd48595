"""What a run computes on: devices, processes and precision, as its user states them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from resdsl.refusal import Refused

if TYPE_CHECKING:
    from resdsl.training.engine import Engine

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
        further = {"strategy": self.strategy, "channels_last": self.channels_last, "compile": self.compile}
        usual = {"strategy": "ddp", "channels_last": False, "compile": False}
        return {
            "device": device,
            "processes": self.processes,
            "precision": self.precision,
            **{key: value for key, value in further.items() if value != usual[key]},
        }


def engine_on(devices: Devices) -> Engine:
    """The engine for some devices: plain PyTorch for one process in 32 bits, otherwise Lightning Fabric.

    Raises:
        WrongDevices: there are not as many devices, they cannot compute like this, or Fabric is not installed.
    """
    import torch

    gpus = torch.cuda.device_count()
    on_gpu = devices.accelerator == "gpu" or (devices.accelerator == "auto" and gpus > 0)
    if on_gpu and gpus < devices.on_node:
        raise WrongDevices(f"the run wants {_gpus(devices.on_node)}, but PyTorch finds {_gpus(gpus)} on this machine")
    if not on_gpu and devices.precision == "fp16":
        raise WrongDevices("a CPU does not train in fp16: use bf16, or a GPU")
    if devices.strategy == "fsdp" and devices.precision == "fp16":
        raise WrongDevices("fsdp does not train in fp16: use bf16")
    if not devices.fabric and devices.processes == 1 and devices.precision == "32" and devices.strategy == "ddp":
        from resdsl.training.engine import PlainEngine

        return PlainEngine("cuda" if on_gpu else "cpu", devices)
    try:
        from resdsl.training.fabric import FabricEngine
    except ModuleNotFoundError as error:
        if error.name != "lightning_fabric":
            raise
        raise WrongDevices(
            "several devices, fsdp, bf16 and fp16 need Lightning Fabric: pip install 'resdsl[train]'"
        ) from None
    return FabricEngine("gpu" if on_gpu else "cpu", devices)


def _gpus(count: int) -> str:
    return f"{count or 'no'} GPU{'' if count == 1 else 's'}"
