"""A network as Python source: one file that depends only on torch.

The file is formatted as by `ruff format`, and passes `ruff check` and `mypy --strict`. All that it takes from a spec is
validated names, numbers, and ASCII text in docstrings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from resdsl.backends.torch.classes import Classes, TwoClasses
from resdsl.backends.torch.closing import checkpointing, factory, loader, main, truncation
from resdsl.backends.torch.describe import file_docstring
from resdsl.backends.torch.names import TOP_NAMES, Taken, class_name, variable
from resdsl.backends.torch.network import NetworkWriter
from resdsl.ir.network import Network
from resdsl.ir.walk import distinct_layers, refuse_too_many_layers
from resdsl.ops.forms import TorchModule
from resdsl.ops.records import Truncated


@dataclass(frozen=True)
class TorchSource:
    """A generated file.

    Attributes:
        text: the source.
        network: the name of the class of the network.
        factory: the name of the function that makes the network.
        blocks: the names of the classes of its blocks, without functions.
    """

    text: str
    network: str
    factory: str
    blocks: tuple[str, ...]


def torch_source(network: Network) -> TorchSource:
    """The source of the PyTorch module of a network.

    Raises:
        UnusablePath: a path of the network is not valid as that of a PyTorch module.
        TwoClasses: two ops define different classes of the same name.
        resdsl.ir.walk.TooManyLayers: PyTorch would have to make too many modules, although the text folds repeats.
    """
    refuse_too_many_layers(network)
    definitions = _definitions(network)
    taken = Taken({*TOP_NAMES, *definitions})
    made_by = taken.free(variable(network.name, "network"))
    name = taken.free(class_name(network.name, "Network"))
    classes = Classes(network, taken)
    writer = NetworkWriter(network, classes, name)
    parts = [
        *(definition.strip("\n").splitlines() for definition in definitions.values()),
        *(block.lines for block in classes.blocks),
        writer.lines(),
        *(checkpointing(statistics=_has_statistics(network), beside=_reads_beside(network)) if writer.stages else ()),
        *(truncation() if _has_truncated(network) else ()),
        *loader(),
        factory(made_by, name, writer.declarations()),
        main(network, made_by),
    ]
    body = "\n\n\n".join("\n".join(part) for part in parts)
    head = [*file_docstring(network), "", *_imports(body)]
    blocks = tuple(block.name for block in classes.blocks if block.lines[0].startswith("class "))
    return TorchSource("\n".join(head) + "\n\n\n" + body + "\n", name, made_by, blocks)


def _definitions(network: Network) -> dict[str, str]:
    """The classes that ops define, by name, in the order of use."""
    found: dict[str, str] = {}
    for layer, shapes in distinct_layers(network):
        form = layer.op.torch(shapes)
        if isinstance(form, TorchModule) and form.definition is not None:
            known = found.setdefault(form.name, form.definition)
            if known != form.definition:
                raise TwoClasses(form.name)
    return found


def _has_statistics(network: Network) -> bool:
    """Whether a forward pass in training mode updates batch norm statistics."""
    return any(layer.op.inference_eps() is not None for layer, _ in distinct_layers(network))


def _has_truncated(network: Network) -> bool:
    return any(
        isinstance(tensor.init, Truncated)
        for layer, shapes in distinct_layers(network)
        for tensor in layer.op.state(shapes)
    )


def _reads_beside(network: Network) -> bool:
    """Whether the blocks of a stage at the top read values beside what flows."""
    return any(len(stage.inputs) > 1 for stage in network.stages)


def _imports(body: str) -> Iterator[str]:
    """The imports that the rest of the file uses."""
    for module, names in _STANDARD:
        used = [name for name in names if re.search(rf"(?<![\w.`]){name}[\[( \n]", body)]
        if used:
            yield f"from {module} import {', '.join(used)}"
    yield from ("", "import torch")
    if "F." in body:
        yield "import torch.nn.functional as F"
    yield "from torch import Tensor, nn"
    if "functional_call(" in body:
        yield "from torch.func import functional_call"
    if "checkpoint(" in body:
        yield "from torch.utils.checkpoint import checkpoint"


_STANDARD = (
    ("collections.abc", ("Collection", "Iterable")),
    ("pathlib", ("Path",)),
    ("typing", ("Final",)),
)
