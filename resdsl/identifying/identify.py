"""The answer to the question which networks have the tensors of a file, exactly or nearly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from os import PathLike

from resdsl.identifying.index import value_of
from resdsl.identifying.matching import Exact, alike, exact_matches, nearest, open_length
from resdsl.identifying.outline import outline_of
from resdsl.identifying.signature import Shapes, without_counters
from resdsl.settings import Setting

_FAMILIES = 8
"""How many definitions are searched for settings."""
_NEAREST = 2
"""How many of the nearest networks are searched, too: they may differ in a shortcut alone."""
_LARGEST_SEARCH = 4_000
"""Up to how many tensors settings are searched: each try compiles a network of that size."""


@dataclass(frozen=True, slots=True)
class Described:
    """A shipped network under some settings.

    Attributes:
        network: its name.
        settings: the settings to be given, as texts of the language by name; `input` is the shape of its input.
        rename: the table of names with which weights of the kind fit it; None if none is needed.
    """

    network: str
    settings: tuple[tuple[str, str], ...]
    rename: str | None = None

    @property
    def options(self) -> str:
        """The options of the command line for the settings, such as `--set classes=10`."""
        return options_of(self.settings)


@dataclass(frozen=True, slots=True)
class Identified:
    """A shipped network, and how its tensors compare with those of a file.

    Attributes:
        network: its name.
        settings: the settings to be given, as texts of the language by name; `input` is the shape of its input.
        fitting: the tensors of the file that it has under the same name with the same shape.
        missing: the names of those that it has and the file does not.
        reshaped: the names of those that have another shape in the file.
        left_over: the names of those that the file has beside.
    """

    network: str
    settings: tuple[tuple[str, str], ...]
    fitting: int
    missing: tuple[str, ...] = ()
    reshaped: tuple[str, ...] = ()
    left_over: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether the network has exactly the tensors of the file."""
        return not (self.missing or self.reshaped or self.left_over)

    @property
    def options(self) -> str:
        """The options of the command line for the settings, such as `--set classes=10`."""
        return options_of(self.settings)


@dataclass(frozen=True, slots=True)
class Identification:
    """What was found for a file.

    Attributes:
        tensors: how many tensors the file has, counters aside.
        values: how many numbers they have.
        prefix: what was taken from the front of all names, such as `module.`.
        networks: the networks: all that fit exactly if there are any, and otherwise the nearest, the best first.
        key: the dictionary of a checkpoint that has the tensors; empty for its top.
        others: how many tensors its other dictionaries have, by their keys.
    """

    tensors: int
    values: int
    prefix: str
    networks: tuple[Identified, ...]
    key: str = ""
    others: Mapping[str, int] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        """Whether there are networks with exactly the tensors of the file."""
        return any(network.exact for network in self.networks)


def identify(weights: str | PathLike[str], top: int = 5, *, weights_key: str | None = None) -> Identification:
    """Find the shipped networks whose tensors have the names and shapes of those in a weight file.

    Args:
        weights: a safetensors file or a PyTorch checkpoint; its values are not read and none of its code is run.
        top: the most networks to be named if none fits exactly.
        weights_key: the dictionary to take in a checkpoint; by default its top or a usual one.

    Raises:
        OSError: the file cannot be read.
        resdsl.weights.kind.UnreadableWeights: the file has no tensors with names, or none under the key, or is damaged.
        ValueError: `top` is below one.
    """
    if top < 1:
        raise ValueError(f"top must be at least 1, not {top}")
    outline = outline_of(weights, weights_key)
    return replace(identify_shapes(outline.shapes, top), key=outline.key, others=outline.others)


def identify_shapes(shapes: Shapes, top: int = 5) -> Identification:
    """Find the shipped networks whose tensors have these names and shapes; see `identify`."""
    values = sum(map(prod, shapes.values()))
    if (exact := _exact(shapes)) is not None:
        return Identification(len(shapes), values, *exact)
    *_, prefix = _prefixes(shapes)
    return Identification(len(shapes), values, prefix, tuple(_near(_below(prefix, shapes), top)))


def networks_with(shapes: Shapes) -> str | None:
    """A sentence on the shipped networks that have these tensors, with or without counters; None if there are none."""
    found = _exact(without_counters(shapes))
    if found is None:
        return None
    calls = [f"{each.network} {each.options}".rstrip() for each in found[1]]
    return f"these are exactly the tensors of {' or '.join([', '.join(calls[:-1]), calls[-1]] if calls[1:] else calls)}"


