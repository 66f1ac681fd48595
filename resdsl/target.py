"""What a target is: a format that networks are written in, with what the command and messages need to know of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from resdsl.refusal import Refused

if TYPE_CHECKING:
    from resdsl.ir.network import Network
    from resdsl.ops.base import Op
    from resdsl.weights.source import WeightSource

THREADS = 2


class NoForm(Refused):
    """A target cannot write an op."""

    def __init__(self, title: str, op: str) -> None:
        super().__init__(f"{title} does not support the op `{op}`")


class IdleOption(Refused):
    """An option would have no effect on the output of a target."""

    of_usage = True


class NotChecked(Refused):
    """A check is requested for a target without one."""

    of_usage = True

    def __init__(self, title: str) -> None:
        super().__init__(f"there is no check for {title}")


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
        options: the class of the record of options of its own, if it has any. Its attribute `excludes`, if it has one,
            is as that of `resdsl.backends.onnx.form.OnnxForm`.
    """

    name: str
    suffix: str
    title: str
    foldable: bool = False
    forms: Mapping[type, Any] | None = None
    check: Check | None = None
    options: type | None = None
    takes_weights: ClassVar[bool]

    def build(
        self,
        network: Network,
        path: Path,
        weights: WeightSource | None = None,
        *,
        threads: int = THREADS,
        check: bool = False,
        form: object = None,
    ) -> None:
        """Write a network. The file is written completely or not at all, and with `check` only if it passes.

        Args:
            network: the network to write, already folded if requested.
            path: the file; an existing file is replaced once the new one is complete.
            weights: the source of its weights, for targets with weights.
            threads: the maximum number of threads, for targets that use several.
            check: whether to check the file before it replaces an old one.
            form: a record of the options of its own; by default, each has its default.

        Raises:
            IdleOption: the target does not have such options.
            NoForm: the target does not support an op of the network.
            NotChecked: the target has no check.
            CheckFailed: the file did not pass.
            resdsl.plugins.PluginError: the target is from another package, which failed.
            resdsl.refusal.Refused: the target refuses the network for reasons of its own.
            OSError: the file cannot be written.
        """
        from resdsl.files import replacing, replacing_all

        if check and self.check is None:
            raise NotChecked(self.title)
        self._refuse_form(form)
        self.refuse_ops(network)
        paths = self.files(network, path, weights, form)
        with replacing(path) if len(paths) == 1 else replacing_all(paths) as made:
            new = made if isinstance(made, Path) else made[0]
            self._write(network, new, weights, threads, form)
            if check and self.check is not None and (fault := self.check.fault(new)) is not None:
                raise CheckFailed(f"{path} was not written because it did not pass the check: {fault}")

    def refuse_idle(
        self, weighting: Mapping[str, object], folding: Mapping[str, object], own: Mapping[str, object] | None = None
    ) -> None:
        """Refuse options that would have no effect.

        Args:
            weighting: the options about weights by name: a file, a seed, modules to reset; None where one is not given.
            folding: likewise, the options that make a form for inference; None or False where one is not given.
            own: likewise, options that only a target with a record of options has.

        Raises:
            IdleOption: an option would have no effect.
        """
        own_names = {option.removeprefix("--").replace("-", "_"): option for option in _given(own or {})}
        general = {"weighting": weighting, "folding": folding}
        for option, (which, reason) in getattr(self.options, "excludes", {}).items():
            if option in own_names and (names := _given(general[which])):
                raise IdleOption(f"{reason}: {' and '.join(names)} would have no effect")
        if not self.takes_weights and (names := _given(weighting)):
            raise IdleOption(f"{self.title} does not contain weights: {' and '.join(names)} would have no effect")
        if not self.foldable and (names := _given(folding)):
            raise IdleOption(f"{self.title} shows the network as written: {names[0]} is for outputs that run")
        if self.options is None and own_names:
            raise IdleOption(f"{self.title} has no such form: {' and '.join(own_names.values())} would have no effect")

    def formed(self, options: Mapping[str, Any]) -> Any:
        """The record of options of its own with these names; None if there are none.

        Raises:
            TypeError: it has no such option.
        """
        return self.options(**options) if options and self.options is not None else None

    def with_lines(self, form: Any, lines: Callable[[str], str | None] | None) -> Any:
        """The record of options of its own, which also knows where nodes come from, if it has an option `lines`.

        Args:
            form: the record; None for one of defaults.
            lines: returns the file and the line of the node of a name; None if the network comes from no text.
        """
        if lines is None or self.options is None or not hasattr(self.options, "lines"):
            return form
        return replace(self.options() if form is None else form, lines=lines)

    def _refuse_form(self, form: object) -> None:
        if form is not None and (self.options is None or not isinstance(form, self.options)):
            raise IdleOption(f"{self.title} has no options of this kind: {type(form).__name__} would have no effect")

    def files(
        self, network: Network, path: Path, weights: WeightSource | None = None, form: object = None
    ) -> tuple[Path, ...]:
        """The files that `build` writes with these arguments, `path` first."""
        return (path,)

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
    def _write(self, network: Network, new: Path, weights: WeightSource | None, threads: int, form: object) -> None:
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

    def _write(self, network: Network, new: Path, weights: WeightSource | None, threads: int, form: object) -> None:
        new.write_bytes(self.make(network).encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedTarget(Target):
    """A target whose file contains weights.

    Attributes:
        write: takes a network, a new and empty file, the source of weights, and the maximum number of threads; where
            options of its own are given, their record as well.
        beside: takes a network, the file, the source and the record, and returns a further file that is written in
            the same folder; None if there is none.
    """

    write: Callable[..., object]
    beside: Callable[..., Path | None] | None = None
    takes_weights: ClassVar[bool] = True

    def files(
        self, network: Network, path: Path, weights: WeightSource | None = None, form: object = None
    ) -> tuple[Path, ...]:
        further = self.beside(network, path, weights, form) if self.beside is not None else None
        return (path,) if further is None else (path, further)

    def _write(self, network: Network, new: Path, weights: WeightSource | None, threads: int, form: object) -> None:
        if weights is None:
            raise ValueError(f"{self.title} contains weights and needs a source for them")
        self.write(network, new, weights, threads, *(() if form is None else (form,)))


def form_of(forms: Mapping[type, Any], op: Op) -> Any:
    """The form of an op: that of its class, or of its nearest base class with one; None if there is none."""
    return next((forms[kind] for kind in type(op).__mro__ if kind in forms), None)


def _given(options: Mapping[str, object]) -> list[str]:
    return [name for name, value in options.items() if value is not None and value is not False]
