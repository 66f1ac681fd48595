"""Modules of PyTorch by the names of what makes them, such as `models.resnet:build(depth=50)`, whose code is run."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from resdsl.lifting.refusals import NotLifted
from resdsl.printable import phrase

if TYPE_CHECKING:
    from resdsl.backends.torch.live import Module

T = TypeVar("T")
_FORM = re.compile(r"(?P<module>[^\W\d]\w*(\.[^\W\d]\w*)*):(?P<call>[^\W\d].*)", re.DOTALL)


@dataclass(frozen=True)
class Factory:
    """What makes a module of PyTorch.

    Attributes:
        text: as it was given.
        module: the path of the Python module.
        name: the name in it, which may be one within a class.
        arguments: what it is called with.
        options: what it is called with by name.
    """

    text: str
    module: str
    name: str
    arguments: tuple[object, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_name(self) -> bool:
        """Whether it was given without arguments, not even none."""
        return not self.text.rstrip().endswith(")")

    @property
    def network(self) -> str:
        """A name for what it makes: its first argument, if that is a name, or its own."""
        first = next(iter(self.arguments), None)
        return first if isinstance(first, str) and first.isidentifier() else self.name.rpartition(".")[2]


def is_factory(text: str) -> bool:
    """Whether a text has the form `package.module:factory`."""
    return _FORM.fullmatch(text) is not None


def code_of(text: str) -> list[Path]:
    """The files that may hold the code of a factory, told by its name alone; empty for other texts."""
    found = _FORM.fullmatch(text)
    if found is None:
        return []
    place = Path(*found["module"].split("."))
    folders = (Path.cwd(), *map(Path, sys.path))
    return [folder / file for folder in folders for file in (place.with_suffix(".py"), place / "__init__.py")]


def factory_of(text: str) -> Factory:
    """What a text such as `package.module:factory(10, pretrained=False)` names.

    Raises:
        NotLifted: it is no name, and no call of one with literals.
    """
    found = _FORM.fullmatch(text)
    try:
        call = ast.parse(found["call"] if found else "", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        _refuse_form(text)
    if found is None:
        _refuse_form(text)
    if not isinstance(call, ast.Call):
        return Factory(text, found["module"], _dotted(call, text))
    return Factory(
        text,
        found["module"],
        _dotted(call.func, text),
        tuple([_literal(each, text) for each in call.args]),
        {option.arg or _refuse_form(text): _literal(option.value, text) for option in call.keywords},
    )


def _dotted(tree: ast.expr, text: str) -> str:
    if isinstance(tree, ast.Attribute):
        return f"{_dotted(tree.value, text)}.{tree.attr}"
    return tree.id if isinstance(tree, ast.Name) else _refuse_form(text)


def _literal(tree: ast.expr, text: str) -> object:
    try:
        return ast.literal_eval(tree)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise NotLifted(
            f"{phrase(text)}: `{phrase(ast.unparse(tree))}` is no literal; "
            "arguments are numbers, texts, True, False, None, or lists of these"
        ) from None


def _refuse_form(text: str) -> NoReturn:
    raise NotLifted(f'{phrase(text)} is no call such as `package.module:factory` or `timm:create_model("resnet50d")`')


def made_by(factory: Factory) -> Module:
    """The module that a factory makes. Its code is run, with the current folder among those that are searched.

    Raises:
        NotLifted: PyTorch is not installed; the factory is not found, fails, or makes something else.
    """
    try:
        from torch import nn
    except ImportError:
        raise NotLifted("lifting a module needs PyTorch: pip install 'resdsl[torch]'") from None
    with current_folder_searched():
        made = _made(factory, nn.Module)
    if not isinstance(made, nn.Module):
        raise NotLifted(f"{phrase(factory.text)} makes something of the type {type(made).__name__}, and no module")
    return made


def _made(factory: Factory, module: type) -> Any:
    """What a factory returns; a name may also be that of a module that is made already."""
    found = _found(factory)
    if isinstance(found, module) and factory.is_name:
        return found
    if not callable(found) or isinstance(found, module):
        raise NotLifted(f"`{factory.name}` of {factory.module} is a value of the type {type(found).__name__}")
    return running(factory.text, lambda: found(*factory.arguments, **factory.options))


def _found(factory: Factory) -> Any:
    """What a factory names."""
    try:
        found = running(factory.module, lambda: importlib.import_module(factory.module))
    except _Missing as missing:
        if factory.module != missing.name and not factory.module.startswith(f"{missing.name}."):
            raise
        raise NotLifted(
            f"there is no Python module `{missing.name}` in the current folder, on PYTHONPATH, or installed"
        ) from None
    for name in factory.name.split("."):
        if not hasattr(found, name):
            from difflib import get_close_matches

            near = get_close_matches(name, dir(found), 1)
            raise NotLifted(f"{factory.module} has no `{name}`" + (f"; did you mean `{near[0]}`?" if near else ""))
        found = getattr(found, name)
    return found


class _Missing(NotLifted):
    """A Python module that is imported is not there."""

    def __init__(self, title: str, name: str) -> None:
        super().__init__(f"{title} imports `{name}`, which is not installed")
        self.name = name


def running(title: str, code: Callable[[], T]) -> T:
    """What somebody's code returns.

    Args:
        title: what messages call it.
        code: what is called.

    Raises:
        NotLifted: it fails, or ends the process.
    """
    try:
        return code()
    except NotLifted:
        raise
    except ModuleNotFoundError as error:
        raise _Missing(phrase(title), str(error.name)) from error
    except SystemExit:
        raise NotLifted(f"{phrase(title)} ends the process") from None
    except RecursionError:
        raise NotLifted(f"{phrase(title)} calls itself without end") from None
    except Exception as error:
        raise NotLifted(f"{phrase(title)} fails: {first_line(error)}") from error


def first_line(error: BaseException) -> str:
    """What an error of somebody else's says, in one line; where it was raised, if it says nothing."""
    lines = str(error).strip().splitlines()
    return phrase(f"{type(error).__name__}: {lines[0]}" if lines else f"{type(error).__name__}{_place_of(error)}")


def _place_of(error: BaseException) -> str:
    """The last line of code on the way to an error that is none of PyTorch's."""
    calls = [call for call in extract_tb(error.__traceback__) if "torch" not in Path(call.filename).parts]
    return f" in {Path(calls[-1].filename).name}, line {calls[-1].lineno}" if calls else ""


@contextmanager
def current_folder_searched() -> Iterator[None]:
    """The current folder as the first one in which Python looks for modules."""
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)
