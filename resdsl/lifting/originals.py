"""What can be lifted: files of ONNX, of Caffe and of our own, and modules of PyTorch."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from resdsl.lifting.agreement import Agreement
from resdsl.lifting.graph import PlainGraph
from resdsl.lifting.lifted import Lifted
from resdsl.lifting.refusals import NotLifted
from resdsl.lifting.sources.factories import code_of, factory_of, is_factory, made_by
from resdsl.ops.base import Shape
from resdsl.printable import phrase
from resdsl.refusal import Refused

if TYPE_CHECKING:
    from resdsl.backends.torch.live import Module

Sizes = Mapping[str, Sequence[int]]
_PIECE = 1 << 20


class WrongSizes(Refused):
    """The shape of an input is not given in numbers, or cannot be given."""

    of_usage = True


class Original(Protocol):
    """What a text is lifted from."""

    @property
    def kind(self) -> str:
        """What it is: `file` or `module`."""

    @property
    def title(self) -> str:
        """What messages call it."""

    @property
    def name(self) -> str:
        """What its network may be called."""

    @property
    def comment(self) -> str:
        """Where the text came from, as the text says it."""

    @property
    def may_be_folded(self) -> bool:
        """Whether norms may have been folded into its layers."""

    @property
    def state(self) -> Mapping[str, Shape]:
        """The names and shapes in its state dict; none for a file, which has no such dict."""

    def graph(self, sizes: Sizes, until: Sequence[str]) -> PlainGraph:
        """Its plain graph."""

    def agreement(self, found: Lifted, sizes: Sizes, until: Sequence[str]) -> Agreement:
        """How its outputs, or the ends up to which it was lifted, compare with those of the text."""


def original_of(model: str | PathLike[str] | Module) -> Original:
    """What is to be lifted. A text that names a factory, and no file, is run for its module.

    Raises:
        NotLifted: a factory is not found, fails, or makes no module.
        TypeError: it is neither a text nor a module.
    """
    if not isinstance(model, str | PathLike):
        if not hasattr(model, "state_dict") or not hasattr(model, "modules"):
            raise TypeError(f"a model is a file, a text or a torch.nn.Module, not {type(model).__name__}")
        return ModuleOriginal(model, type(model).__name__, type(model).__name__)
    if isinstance(model, str) and is_factory(model) and not Path(model).exists():
        if Path(model.partition(":")[0]).is_file():
            _refuse_code(Path(model))
        factory = factory_of(model)
        return ModuleOriginal(made_by(factory), model, factory.network)
    path = Path(model)
    _refuse_code(path)
    if path.suffix in _WITHOUT_WEIGHTS:
        return FileWithoutWeights(path, *_WITHOUT_WEIGHTS[path.suffix])
    return OnnxOriginal(path)


def _refuse_code(path: Path) -> None:
    """Refuse code of Python and texts of the language, with what is to be named instead.

    Raises:
        NotLifted: it is one of these.
    """
    file, colon, factory = str(path).partition(":")
    if file.endswith(".py") or (colon and "/" in file and not path.exists()):
        within = Path(file.removesuffix(".py"))
        module = within.name if within.is_absolute() or ".." in within.parts else ".".join(within.parts)
        what = f"{phrase(module)}:{phrase(factory) or 'factory'}"
        raise NotLifted(f"{phrase(str(path))} is no model: name what makes one as Python imports it, such as `{what}`")
    if path.suffix == ".res":
        raise NotLifted(f"{phrase(str(path))} is a text of the language already")


def may_have_weights(model: str) -> bool:
    """Whether a model is of a kind that has weights."""
    return Path(model).suffix not in _WITHOUT_WEIGHTS


def files_of(model: str) -> list[Path]:
    """The files that a model is read from: the code of a factory, or a file with those that have its weights."""
    path = Path(model)
    if is_factory(model) and not path.exists():
        return code_of(model)
    if path.suffix in _WITHOUT_WEIGHTS:
        return [path]
    from resdsl.lifting.sources.onnx_file import read_model

    try:
        constants = read_model(path).constants.values()
    except (OSError, Refused):
        return [path]  # whose fault is told when it is lifted
    return [path, *{constant.beside for constant in constants if constant.beside is not None}]


@dataclass(frozen=True)
class _File:
    """A file."""

    path: Path
    kind = "file"
    may_be_folded = True

    @property
    def state(self) -> Mapping[str, Shape]:
        return {}

    @property
    def title(self) -> str:
        return str(self.path)

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def comment(self) -> str:
        """The name of the file, and the beginning of its hash."""
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
        return f"{_printable(self.path.name)}, sha256 {digest.hexdigest()[:16]}"


class OnnxOriginal(_File):
    """An ONNX file."""

    def graph(self, sizes: Sizes, until: Sequence[str]) -> PlainGraph:
        from resdsl.lifting.sources.onnx import read_onnx

        return read_onnx(self.path, sizes, until)

    def agreement(self, found: Lifted, _sizes: Sizes, _until: Sequence[str]) -> Agreement:
        from resdsl.lifting.running import compare_outputs

        return compare_outputs(self.path, found)


@dataclass(frozen=True)
class FileWithoutWeights(_File):
    """A file that is read as it is, and has no weights.

    Attributes:
        form: what its form is called.
        read: what reads it.
    """

    form: str
    read: Callable[[Path], PlainGraph]

    def graph(self, sizes: Sizes, until: Sequence[str]) -> PlainGraph:
        if sizes or until:
            raise WrongSizes(f"{self.path} is read as it is: a shape or an end cannot be given for a {self.form} file")
        return self.read(self.path)

    def agreement(self, _found: Lifted, _sizes: Sizes, _until: Sequence[str]) -> Agreement:
        return Agreement(why_not=f"a {self.form} file has no weights")


def _of_caffe(path: Path) -> PlainGraph:
    from resdsl.lifting.sources.prototxt import read_prototxt

    return read_prototxt(path)


def _of_json(path: Path) -> PlainGraph:
    from resdsl.lifting.sources.json_file import read_json

    return read_json(path)


_WITHOUT_WEIGHTS = {".prototxt": ("prototxt", _of_caffe), ".json": ("JSON", _of_json)}
"""By the ending of a file, what its form is called, and what reads it."""


@dataclass(frozen=True)
class ModuleOriginal:
    """A module of PyTorch."""

    module: Module
    title: str
    name: str
    kind = "module"
    may_be_folded = False

    @property
    def comment(self) -> str:
        return f"{_printable(self.title)}, a module of PyTorch"

    @property
    def state(self) -> Mapping[str, Shape]:
        return {name: tuple(tensor.shape) for name, tensor in self.module.state_dict().items()}

    def graph(self, sizes: Sizes, until: Sequence[str]) -> PlainGraph:
        from resdsl.lifting.sources.exported import read_module

        return read_module(self.module, sizes, until, self.title)

    def agreement(self, found: Lifted, sizes: Sizes, until: Sequence[str]) -> Agreement:
        from resdsl.lifting.in_torch import compare_module

        return compare_module(self.module, sizes, found, self.title, until)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)
