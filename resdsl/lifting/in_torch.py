"""The outputs of a module and of the text that was lifted from it, compared in PyTorch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import nn

from resdsl.backends.torch.live import Form, live_module
from resdsl.lifting.agreement import MOST_VALUES, Agreement, agreement_of
from resdsl.lifting.lifted import Lifted
from resdsl.lifting.sources.modules.arguments import ModuleArguments, arguments_of, evaluating
from resdsl.lifting.weights import weights_of


def compare_module(
    module: nn.Module, sizes: Mapping[str, Sequence[int]], found: Lifted, name: str, until: Sequence[str] = ()
) -> Agreement:
    """Run a module and the network that was lifted from it on the same random input.

    Args:
        module: the module.
        sizes: shapes of one sample for its inputs.
        found: the network.
        name: what messages call the module.
        until: the paths of modules within it up to which it was lifted, in place of what it returns.

    Raises:
        LiftDiffers: the outputs differ.
    """
    tensors = [*module.parameters(), *module.buffers()]
    if sum(tensor.numel() for tensor in tensors) > MOST_VALUES:
        return Agreement(why_not="it has too many weights")
    if any(tensor.is_meta for tensor in tensors):
        return Agreement(why_not="its weights have no values")
    if any(tensor.is_floating_point() and tensor.dtype != torch.float32 for tensor in tensors):
        return Agreement(why_not="its weights are not all in float32")
    numbers = np.random.default_rng(0)
    sample = arguments_of(module, sizes, lambda *shape: torch.from_numpy(numbers.standard_normal(shape, "f4")))
    read = list(sample.by_name.values())
    if len(read) != len(found.graph.inputs):  # what nothing reads is no input of the text
        read = [sample.by_name[name] for name in found.graph.names_of_inputs if name in sample.by_name]
    parts = dict(module.named_modules(remove_duplicate=False))
    if any(path not in parts for path in until):
        return Agreement(why_not="it was lifted up to other values than those of modules")
    with evaluating(module), torch.no_grad():
        # The module may change its inputs in place, so it is the last to read them.
        network = live_module(found.network, weights_of(found), Form()).eval()
        ours = list(_outputs(network(*[each.clone() for each in read])))
        theirs = _ends(module, [parts[path] for path in until], sample)
    if len(theirs) != len(ours):
        return Agreement(why_not="it was lifted up to other values than its outputs")
    pairs = [(one.numpy(), other.numpy()) for one, other in zip(theirs, ours, strict=True)]
    if any(one.size != other.size for one, other in pairs):
        return Agreement(why_not="it was lifted up to other values than its outputs")
    return agreement_of(pairs, name)


def _ends(module: nn.Module, parts: Sequence[nn.Module], sample: ModuleArguments) -> list[torch.Tensor]:
    """What a module returns, or what parts of it return when they are called last, in the order of these calls."""
    if not parts:
        return list(_outputs(module(*sample.positional, **sample.by_keyword)))
    made: dict[nn.Module, tuple[object, object]] = {}

    def keep(part: nn.Module, _read: object, returned: object) -> None:
        made.pop(part, None)
        # Somebody may change it in place later.
        made[part] = returned, returned.clone() if isinstance(returned, torch.Tensor) else returned

    handles = [part.register_forward_hook(keep) for part in parts]
    try:
        module(*sample.positional, **sample.by_keyword)
    finally:
        for handle in handles:
            handle.remove()
    kept = {id(returned): copied for returned, copied in made.values()}
    return list(_outputs(list(kept.values())))


def _outputs(returned: object) -> Iterator[torch.Tensor]:
    """The tensors in what a module returns, each once."""
    found: dict[int, torch.Tensor] = {id(tensor): tensor for tensor in _tensors(returned)}
    yield from found.values()


def _tensors(returned: object) -> Iterator[torch.Tensor]:
    if isinstance(returned, torch.Tensor):
        yield returned
    elif isinstance(returned, Mapping):
        for each in returned.values():
            yield from _tensors(each)
    elif isinstance(returned, list | tuple):
        for each in returned:
            yield from _tensors(each)
