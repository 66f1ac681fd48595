"""The targets that `resdsl build`, `resdsl sweep --build` and `Net.to` can write a network to, by name.

A target is one entry here, and its code is imported on demand. Other packages add targets in the entry point group
`resdsl.targets`: the name of the entry point is that of the target, and its object is a `TextTarget` or a
`WeightedTarget` of `resdsl.target`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.backends.onnx.form import USUAL, OnnxForm
from resdsl.plugins import PluginError, blaming, load, offered, package_of
from resdsl.refusal import Refused
from resdsl.target import Check, Target, TextTarget, WeightedTarget

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from resdsl.draw.write import Format
    from resdsl.ir.network import Network
    from resdsl.weights.source import WeightSource

GROUP = "resdsl.targets"
_NAME = re.compile(r"\w[\w.-]*")


class NoSuchTarget(Refused):
    """The name of a target is unknown."""

    of_usage = True

    def __init__(self, name: str, known: Iterable[str]) -> None:
        from resdsl.diagnostics.suggest import did_you_mean

        super().__init__(f"unknown target '{name}'; {did_you_mean(name, known)}")


class NotText(Refused):
    """A binary target is requested as text."""

    of_usage = True


def _onnx(network: Network, new: Path, weights: WeightSource, threads: int, form: OnnxForm = USUAL) -> None:
    from resdsl.backends.onnx.write import write_onnx

    write_onnx(network, new, weights, threads, form)


def _beside_onnx(network: Network, path: Path, weights: WeightSource, form: OnnxForm | None) -> Path | None:
    from resdsl.backends.onnx.external import beside

    return beside(network, path, weights, form or USUAL)


def _onnx_fault(path: Path) -> str | None:
    from resdsl.backends.onnx.check import fault_of

    return fault_of(path)


def _torch(network: Network) -> str:
    from resdsl.backends.torch.source import torch_source

    return torch_source(network).text


def _python_fault(path: Path) -> str | None:
    try:
        compile(path.read_bytes(), "<source>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:  # of bytes that are no text it is a ValueError
        return f"Python cannot compile it: {error}"
    return None


def _safetensors(network: Network, new: Path, weights: WeightSource, threads: int) -> None:
    from resdsl.weights.save import write_safetensors

    write_safetensors(network, new, weights)


def _json(network: Network) -> str:
    from resdsl.ir.json import to_json

    return to_json(network)


def _figure(form: Format) -> Callable[[Network], str]:
    def draw(network: Network) -> str:
        from resdsl.draw.figure import figure_of
        from resdsl.draw.options import DrawOptions

        return str(figure_of([network], "columns", DrawOptions()).write(form).content)

    return draw


_OWN: tuple[Target, ...] = (
    WeightedTarget(
        name="onnx",
        suffix=".onnx",
        title="ONNX",
        foldable=True,
        write=_onnx,
        check=Check("onnx checks it in full, and onnxruntime opens it if installed", _onnx_fault),
        options=OnnxForm,
        beside=_beside_onnx,
    ),
    TextTarget(
        name="torch",
        suffix=".py",
        title="PyTorch source",
        foldable=True,
        make=_torch,
        check=Check("Python compiles it", _python_fault),
    ),
    WeightedTarget(name="safetensors", suffix=".safetensors", title="safetensors", foldable=True, write=_safetensors),
    TextTarget(name="json", suffix=".json", title="JSON", make=_json),
    TextTarget(name="svg", suffix=".svg", title="a figure", make=_figure("svg")),
    TextTarget(name="dot", suffix=".dot", title="a figure", make=_figure("dot")),
)


@cache
def own_targets() -> Mapping[str, Target]:
    """The targets of resdsl itself, by name."""
    return {target.name: target for target in _OWN}


def target_named(name: str) -> Target:
    """The target of this name.

    Raises:
        NoSuchTarget: the name is unknown.
        PluginError: the plug-in for it cannot be used, or a plug-in has the name of one of our own targets.
    """
    own = own_targets().get(name)
    return own if own is not None else _of_another_package(name)


def targets_by_file(names: Iterable[str]) -> dict[str, Target]:
    """Our own targets, and those of other packages among the names, by their file names in the folder of a network.

    Raises:
        NoSuchTarget, PluginError: as `target_named`.
    """
    targets = {**own_targets(), **{name: target_named(name) for name in names}}
    return {file_of(target): target for target in targets.values()}


def file_of(target: Target) -> str:
    """Its file name in the folder of a network, including its own name if an earlier target has the same suffix."""
    first = next((name for name, other in own_targets().items() if other.suffix == target.suffix), None)
    return f"network{target.suffix}" if first == target.name else f"network_{target.name}{target.suffix}"


def text_target(name: str) -> TextTarget:
    """The text target of this name.

    Raises:
        NoSuchTarget, PluginError: see `target_named`.
        NotText: the target is binary.
    """
    target = target_named(name)
    if not isinstance(target, TextTarget):
        raise NotText(f"{target.title} is binary and must be written to a file")
    return target


@cache
def _of_another_package(name: str) -> Target:
    installed = offered(GROUP, "target", own_targets())
    entry = installed.get(name)
    if entry is None:
        raise NoSuchTarget(name, [*own_targets(), *sorted(installed)])
    return _blamed(load(entry, "target"), entry)


def _blamed(target: object, entry: EntryPoint) -> Target:
    """A target of another package, wrapped so that its errors name the package."""
    package = package_of(entry)
    plugin = f"the target `{entry.name}` of {package}"
    if not isinstance(target, TextTarget | WeightedTarget) or target.name != entry.name:
        raise PluginError(f"the entry point `{entry.name}` of {package} is not a target of that name: {entry.value}")
    if not _NAME.fullmatch(target.name):
        raise PluginError(f"{plugin} cannot be used: its name would not do in the name of a file")
    if target.check is not None:
        target = replace(target, check=replace(target.check, fault=blaming(plugin, target.check.fault)))
    if isinstance(target, TextTarget):
        return replace(target, make=blaming(plugin, _returning_text(target.make)))
    return replace(target, write=blaming(plugin, target.write))


def _returning_text(make: Callable[[Network], object]) -> Callable[[Network], str]:
    """Check that a function of another package returns a text that can be written."""

    def call(network: Network) -> str:
        text = make(network)
        if not isinstance(text, str):
            raise TypeError(f"it returned {type(text).__name__}, not a text")
        text.encode()
        return text

    return call
