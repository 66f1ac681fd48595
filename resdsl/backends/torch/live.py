"""The live PyTorch module, made by executing generated source.

The module runs exactly the text of `resdsl.backends.torch.source`. Each text is executed once, in a Python module of
its own whose source is visible to tracebacks, `inspect` and `torch.compile`. Pickles and copies contain the text, so
that any other process can recreate the classes.
"""

from __future__ import annotations

import copyreg
import linecache
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from resdsl.backends.torch.freezing import freeze
from resdsl.backends.torch.source import TorchSource, torch_source
from resdsl.ir.network import Network
from resdsl.ir.walk import state
from resdsl.weights.source import WeightSource

Device = torch.device | str | None
Dtype = torch.dtype | None
Layout = torch.memory_format | None
Module = nn.Module

_executed: dict[str, ModuleType] = {}
_lock = Lock()


@dataclass(frozen=True)
class Form:
    """Options of a module.

    Attributes:
        device: the device of its parameters.
        dtype: the dtype of its parameters.
        memory_format: the memory format of its parameters.
        checkpointing: whether stages are recomputed in the backward pass.
        inference: whether it is meant for inference only.
    """

    device: Device = None
    dtype: Dtype = None
    memory_format: Layout = None
    checkpointing: bool = False
    inference: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.memory_format, torch.memory_format | None):
            raise TypeError(
                f"memory_format must be a torch.memory_format such as torch.channels_last, not {self.memory_format!r}"
            )

    @property
    def on_meta(self) -> bool:
        """Whether it has no values and takes no memory."""
        return self.device is not None and torch.device(self.device).type == "meta"


def live_module(network: Network, source: WeightSource, form: Form, frozen: str | Sequence[str] = ()) -> nn.Module:
    """Make the module of a network.

    Args:
        network: the network.
        source: its weights, which are loaded as float32 on the CPU.
        form: the options of the module.
        frozen: the parts to exclude from training.

    Raises:
        UnusablePath: a path of the network is not valid as that of a PyTorch module.
        InvalidFreeze: the network has no such part.
        ValueError: checkpointing is requested, but the network has no stages.
    """
    if form.checkpointing and not network.stages:
        raise ValueError(f"`{network.name}` has no stages: checkpointing would have no effect")
    written = torch_source(network)
    made = getattr(executed(written), written.network)
    options = {"checkpointing": True} if form.checkpointing else {}
    with torch.device("meta" if form.on_meta else "cpu"), Unfilled():
        module: nn.Module = made(**options)
    if not form.on_meta:
        fill(module, network, source)
    freeze(module, network, frozen)
    return _formed(module, network, form)


def _formed(module: nn.Module, network: Network, form: Form) -> nn.Module:
    layout = form.memory_format
    if form.inference:
        module = module.eval().requires_grad_(False)
        layout = layout or _CHANNELS_LAST.get(max(len(given.shape) for given in network.inputs))
    module = module.to(device=form.device, dtype=form.dtype)
    for parameter in module.parameters():
        if layout is not None and parameter.dim() == _AXES.get(layout):
            parameter.data = parameter.data.contiguous(memory_format=layout)
    return module


_CHANNELS_LAST = {3: torch.channels_last, 4: torch.channels_last_3d}
"""By the number of axes of a sample: channels and two or three spatial axes."""
_AXES = {torch.channels_last: 4, torch.channels_last_3d: 5}
"""The number of axes that a tensor needs for each memory format."""


def fill(module: nn.Module, network: Network, source: WeightSource) -> None:
    """Set the values of all parameters and buffers of a module on the CPU.

    Raises:
        ValueError: the state of the module does not match the network.
    """
    tensors = module.state_dict()
    wanted = dict(state(network))
    if list(tensors) != list(wanted):
        raise ValueError(f"the state of the module does not match `{network.name}`")
    for name, tensor in wanted.items():
        flat, start = tensors[name].numpy().reshape(-1), 0
        for piece in source.pieces(name, tensor):
            flat[start : start + len(piece)] = piece
            start += len(piece)


def executed(source: TorchSource) -> ModuleType:
    """The Python module of a generated text."""
    return _execute(source.text, source.factory)


def _execute(text: str, name: str) -> ModuleType:
    digest = sha256(text.encode()).hexdigest()[:16]
    with _lock:
        if digest not in _executed:
            _executed[digest] = _run(text, f"resdsl_generated_{name}_{digest}")
        return _executed[digest]


def _run(text: str, name: str) -> ModuleType:
    file = f"<{name}>"
    module = ModuleType(name)
    module.__file__ = file
    # Without a time of modification, an entry is never looked for on the disk.
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    sys.modules[name] = module
    exec(compile(text, file, "exec", dont_inherit=True), module.__dict__)
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, nn.Module) and value.__module__ == name:
            copyreg.pickle(value, _reducer(text, name.split("_", 2)[2].rpartition("_")[0]))
    return module


def _reducer(text: str, name: str) -> Callable[[nn.Module], tuple[Any, ...]]:
    """The parts of an instance that go into a pickle or a copy: the source, the class and the state."""

    def reduce(instance: nn.Module) -> tuple[Any, ...]:
        return _blank, (text, name, type(instance).__qualname__), instance.__dict__

    return reduce


def _blank(text: str, name: str, qualified: str) -> nn.Module:
    made = getattr(_execute(text, name), qualified)
    blank: nn.Module = made.__new__(made)
    return blank


class Unfilled(TorchFunctionMode):
    """Within this context, modules do not initialise their parameters, which are about to be overwritten."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func in _FILLING:
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


_FILLING = {
    nn.init.constant_,
    nn.init.kaiming_normal_,
    nn.init.kaiming_uniform_,
    nn.init.normal_,
    nn.init.uniform_,
    torch.Tensor.fill_,
    torch.Tensor.normal_,
    torch.Tensor.uniform_,
    torch.Tensor.zero_,
}
