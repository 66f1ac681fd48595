"""What the loop asks of the machinery that runs it, and the plain PyTorch that is enough for one process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from resdsl.data.images import Array
from resdsl.training.devices import Devices

T = TypeVar("T")
MakeOptimiser = Callable[[nn.Module], Optimizer]


class Engine(Protocol):
    """One process of a run, or the only one.

    Between `set_up` and `close`, all processes call the same methods in the same order, with the exception of
    `tensor`. Before `set_up`, `rank` and `ranks` are known already, but nothing may be exchanged.
    """

    @property
    def rank(self) -> int:
        """The number of this process; only 0 writes files and speaks."""

    @property
    def ranks(self) -> int:
        """How many processes share each batch."""

    def computation(self) -> dict[str, Any]:
        """What changes the numbers of a run, as plain values: a run goes on only with the same."""

    def set_up(self, module: nn.Module, make: MakeOptimiser) -> tuple[nn.Module, Optimizer]:
        """Start the other processes, put the module where it is trained, and make its optimiser there."""

    def tensor(self, array: Array) -> Tensor:
        """Inputs or targets as a tensor on the device of this process."""

    def backward(self, loss: Tensor) -> None:
        """The gradients of the loss: of several processes, their mean."""

    def total(self, values: Tensor) -> Tensor:
        """The sums over all processes, as float64 on the CPU."""

    def largest(self, value: int) -> int:
        """The largest of the values of all processes."""

    def state(self, module: nn.Module, optimiser: Optimizer) -> dict[str, Any]:
        """All that a checkpoint needs of the module, the optimiser and the precision: in full, for `restore`."""

    def restore(self, module: nn.Module, optimiser: Optimizer, state: dict[str, Any]) -> None:
        """Put back a state, which all processes have."""

    def shared(self, value: T) -> T:
        """The value of process 0."""

    def whole(self, module: nn.Module) -> nn.Module:
        """The module in full, the same in all processes: to test it, and to write its weights."""

    def meet(self) -> None:
        """Wait until all processes are here."""

    def close(self) -> None:
        """Part from the other processes, also after an error; nothing is exchanged from now on."""


class PlainEngine:
    """One process and one device, with nothing but PyTorch."""

    rank = 0
    ranks = 1

    def __init__(self, device: str = "cpu", devices: Devices = Devices()) -> None:  # noqa: B008 - it is frozen
        self._device, self._devices = torch.device(device), devices

    def computation(self) -> dict[str, Any]:
        """See `Engine`."""
        return self._devices.computation(self._device.type)

    def set_up(self, module: nn.Module, make: MakeOptimiser) -> tuple[nn.Module, Optimizer]:
        """See `Engine`."""
        module = arranged(module, self._devices).to(self._device)
        if self._devices.compile:
            module.compile()
        return module, make(module)

    def tensor(self, array: Array) -> Tensor:
        """See `Engine`."""
        return on_device(array, self._device, self._devices)

    def backward(self, loss: Tensor) -> None:
        """See `Engine`."""
        torch.autograd.backward(loss)

    def total(self, values: Tensor) -> Tensor:
        """See `Engine`."""
        return values.to("cpu", torch.float64)

    def largest(self, value: int) -> int:
        """See `Engine`."""
        return value

    def state(self, module: nn.Module, optimiser: Optimizer) -> dict[str, Any]:
        """See `Engine`."""
        return {"module": module.state_dict(), "optimiser": optimiser.state_dict()}

    def restore(self, module: nn.Module, optimiser: Optimizer, state: dict[str, Any]) -> None:
        """See `Engine`."""
        module.load_state_dict(state["module"])
        optimiser.load_state_dict(state["optimiser"])

    def shared(self, value: T) -> T:
        """See `Engine`."""
        return value

    def whole(self, module: nn.Module) -> nn.Module:
        """See `Engine`."""
        return module

    def meet(self) -> None:
        """See `Engine`."""

    def close(self) -> None:
        """See `Engine`."""


def arranged(module: nn.Module, devices: Devices) -> nn.Module:
    """The module with its weights in the layout that the user wants."""
    if devices.channels_last:
        for parameter in module.parameters():
            if parameter.ndim == 4:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return module


def on_device(array: Array, device: torch.device, devices: Devices) -> Tensor:
    """An array as a tensor on a device; the copy to a GPU does not wait for what the GPU is doing."""
    tensor = torch.from_numpy(array)
    if devices.channels_last and tensor.ndim == 4:
        tensor = tensor.contiguous(memory_format=torch.channels_last)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor
