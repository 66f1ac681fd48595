"""Names in generated source: names of a spec are made valid in Python, or refused.

Nothing from a spec becomes code except through these names. Paths are kept unchanged, since they are the keys of
checkpoints, and those that are not valid for modules are refused. Names of classes, functions and parameters are free
to choose, so those that are taken or not valid are changed.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

from resdsl.ir.modules import fault_of
from resdsl.refusal import Refused

_TOP_NAMES = """
    Collection F Final Iterable Path Tensor checkpoint dictionaries fan_out functional_call key_of load_weights module
    net nn rerun tensors torch truncated_ unwrapped_names x
"""
TOP_NAMES = frozenset(_TOP_NAMES.split())
"""Names that a generated file uses itself."""

_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BUILTINS = frozenset(dir(builtins))


class UnusablePath(Refused):
    """A path is not valid as that of a PyTorch module.

    Args:
        path: the path.
        part: the component that is not valid.
        fault: what is wrong with it.
    """

    def __init__(self, path: str, part: str, fault: str) -> None:
        super().__init__(
            f"`{path}` cannot be the path of a PyTorch module: {fault}; give the layer, stage or block another name"
        )
        self.path = path


def check_path(path: str) -> tuple[str, ...]:
    """The components of a path.

    Raises:
        UnusablePath: a component is not valid as the name of a module.
    """
    parts = tuple(path.split("."))
    for part in parts:
        fault = fault_of(part)
        if fault is not None:
            raise UnusablePath(path, part, fault)
    return parts


class Taken:
    """Names in use in one scope; provides new ones."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = set(names)

    def free(self, name: str) -> str:
        """Reserve a name, appending the first number from 2 that makes it unique if it is taken."""
        found, number = name, 2
        while found in self._names:
            joint = "_" if name[-1].isdigit() else ""
            found, number = f"{name}{joint}{number}", number + 1
        self._names.add(found)
        return found


def variable(name: str, instead: str) -> str:
    """A name of a spec as the name of a parameter or function; `instead` if it cannot be made valid."""
    if not _FIELD.fullmatch(name) or name.startswith("__"):
        return instead
    return f"{name}_" if keyword.iskeyword(name) or name in _BUILTINS or keyword.issoftkeyword(name) else name


def local_name(path: str) -> str:
    """A path as the name of a variable: `1.bn-2` becomes part1_bn_2."""
    plain = re.sub(r"\W", "_", path)
    return plain if plain.isidentifier() else f"part{plain}"


def class_name(name: str, instead: str) -> str:
    """A name of a spec as a class name: `preact_basic` becomes PreactBasic, `resnet34` ResNet34."""
    if not _FIELD.fullmatch(name) or not name.strip("_"):
        return instead
    words = re.sub(r"(?<=[a-z])ne(t|xt)(?![a-z])", lambda found: f"_ne{found[1]}", name.strip("_")).split("_")
    joined = ""
    for word in filter(None, words):
        joined += "_" * (joined[-1:].isdigit() and word[0].isdigit()) + word[0].upper() + word[1:]
    if not joined[0].isalpha():
        return instead
    joined = re.sub(r"Next(?=\d|_|$)", "NeXt", joined)
    return f"{joined}_" if keyword.iskeyword(joined) else joined


def quoted(text: str) -> str:
    """A string literal of ASCII characters."""
    escaped = text.encode("unicode_escape").decode("ascii")
    if '"' in escaped and "'" not in escaped:
        return f"'{escaped}'"
    return '"' + escaped.replace('"', '\\"') + '"'


def spoken(text: str) -> str:
    """A text for a comment or docstring: one line of ASCII characters without quotes or backslashes."""
    plain = "".join(each if each.isascii() and each.isprintable() and each not in "\\\"`'" else "?" for each in text)
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}..."


_LONGEST = 60
