"""A language for residual networks, and its compiler.

import resdsl

net = resdsl.load("specs/resnet34.res", shortcut="A")
print(net.params, net.macs, net.depth)
net.to_onnx("resnet34.onnx")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resdsl.version import __version__

if TYPE_CHECKING:
    from resdsl.api import load, loads
    from resdsl.backends.torch.freezing import thaw
    from resdsl.checkpoints import list_weights
    from resdsl.diagnostics.problem import Problem
    from resdsl.diagnostics.spec_error import SpecError
    from resdsl.experiments.results import results
    from resdsl.identifying.identify import identify
    from resdsl.latency.measuring import bench
    from resdsl.lifting.lift import lift
    from resdsl.net import Net
    from resdsl.printer.formatting import format_text
    from resdsl.quantization.quantizing import quantize
    from resdsl.recipes.reading import recipe
    from resdsl.refusal import Refused
    from resdsl.sweeping import sweep
    from resdsl.testing.testing import test
    from resdsl.training.training import train

__all__ = [
    "Net",
    "Problem",
    "Refused",
    "SpecError",
    "__version__",
    "bench",
    "format_text",
    "identify",
    "lift",
    "list_weights",
    "load",
    "loads",
    "quantize",
    "recipe",
    "results",
    "sweep",
    "test",
    "thaw",
    "train",
]

_HOMES = {
    "Net": "resdsl.net",
    "load": "resdsl.api",
    "loads": "resdsl.api",
    "lift": "resdsl.lifting.lift",
    "Problem": "resdsl.diagnostics.problem",
    "SpecError": "resdsl.diagnostics.spec_error",
    "Refused": "resdsl.refusal",
    "bench": "resdsl.latency.measuring",
    "format_text": "resdsl.printer.formatting",
    "identify": "resdsl.identifying.identify",
    "results": "resdsl.experiments.results",
    "quantize": "resdsl.quantization.quantizing",
    "recipe": "resdsl.recipes.reading",
    "sweep": "resdsl.sweeping",
    "test": "resdsl.testing.testing",
    "train": "resdsl.training.training",
    "thaw": "resdsl.backends.torch.freezing",
    "list_weights": "resdsl.checkpoints",
}


def __getattr__(name: str) -> Any:
    """Imports the public names on demand, so that `import resdsl` stays fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'resdsl' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
