"""What PyTorch keeps and allocates, seen from outside: what the figures of memory are compared with."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class _Packed:
    """A tensor in the hands of autograd, which lets go of it with the graph that needs it."""

    def __init__(self, tensor: Tensor) -> None:
        # Without its own place in the graph, which would hold the graph that holds it.
        self.tensor = tensor.detach()


def saved_bytes(module: nn.Module, *inputs: Tensor) -> int:
    """Bytes of the storages that autograd keeps once a pass is over, those of the module's state aside."""
    own = {each.untyped_storage().data_ptr() for each in (*module.parameters(), *module.buffers())}
    packed: weakref.WeakSet[_Packed] = weakref.WeakSet()

    def pack(tensor: Tensor) -> _Packed:
        held = _Packed(tensor)
        packed.add(held)
        return held

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda held: held.tensor):
        outputs = module.train()(*inputs)
    storages = {each.tensor.untyped_storage().data_ptr(): each.tensor.untyped_storage().nbytes() for each in packed}
    del outputs
    return sum([size for address, size in storages.items() if address not in own])


class Allocations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Follows the births and deaths of storages while it is in force.

    Attributes:
        peak: the most bytes alive at once, storages known from the start included.
    """

    def __init__(self, known: Iterable[Tensor], state: Iterable[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._seen: dict[int, Any] = {}
        self._alive = 0
        self.peak = 0
        for tensor in state:
            self._seen[tensor.untyped_storage()._cdata] = None
        for tensor in known:
            self._meet(tensor)

    def _meet(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key in self._seen:
            return
        self._seen[key] = weakref.finalize(storage, self._part, key, size)
        self._alive += size
        self.peak = max(self.peak, self._alive)

    def _part(self, key: int, size: int) -> None:
        del self._seen[key]
        self._alive -= size

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for each in tree_leaves(result):
            if isinstance(each, Tensor):
                self._meet(each)
        return result


def peak_bytes(module: nn.Module, *inputs: Tensor) -> int:
    """The most bytes alive at once in a pass for inference, inputs included and the module's state aside."""
    state = [*module.parameters(), *module.buffers()]
    with torch.no_grad(), Allocations(inputs, state) as allocations:
        module.eval()(*inputs)
    peak: int = allocations.peak
    return peak
