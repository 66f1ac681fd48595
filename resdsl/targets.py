"""Every target by its name: what `resdsl build`, a built sweep and `Net.to` write a network as.

A target is one entry here, and what it computes is imported when it is asked for. Other packages add targets under the
entry point group `resdsl.targets`: the entry point's name is the target's, and what it points to is a `TextTarget` or
a `WeightedTarget`.
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
    """A name that is not a target's."""

    of_usage = True

    def __init__(self, name: str) -> None:
        from resdsl.diagnostics.suggest import did_you_mean

        super().__init__(f"unknown target '{name}': {did_you_mean(name, own_targets())}")


class NoForm(Refused):
    """An op that a target cannot write."""

    def __init__(self, title: str, op: str) -> None:
        super().__init__(f"{title} has no form of the op `{op}`")


class IdleOption(Refused):
    """An option that would have no effect on what a target writes."""

    of_usage = True


class NotText(Refused):
    """A target that is no text is asked for as one."""

    of_usage = True


class NotChecked(Refused):
    """A check is asked for, and the target has none."""

    of_usage = True

    def __init__(self, title: str) -> None:
        checked = " and ".join(name for name, target in own_targets().items() if target.check is not None)
        super().__init__(f"there is no check for {title}, only for {checked}")


class CheckFailed(Refused):
    """What was written is not well formed, and was thrown away."""


@dataclass(frozen=True, slots=True)
class Check:
    """How a file of a target is checked before it takes its place.

    Attributes:
        title: what is checked, for `--help`.
        fault: takes the file; gives what is wrong with it, or None.
    """

    title: str
    fault: Callable[[Path], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(ABC):
    """A form in which a network is written.

    Attributes:
        name: what it is asked for by.
        suffix: of its files, with the dot.
        title: what messages call it.
        foldable: whether it is for what runs, so that batch norms may go into the layers before them.
        forms: where it has forms of ops of its own, rather than reading those of `resdsl.ops`, these by the class of
            the op. A network with an op that has none is refused before anything is written.
        check: how its files are checked, if there is a way.
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
        """Its file in a folder of one network; where a target before it has the suffix, its name is in it, too."""
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
        """Write a network. The file is there whole or not at all, and with `check` only if nothing is wrong with it.

        Args:
            network: what to write, folded if it is to be.
            path: the file; what is there is replaced once the new one is complete.
            weights: where its weights come from, for a target that takes them.
            threads: how many may write, for a target that can.
            check: whether it is checked.

        Raises:
            NoForm: the target cannot write an op of the network.
            NotChecked, CheckFailed: it cannot be checked, or is not well formed.
            PluginError: the target is another package's, and has a fault.
            resdsl.refusal.Refused: as the target says.
            OSError: the file cannot be written.
        """
        from resdsl.files import replacing

        if check and self.check is None:
            raise NotChecked(self.title)
        self.refuse_ops(network)
        with replacing(path) as new:
            self._write(network, new, weights, threads)
            if check and self.check is not None and (fault := self.check.fault(new)) is not None:
                raise CheckFailed(f"{path} was not written, for it would not pass its check: {fault}")

    def refuse_idle(self, *, weighting: bool = False, folding: bool = False) -> None:
        """Refuse options that would have no effect.

        Args:
            weighting: whether something is said of weights: a file, a seed, modules to be drawn.
            folding: whether batch norms are to go into the layers before them.

        Raises:
            IdleOption: as said.
        """
        if weighting and not self.takes_weights:
            raise IdleOption(f"{self.title} holds no weights: weights, seed and reset would have no effect")
        if folding and not self.foldable:
            raise IdleOption(f"{self.title} is the network as written: folding batch norms is for what runs")

    def refuse_ops(self, network: Network) -> None:
        """Refuse a network with an op of which the target has no form.

        Raises:
            NoForm: as said.
        """
        if self.forms is None:
            return
        from resdsl.ir.walk import distinct_layers

        for layer, _ in distinct_layers(network):
            if form_of(self.forms, layer.op) is None:
                raise NoForm(self.title, layer.op.op)

    @abstractmethod
    def _write(self, network: Network, new: Path, weights: WeightSource | None, threads: int) -> None:
        """Write into a file that is there, and empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTarget(Target):
    """A target that is a text, such as source: it holds no weights, and may go to the standard output.

    Attributes:
        make: gives the text of a network.
    """

    make: Callable[[Network], str]
    takes_weights: ClassVar[bool] = False

    def text(self, network: Network) -> str:
        """A network as text.

        Raises:
            as `build`, but for what is of files.
        """
        self.refuse_ops(network)
        return self.make(network)

    def _write(self, network: Network, new: Path, weights: WeightSource | None, threads: int) -> None:
        new.write_bytes(self.make(network).encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedTarget(Target):
    """A target that is a file with weights in it.

    Attributes:
        write: takes a network, a new and empty file, where the weights come from, and how many threads may write.
    """

    write: Callable[[Network, Path, WeightSource, int], object]
    takes_weights: ClassVar[bool] = True

    def _write(self, network: Network, new: Path, weights: WeightSource | None, threads: int) -> None:
        if weights is None:
            raise ValueError(f"{self.title} holds weights: say where they come from")
        self.write(network, new, weights, threads)


def form_of(forms: Mapping[type, Any], op: Op) -> Any:
    """The form of an op: that of its class, or of the nearest base of it that has one; None where there is none."""
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
    """The project's own targets by name."""
    return {target.name: target for target in _OWN}


def target_named(name: str) -> Target:
    """The target of that name.

    Raises:
        NoSuchTarget: there is none.
        PluginError: another package offers it, and it cannot be had; or a package claims a name of ours.
    """
    own = own_targets().get(name)
    return own if own is not None else _of_another_package(name)


def targets_by_file(names: Iterable[str]) -> dict[str, Target]:
    """The project's own targets, and those of other packages among the names, by their file in a network's folder.

    Raises:
        NoSuchTarget, PluginError: as `target_named`.
    """
    targets = {**own_targets(), **{name: target_named(name) for name in names}}
    return {target.file: target for target in targets.values()}


def text_target(name: str) -> TextTarget:
    """The target of that name, which is a text.

    Raises:
        NoSuchTarget, PluginError: as `target_named`.
        NotText: it is binary.
    """
    target = target_named(name)
    if not isinstance(target, TextTarget):
        raise NotText(f"{target.title} is binary: write it to a file")
    return target


@cache
def _of_another_package(name: str) -> Target:
    entry = offered(GROUP, "target", own_targets()).get(name)
    if entry is None:
        raise NoSuchTarget(name)
    return _blamed(load(entry, "target"), entry)


def _blamed(target: object, entry: EntryPoint) -> Target:
    """A target of another package, whose faults name it."""
    package = package_of(entry)
    plugin = f"the target `{entry.name}` of {package}"
    if not isinstance(target, Target) or target.name != entry.name:
        raise PluginError(f"what {package} offers as `{entry.name}` is not a target of that name: {entry.value}")
    if target.check is not None:
        target = replace(target, check=replace(target.check, fault=blaming(plugin, target.check.fault)))
    if isinstance(target, TextTarget):
        return replace(target, make=blaming(plugin, target.make))
    if isinstance(target, WeightedTarget):
        return replace(target, write=blaming(plugin, target.write))
    return target
