"""The targets that `resdsl build`, `resdsl sweep --build` and `Net.to` can write a network to, by name.

A target is one entry here, and its code is imported on demand. Other packages add targets in the entry point group
`resdsl.targets`: the name of the entry point is that of the target, and its object is a `TextTarget` or a
`WeightedTarget`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from resdsl.plugins import PluginError, blaming, load, offered, package_of
from resdsl.refusal import Refused

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from resdsl.draw.write import Format
    from resdsl.ir.network import Network
    from resdsl.ops.base import Op
    from resdsl.weights.source import WeightSource

GROUP = "resdsl.targets"
THREADS = 2


class NoSuchTarget(Refused):
    """The name of a target is unknown."""

    of_usage = True

    def __init__(self, name: str) -> None:
        from resdsl.diagnostics.suggest import did_you_mean

        super().__init__(f"unknown target '{name}'; {did_you_mean(name, own_targets())}")


class NoForm(Refused):
    """A target cannot write an op."""

    def __init__(self, title: str, op: str) -> None:
        super().__init__(f"{title} does not support the op `{op}`")


class IdleOption(Refused):
    """An option would have no effect on the output of a target."""

    of_usage = True


class NotText(Refused):
    """A binary target is requested as text."""

    of_usage = True


class NotChecked(Refused):
    """A check is requested for a target without one."""

    of_usage = True

    def __init__(self, title: str) -> None:
        checked = " and ".join(name for name, target in own_targets().items() if target.check is not None)
        super().__init__(f"there is no check for {title}, only for {checked}")


class CheckFailed(Refused):
    """The output did not pass its check and was discarded."""


@dataclass(frozen=True, slots=True)
class Check:
    """The check of an output file before it replaces an old one.

    Attributes:
        title: a description of the check for `--help`.
        fault: takes the file and returns what is wrong with it, or None.
    """

    title: str
    fault: Callable[[Path], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(ABC):
    """A format that a network can be written in.

    Attributes:
        name: the name that users give.
        suffix: the suffix of its files, including the dot.
        title: its name in messages.
        foldable: whether batch norms can be folded, which is useful only for outputs that are run.
        forms: its own forms of ops by the class of the op, if it does not use those of `resdsl.ops`. A network with an
            op without a form is refused before anything is written.
        check: the check of its files, if there is one.
    """

    name: str
    suffix: str
    title: str
    foldable: bool = False
    forms: Mapping[type, Any] | None = None
    check: Check | None = None
    takes_weights: ClassVar[bool]

    @property
    def file(self) -> str:
        """Its file name in the folder of a network, including its own name if an earlier target has the same suffix."""
        first = next((name for name, target in own_targets().items() if target.suffix == self.suffix), None)
        return f"network{self.suffix}" if first == self.name else f"network_{self.name}{self.suffix}"

    def build(
        self,
        network: Network,
        path: Path,
        weights: WeightSource | None = None,
        *,
        threads: int = THREADS,
        check: bool = False,
    ) -> None:
        """Write a network. The file is written completely or not at all, and with `check` only if it passes.

        Args:
            network: the network to write, already folded if requested.
            path: the file; an existing file is replaced once the new one is complete.
            weights: the source of its weights, for targets with weights.
            threads: the maximum number of threads, for targets that use several.
            check: whether to check the file before it replaces an old one.

        Raises:
            NoForm: the target does not support an op of the network.
            NotChecked: the target has no check.
            CheckFailed: the file did not pass.
            PluginError: the target is from another package, which failed.
            resdsl.refusal.Refused: the target refuses the network for reasons of its own.
            OSError: the file cannot be written.
        """
        from resdsl.files import replacing

        if check and self.check is None:
            raise NotChecked(self.title)
        self.refuse_ops(network)
        with replacing(path) as new:
            self._write(network, new, weights, threads)
            if check and self.check is not None and (fault := self.check.fault(new)) is not None:
                raise CheckFailed(f"{path} was not written because it did not pass the check: {fault}")

    def refuse_idle(self, *, weighting: bool = False, folding: bool = False) -> None:
        """Refuse options that would have no effect.

        Args:
            weighting: whether an option about weights is given: a file, a seed, or modules to reset.
            folding: whether batch norms should be folded.

        Raises:
            IdleOption: an option would have no effect.
        """
        if weighting and not self.takes_weights:
            raise IdleOption(f"{self.title} does not contain weights: weights, seed and reset would have no effect")
        if folding and not self.foldable:
            raise IdleOption(f"{self.title} shows the network as written: fold_bn is for outputs that run")

    def refuse_ops(self, network: Network) -> None:
        """Refuse a network with an op that the target does not support.

        Raises:
            NoForm: the target has no form for an op.
        """
        if self.forms is None:
            return
        from resdsl.ir.walk import distinct_layers

        for layer, _ in distinct_layers(network):
            if form_of(self.forms, layer.op) is None:
                raise NoForm(self.title, layer.op.op)

    @abstractmethod
    def _write(self, network: Network, new: Path, weights: WeightSource | None, threads: int) -> None:
        """Write into an existing, empty file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTarget(Target):
    """A text target, such as source: it does not contain weights, and can be written to the standard output.

    Attributes:
        make: returns the text for a network.
    """

    make: Callable[[Network], str]
    takes_weights: ClassVar[bool] = False

    def text(self, network: Network) -> str:
        """The text for a network.

        Raises:
            the errors of `build`, except those about files.
        """
        self.refuse_ops(network)
        return self.make(network)

    def _write(self, network: Network, new: Path, weights: WeightSource | None, threads: int) -> None:
        new.write_bytes(self.make(network).encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedTarget(Target):
    """A target whose file contains weights.

    Attributes:
        write: takes a network, a new and empty file, the source of weights, and the maximum number of threads.
    """

    write: Callable[[Network, Path, WeightSource, int], object]
    takes_weights: ClassVar[bool] = True

    def _write(self, network: Network, new: Path, weights: WeightSource | None, threads: int) -> None:
        if weights is None:
            raise ValueError(f"{self.title} contains weights and needs a source for them")
        self.write(network, new, weights, threads)


def form_of(forms: Mapping[type, Any], op: Op) -> Any:
    """The form of an op: that of its class, or of its nearest base class with one; None if there is none."""
    return next((forms[kind] for kind in type(op).__mro__ if kind in forms), None)


# ----------------------------------------------------------------------------------------- our own


def _onnx(network: Network, new: Path, weights: WeightSource, threads: int) -> None:
    from resdsl.backends.onnx.write import write_onnx

    write_onnx(network, new, weights, threads)


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
    return {target.file: target for target in targets.values()}


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
    entry = offered(GROUP, "target", own_targets()).get(name)
    if entry is None:
        raise NoSuchTarget(name)
    return _blamed(load(entry, "target"), entry)


def _blamed(target: object, entry: EntryPoint) -> Target:
    """A target of another package, wrapped so that its errors name the package."""
    package = package_of(entry)
    plugin = f"the target `{entry.name}` of {package}"
    if not isinstance(target, Target) or target.name != entry.name:
        raise PluginError(f"the entry point `{entry.name}` of {package} is not a target of that name: {entry.value}")
    if target.check is not None:
        target = replace(target, check=replace(target.check, fault=blaming(plugin, target.check.fault)))
    if isinstance(target, TextTarget):
        return replace(target, make=blaming(plugin, target.make))
    if isinstance(target, WeightedTarget):
        return replace(target, write=blaming(plugin, target.write))
    return target
