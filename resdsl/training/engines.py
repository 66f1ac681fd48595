"""Which engine runs on which devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resdsl.training.devices import Devices, WrongDevices

if TYPE_CHECKING:
    from resdsl.training.engine import Engine


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
