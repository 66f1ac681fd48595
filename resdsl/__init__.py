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
    from resdsl.api import Net, load, loads
    from resdsl.diagnostics.problem import Problem
    from resdsl.diagnostics.spec_error import SpecError
    from resdsl.experiments.results import results
    from resdsl.latency.measuring import bench
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
    "load",
    "loads",
    "quantize",
    "recipe",
    "results",
    "sweep",
    "test",
    "train",
]

_HOMES = {
    "Net": "resdsl.api",
    "load": "resdsl.api",
    "loads": "resdsl.api",
    "Problem": "resdsl.diagnostics.problem",
    "SpecError": "resdsl.diagnostics.spec_error",
    "Refused": "resdsl.refusal",
    "bench": "resdsl.latency.measuring",
    "format_text": "resdsl.printer.formatting",
    "results": "resdsl.experiments.results",
    "quantize": "resdsl.quantization.quantizing",
    "recipe": "resdsl.recipes.reading",
    "sweep": "resdsl.sweeping",
    "test": "resdsl.testing.testing",
    "train": "resdsl.training.training",
}


def __getattr__(name: str) -> Any:
    """Imports the public names on demand, so that `import resdsl` stays fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'resdsl' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
