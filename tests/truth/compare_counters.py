"""What other counters print: writes `counters.json`.

    python -m tests.truth.compare_counters [networks] [generated] [ops]

in the root of the repository, in an environment of its own with Python 3.11:

    pip install torch==2.13.0 numpy onnx==1.23.2 onnxscript==0.7.2 transformers accelerate
    pip install --no-deps torchvision==0.28.0 fvcore==0.1.5.post20221221 thop==0.1.1.post2209072238 ptflops==0.7.5
    pip install --no-deps torchinfo==1.8.0 calflops==0.3.2 onnx-tool==1.0.1
    pip install pillow tabulate termcolor yacs pyyaml tqdm iopath pydantic lark safetensors

The last three are for this project, which need not be installed. Every counter is run as its own manual has it,
in evaluation mode, for a batch of one, each time on a copy of the module that no other counter has seen:

- `networks`: torchvision's own modules, at 224x224. onnx-tool reads the file of torch's exporter,
  and (`onnx-tool-torchscript`) that of the exporter before, `dynamo=False`.
- `generated`: modules that this project writes, of shipped specifications at their own input and of
  networks made by hand (`counted.py`). Where a network has a twin in torchvision, this says
  that both are counted alike.
- `ops`: networks of a single op, of its samples in the registry, before a linear layer without a bias.

None stands where a counter or the exporter raises an error, or where a counter has no integer to print.
"""

from __future__ import annotations

import inspect
import json
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from functools import partial
from importlib import import_module, metadata
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import resdsl
from resdsl.api import Net
from resdsl.ops.registry import ops
from tests.truth.counted import BY_HAND, probe

FILE = Path(__file__).with_name("counters.json")
VERSIONS = {
    "torch": "2.13.0",
    "torchvision": "0.28.0",
    "fvcore": "0.1.5.post20221221",
    "thop": "0.1.1.post2209072238",
    "ptflops": "0.7.5",
    "torchinfo": "1.8.0",
    "calflops": "0.3.2",
    "onnx-tool": "1.0.1",
    "onnx": "1.23.2",
    "onnxscript": "0.7.2",
}
SIZE = (3, 224, 224)
NETWORKS = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d", "vgg19", "densenet121")
GENERATED = (
    *("resnet18", "resnet50", "resnext50_32x4d", "vgg19", "densenet121"),
    *("resnet20", "preact_cifar", "seresnet50", "resnetblur50", "res2net50_26w_4s", "resnet50d", "sknet50", "edsr"),
    *("backbone", "resnet1d18"),
)
_KEPT: list[Any] = []
"""Libraries of operators: one that is forgotten takes its operators along."""

Inputs = tuple[Tensor, ...]
Figures = dict[str, int | None]


def main() -> None:
    """Write the file; where parts of it are named, measure these alone and keep the others."""
    found = {name: metadata.version(name).partition("+")[0].replace("-", ".post") for name in VERSIONS}
    if found != VERSIONS:
        raise SystemExit(f"other versions than those that are to be measured: {found}")
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    models = _models()
    measure: dict[str, Callable[[], Any]] = {
        "networks": partial(_networks, models),
        "generated": _generated,
        "ops": _ops,
    }
    fresh = {part: measure[part]() for part in sys.argv[1:] or measure}
    kept = json.loads(FILE.read_text(encoding="utf-8")) if sys.argv[1:] and FILE.exists() else {}
    record = {"measured_with": VERSIONS, **{part: {**kept, **fresh}.get(part) for part in measure}}
    FILE.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _networks(models: Any) -> dict[str, Figures]:
    return {name: measured(getattr(models, name)(), (torch.zeros(1, *SIZE),)) for name in NETWORKS}


def _generated() -> dict[str, Figures]:
    made = {name: Net(make()) for name, make in BY_HAND.items()}
    shipped = {name: resdsl.load(name) for name in GENERATED}
    return {name: of_net(net) for name, net in (made | shipped).items()}


def _ops() -> list[dict[str, Any]]:
    return [{**told, **of_net(net)} for told, net in probes()]


def _models() -> Any:
    """torchvision's models. Its compiled operators are not loaded; their names are enough to import it."""
    registry: Any = torch.library
    library = registry.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor boxes, Tensor scores, float threshold) -> Tensor")
    _KEPT.append(library)
    return import_module("torchvision").models


def probes() -> Iterator[tuple[dict[str, Any], Net]]:
    """Networks of one op each, with what they are."""
    for name, op in ops().items():
        for number, sample in enumerate(op.samples):
            yield {"op": name, "sample": number}, Net(probe(op, sample))