def _exact(shapes: Shapes) -> tuple[str, tuple[Identified, ...]] | None:
    """The networks in the index that fit exactly, and the prefix without which they do."""
    for prefix in _prefixes(shapes):
        view = _below(prefix, shapes)
        if exact := exact_matches(view):
            return prefix, tuple(_identified(each, view) for each in exact)
    return None


def _prefixes(shapes: Shapes) -> Iterator[str]:
    """What all names begin with, part by part: nothing, `module.`, `module.backbone.`."""
    prefix = ""
    yield prefix
    while True:
        heads = {name[len(prefix) :].partition(".")[::2] for name in shapes}
        first = {head for head, _ in heads}
        if len(first) != 1 or not all(rest for _, rest in heads):
            return
        prefix = f"{prefix}{first.pop()}."
        yield prefix


def _below(prefix: str, shapes: Shapes) -> Shapes:
    return {name[len(prefix) :]: shape for name, shape in shapes.items()} if prefix else shapes


def _identified(exact: Exact, shapes: Shapes) -> Identified:
    texts = {name: setting_text(value_of(name, value, exact.entry.input)) for name, value in exact.values}
    return Identified(exact.entry.network, tuple(texts.items()), len(shapes))


def _near(shapes: Shapes, top: int) -> list[Identified]:
    """The nearest networks: those in the index with the file's classes and channels, and those found by a search."""
    found = {(each.network, each.settings): each for each in (*_from_index(shapes, top), *_searched(shapes))}
    ranked = sorted(found.values(), key=lambda each: (_distance(each), len(each.settings), each.network))
    exact = [each for each in ranked if each.exact]
    return exact or [each for each in ranked if each.fitting][:top]


def _distance(found: Identified) -> int:
    return len(found.missing) + len(found.left_over) + 2 * len(found.reshaped)


def _from_index(shapes: Shapes, top: int) -> Iterator[Identified]:
    from resdsl.identifying.networks import shipped_network, tensors_of

    for entry in nearest(shapes, top):
        lengths = {opened.setting: (open_length(opened, shapes), opened.default) for opened in entry.open}
        values = {name: one for name, (one, default) in lengths.items() if one is not None and one != default}
        settings: dict[str, Setting] = {name: value_of(name, value, entry.input) for name, value in values.items()}
        for given in dict.fromkeys((tuple(settings.items()), ())):
            network = shipped_network(entry.network, dict(given))
            theirs = tensors_of(network) if network is not None else None
            if theirs is not None:
                yield _compared(entry.network, given, theirs, shapes)
                break


def _searched(shapes: Shapes) -> Iterator[Identified]:
    """The networks whose settings can be found, up to the first that fits exactly."""
    from resdsl.identifying.search import Search

    if len(shapes) > _LARGEST_SEARCH:
        return
    for entry in dict.fromkeys((*nearest(shapes, _NEAREST), *alike(shapes, _FAMILIES))):
        best = Search(entry.network, shapes).best()
        if best is not None:
            yield _compared(entry.network, best.settings, best.shapes, shapes)
            if best.fitting == 1:
                return


def _compared(name: str, settings: tuple[tuple[str, Setting], ...], ours: Shapes, theirs: Shapes) -> Identified:
    texts = tuple((setting, setting_text(value)) for setting, value in settings)
    reshaped = tuple(each for each in ours if each in theirs and ours[each] != theirs[each])
    missing = tuple(each for each in ours if each not in theirs)
    left_over = tuple(each for each in theirs if each not in ours)
    return Identified(name, texts, len(ours) - len(reshaped) - len(missing), missing, reshaped, left_over)


def options_of(settings: tuple[tuple[str, str], ...]) -> str:
    """Settings as options of the command line."""
    pairs = (("--input", text) if name == "input" else ("--set", f"{name}={text}") for name, text in settings)
    return " ".join(f"{option} {_quoted(text)}" for option, text in pairs)


def setting_text(value: Setting) -> str:
    """A value as a text of the language: `10`, `true`, `[3, 4, 6, 3]`, `B`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(setting_text, value))}]"
    return str(value)


def _quoted(text: str) -> str:
    from shlex import quote

    return quote(text)
