"""The engine for several devices, several machines and mixed precision: Lightning Fabric."""

from __future__ import annotations

import logging
from copy import deepcopy
from typing import Any, Literal, cast

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.model_parallel import ModelParallelStrategy
from lightning_fabric.wrappers import _FabricModule, _FabricOptimizer
from torch import Tensor, distributed, nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_state_dict, set_state_dict
from torch.distributed.device_mesh import DeviceMesh
from torch.optim import Optimizer

from resdsl.data.images import Array
from resdsl.training.devices import Devices, WrongDevices
from resdsl.training.engine import MakeOptimiser, T, arranged, on_device

_PRECISIONS: dict[str, Literal["32-true", "bf16-mixed", "16-mixed"]] = {
    "32": "32-true",
    "bf16": "bf16-mixed",
    "fp16": "16-mixed",
}
_IN_FULL = StateDictOptions(full_state_dict=True, cpu_offload=True)


class FabricEngine:
    """See `resdsl.training.engine.Engine`; which processes there are is Fabric's business."""

    def __init__(self, accelerator: str, devices: Devices) -> None:
        logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
        several = devices.processes > 1
        self._devices = devices
        self._sharded = devices.strategy == "fsdp"
        self._bare: nn.Module | None = None
        self._group: distributed.ProcessGroup | None = None
        strategy = _sharding(devices.processes) if self._sharded else "ddp" if several else "auto"
        self._fabric = Fabric(
            accelerator=accelerator,
            strategy=strategy,
            devices=devices.on_node,
            num_nodes=devices.machines,
            precision=_PRECISIONS[devices.precision],
        )

    @property
    def rank(self) -> int:
        """See `Engine`."""
        # Fabric knows the rank of a process only once all have been started.
        return self._fabric.node_rank * self._devices.on_node + self._fabric.local_rank

    @property
    def ranks(self) -> int:
        """See `Engine`."""
        return self._devices.processes

    def computation(self) -> dict[str, Any]:
        """See `Engine`."""
        return self._devices.computation(self._fabric.device.type)

    def set_up(self, module: nn.Module, make: MakeOptimiser) -> tuple[nn.Module, Optimizer]:
        """See `Engine`."""
        self._fabric.launch()
        if self.ranks > 1:
            self._group = distributed.new_group()
        if self._sharded:
            self._bare = deepcopy(module)
        module = arranged(module, self._devices)
        compiled = cast(nn.Module, torch.compile(module)) if self._devices.compile else module
        ready = self._fabric.setup_module(compiled)
        return ready, cast(Optimizer, self._fabric.setup_optimizers(make(ready)))

    def tensor(self, array: Array) -> Tensor:
        """See `Engine`."""
        return on_device(array, self._fabric.device, self._devices)

    def backward(self, loss: Tensor) -> None:
        """See `Engine`."""
        self._fabric.backward(loss)

    def total(self, values: Tensor) -> Tensor:
        """See `Engine`."""
        return self._reduced(values, distributed.ReduceOp.SUM).cpu()

    def largest(self, value: int) -> int:
        """See `Engine`."""
        return int(self._reduced(torch.tensor(value), distributed.ReduceOp.MAX))

    def state(self, module: nn.Module, optimiser: Optimizer) -> dict[str, Any]:
        """See `Engine`."""
        if self._sharded:
            weights, moments = get_state_dict(_wrapped(module), _bare(optimiser), options=_IN_FULL)
        else:
            weights, moments = module.state_dict(), optimiser.state_dict()
        return {"module": weights, "optimiser": moments, "precision": self._fabric.strategy.precision.state_dict()}

    def restore(self, module: nn.Module, optimiser: Optimizer, state: dict[str, Any]) -> None:
        """See `Engine`."""
        if self._sharded:
            set_state_dict(
                _wrapped(module),
                _bare(optimiser),
                model_state_dict=state["module"],
                optim_state_dict=state["optimiser"],
                options=_IN_FULL,
            )
        else:
            module.load_state_dict(state["module"])
            optimiser.load_state_dict(state["optimiser"])
        self._fabric.strategy.precision.load_state_dict(state["precision"])

    def shared(self, value: T) -> T:
        """See `Engine`."""
        values = [value]
        if self._group is not None:
            distributed.broadcast_object_list(values, 0, self._group, self._fabric.device)
        return values[0]

    def whole(self, module: nn.Module) -> nn.Module:
        """See `Engine`."""
        if self._bare is not None:
            weights, _ = get_state_dict(_wrapped(module), (), options=_IN_FULL)
            self._bare.load_state_dict(self.shared(weights))
            return self._bare.to(self._fabric.device)
        inner = cast(_FabricModule, module).module
        if self._group is not None:
            # Each process has running statistics of its own until the next step, which begins with those of the first.
            for buffer in inner.buffers():
                distributed.broadcast(buffer, 0, self._group)
        return inner

    def meet(self) -> None:
        """See `Engine`."""
        self.largest(0)

    def close(self) -> None:
        """See `Engine`."""
        # DistributedDataParallel keeps the threads of its group alive to the end of the process, where one that still
        # lets go of a tensor aborts it. Our own group is gone before that, with its threads.
        if self._group is not None:
            distributed.destroy_process_group(self._group)
            self._group = None

    def _reduced(self, values: Tensor, how: distributed.ReduceOp.RedOpType) -> Tensor:
        values = values.to(self._fabric.device, torch.float64)
        if self._group is not None:
            distributed.all_reduce(values, how, self._group)
        return values


def _sharding(processes: int) -> ModelParallelStrategy:
    return ModelParallelStrategy(
        _dealt_out, data_parallel_size=processes, tensor_parallel_size=1, save_distributed_checkpoint=False
    )


def _dealt_out(module: nn.Module, mesh: DeviceMesh) -> nn.Module:
    """The module with its weights dealt out to all processes: each stage is put together when it is its turn.

    Raises:
        WrongDevices: this version of PyTorch cannot do it.
    """
    try:
        from torch.distributed.fsdp import fully_shard
    except ImportError:
        raise WrongDevices("fsdp needs PyTorch 2.6 or newer") from None
    for part in module.children():
        if any(part.children()) and any(True for _ in part.parameters()):
            fully_shard(part, mesh=mesh["data_parallel"])
    fully_shard(module, mesh=mesh["data_parallel"])
    return module


def _wrapped(module: nn.Module) -> nn.Module:
    return cast(_FabricModule, module)._forward_module


def _bare(optimiser: Optimizer) -> Optimizer:
    return cast(_FabricOptimizer, optimiser).optimizer