def of_net(net: Net) -> Figures:
    """What all counters print for the module of a network."""
    empty = net.to_torch(device="meta").to_empty(device="cpu")
    return measured(empty, tuple([torch.zeros(1, *given.shape) for given in net.ir.inputs]))


def measured(module: nn.Module, inputs: Inputs) -> Figures:
    """What all counters print for a module."""
    ready = filled(module.eval())
    figures: Figures = dict.fromkeys(COUNTERS)
    for name, counter in COUNTERS.items():
        with suppress(Exception), torch_as_it_was():  # whatever the code of other people raises
            figure = counter(deepcopy(ready), inputs)
            figures[name] = int(figure) if figure is not None and figure == int(figure) else None
    return figures


@contextmanager
def torch_as_it_was() -> Iterator[None]:
    """Take back what counters put into torch: some leave it there after an error."""
    places = (torch, nn.functional, torch.Tensor)
    before = [dict(vars(place)) for place in places]
    try:
        yield
    finally:
        for place, had in zip(places, before, strict=True):
            for name in [name for name, value in vars(place).items() if name in had and value is not had[name]]:
                setattr(place, name, had[name])
        for name in vars(torch.Tensor).keys() - before[-1].keys():
            delattr(torch.Tensor, name)


def filled(module: nn.Module) -> nn.Module:
    """The module as if it had been trained: the exporter leaves out what is zero, such as a fresh bias."""
    torch.manual_seed(0)
    for value in module.state_dict().values():
        if value.is_floating_point():
            value.uniform_(0.5, 1)
    return module


# ------------------------------------------------------------------------------------------- counters


def fvcore(module: nn.Module, inputs: Inputs) -> Any:
    """The total of `FlopCountAnalysis`."""
    analysis = import_module("fvcore.nn").FlopCountAnalysis(module, inputs)
    return analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).total()


def thop(module: nn.Module, inputs: Inputs) -> Any:
    """The first of what `profile` returns."""
    return import_module("thop").profile(module, inputs=inputs, verbose=False)[0]


def ptflops(backend: str, module: nn.Module, inputs: Inputs) -> Any:
    """The first of what `get_model_complexity_info` returns."""
    names = list(inspect.signature(module.forward).parameters)
    given = dict(zip(names, inputs, strict=False))
    return import_module("ptflops").get_model_complexity_info(
        module,
        tuple(inputs[0].shape[1:]),
        input_constructor=lambda _: given,
        backend=backend,
        as_strings=False,
        print_per_layer_stat=False,
    )[0]


def torchinfo(module: nn.Module, inputs: Inputs) -> Any:
    """The total of multiply-adds of `summary`."""
    return import_module("torchinfo").summary(module, input_data=list(inputs), verbose=0).total_mult_adds


def calflops(place: int, module: nn.Module, inputs: Inputs) -> Any:
    """FLOPs (0) or MACs (1) of `calculate_flops`."""
    calculate = import_module("calflops").calculate_flops
    return calculate(module, args=list(inputs), print_results=False, output_as_string=False)[place]


def exported(module: nn.Module, inputs: Inputs) -> Any:
    """The sum of onnx-tool over all nodes of the file that torch's exporter writes."""
    program = torch.onnx.export(module, inputs, dynamo=True, verbose=False)
    assert program is not None
    return onnx_tool(program.model_proto)


def scripted(module: nn.Module, inputs: Inputs) -> Any:
    """The same for torch's exporter of before, by way of TorchScript."""
    file: Any = BytesIO()
    torch.onnx.export(module, inputs, file, dynamo=False)
    return onnx_tool(import_module("onnx").load_from_string(file.getvalue()))


def onnx_tool(model: Any) -> Any:
    """The sum over all nodes."""
    graph = import_module("onnx_tool").Model(model, {"verbose": False}).graph
    graph.shape_infer()
    graph.profile()
    return graph.macs[0]


def torch_counter(module: nn.Module, inputs: Inputs) -> Any:
    """The total of `FlopCounterMode`."""
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        module(*inputs)
    return counter.get_total_flops()


COUNTERS: dict[str, Callable[[nn.Module, Inputs], Any]] = {
    "fvcore": fvcore,
    "thop": thop,
    "ptflops": partial(ptflops, "pytorch"),
    "ptflops-aten": partial(ptflops, "aten"),
    "torchinfo": torchinfo,
    "calflops": partial(calflops, 0),
    "calflops-macs": partial(calflops, 1),
    "onnx-tool": exported,
    "onnx-tool-torchscript": scripted,
    "torch": torch_counter,
}

if __name__ == "__main__":
    main()
