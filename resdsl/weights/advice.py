"""Finds the options with which a weight file fits a network that it does not fit without."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from math import prod
from shlex import join

from resdsl.ir.network import Network
from resdsl.ir.walk import state
from resdsl.ops.base import Shape
from resdsl.ops.records import Tensor
from resdsl.printable import one_line
from resdsl.refusal import Refused
from resdsl.weights.adapting import INFLATE, STEM
from resdsl.weights.fitting import Held, Mismatch, mismatches, prefix_between
from resdsl.weights.renaming import shipped_tables
from resdsl.weights.selected import Selected
from resdsl.weights.selection import Selection

MOST_PATHS = 8
"""Paths to reset or to ignore beyond which they are no advice."""
LEAST_AXES = 2
"""Tensors with more axes are kernels, which may be adapted."""
MOST_MODULES = 500
"""Modules that are left over beyond which none is looked for under another name: comparing names is slow."""
MOST_TENSORS = 20_000
"""Tensors of a dictionary beyond which nothing is tried: a ResNet of 1202 layers has 7,216."""
LEAST_SHARE = 0.5
"""The share of a network's values that must come from the file."""

Dictionaries = Mapping[str, Mapping[str, Held]]
"""What a file holds: the entries of each dictionary by name; its top has the key ""."""


@dataclass(frozen=True, slots=True)
class FittingOptions:
    """Options with which a file fits.

    Attributes:
        selection: the options.
        taken: how many values of the network come from the file.
        drawn: how many are drawn from the seed.
    """

    selection: Selection
    taken: int
    drawn: int

    @property
    def command(self) -> str:
        """The options as a shell takes them."""
        return join([text for option in self.selection.options for text in option])

    @property
    def sentence(self) -> str:
        """The advice in words, for Python and for the command line."""
        chosen = self.selection
        if chosen == Selection():
            return "the file fits as it is, without options about what is taken from it"
        arguments = ", ".join(f"{name}={_written(value)}" for name, value in chosen.arguments.items())
        found = f"{arguments} ({self.command})"
        if chosen == Selection(reset=chosen.reset):
            drawn = " and ".join(f"`{path}`" for path in chosen.reset)
            return f"everything else fits: {found} draws {drawn} from the seed and loads the rest"
        return f"the file fits with {found}"


def _written(value: str | list[str]) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"[{', '.join(map(_written, value))}]"


def advice(dictionaries: Dictionaries, usual: str | None, network: Network) -> FittingOptions | None:
    """The options with which a file fits a network, with as few values drawn from the seed as can be.

    Args:
        dictionaries: what the file holds.
        usual: the key of the dictionary that is taken without an option; None if there is no such.
        network: the network.

    Returns:
        The options, or none if the file fits with none that are worth it. They may be empty.
    """
    every: list[FittingOptions] = []
    for key in sorted(dictionaries, key=lambda key: key != usual):
        if (not key and key != usual) or len(dictionaries[key]) > MOST_TENSORS:
            continue  # the top has no key that could be asked for
        base = Selection(key=None if key == usual else key)
        for selection in _candidates(dictionaries[key], network, base):
            every += _completed(dictionaries[key], network, selection)
        if any(not each.drawn for each in every):
            break
    return min(every, key=lambda each: (each.drawn, len(each.selection.options)), default=None)


def second_copies(dictionaries: Dictionaries, key: str, network: Network, selection: Selection) -> Iterator[str]:
    """A sentence for each dictionary that would fit as well as the one that is taken, if nobody has chosen."""
    for other, entries in dictionaries.items():
        if selection.key is None and other not in ("", key) and _fits(entries, network, selection):
            yield (
                f"`{one_line(other)}` holds a second copy of these weights, such as an average; "
                f'weights_key="{one_line(other)}" (--weights-key {join([one_line(other)])}) takes that one'
            )


def _fits(entries: Mapping[str, Held], network: Network, selection: Selection) -> bool:
    selected = _selected(entries, network, selection)
    return selected is not None and not mismatches(selected.held, selected.wanted)


def _candidates(held: Mapping[str, Held], network: Network, base: Selection) -> Iterator[Selection]:
    """Ways to rename, and where kernels have other shapes then, each with the adaptations."""
    plain = Selected(held, network, base)
    renames = [(), *((table,) for table in shipped_tables()), *_prefix_rules(plain), *_module_rules(plain)]
    for selection in (replace(base, rename=rename) for rename in renames):
        selected = _selected(held, network, selection)
        if selected is not None:
            yield selection
            kernels = [name for name, each in selected.wanted.items() if len(each.shape) > LEAST_AXES]
            shapes = {name: selected.held[name].shape for name in kernels if name in selected.held}
            if any(shape != selected.wanted[name].shape for name, shape in shapes.items()):
                yield from (replace(selection, adapt=adapt) for adapt in ((STEM,), (INFLATE,), (STEM, INFLATE)))


def _selected(held: Mapping[str, Held], network: Network, selection: Selection) -> Selected | None:
    """What a selection takes; None if it does not suit file and network."""
    try:
        return Selected(held, network, selection)
    except Refused:
        return None


def _prefix_rules(selected: Selected) -> Iterator[tuple[str, ...]]:
    """The prefix that the names in the file have beside those of the network, or lack."""
    prefix, more, fewer = prefix_between(selected.held, selected.wanted)
    if more or fewer:
        yield (f"{prefix[:-1]} ->" if more else f"{{first}} -> {prefix}{{first}}",)


def _module_rules(selected: Selected) -> Iterator[tuple[str, ...]]:
    """A rule for each module that the file lacks and has under a name of its own, if there are few such modules."""
    found = mismatches(selected.held, selected.wanted)
    missing = _signatures([each.name for each in found if each.kind == "missing"], selected.wanted)
    others = _signatures([each.name for each in found if each.kind == "unexpected"], selected.held)
    rules = []
    if len(missing) > MOST_PATHS or len(others) > MOST_MODULES:
        return
    for path, signature in missing.items():
        alike = [other for other, its in others.items() if its == signature]
        near = get_close_matches(path, alike, n=1, cutoff=0.0)
        if near and path and near[0]:
            rules.append(f"{near[0]} -> {path}")
            del others[near[0]]
    if rules:
        yield tuple(rules)


def _signatures(
    names: list[str], tensors: Mapping[str, Tensor] | Mapping[str, Held]
) -> dict[str, frozenset[tuple[str, Shape | None]]]:
    """The names and shapes of the tensors in each module, counters aside."""
    modules: dict[str, list[tuple[str, Shape | None]]] = {}
    for name in names:
        path, _, own = name.rpartition(".")
        if tensors[name].dtype != "int64":
            modules.setdefault(path, []).append((own, tensors[name].shape))
    return {path: frozenset(each) for path, each in modules.items()}


def _completed(held: Mapping[str, Held], network: Network, selection: Selection) -> Iterator[FittingOptions]:
    """The selection with what it has to ignore and to reset, if that is little enough."""
    selected = _selected(held, network, selection)
    if selected is None:
        return
    found, own = mismatches(selected.held, selected.wanted), dict(state(network))
    if any(each.kind == "dtype" for each in found):
        return  # which no option changes
    wrong = {each.name for each in found if each.kind != "unexpected"}
    total, drawn = _values(own, own), _values(own, wrong)
    if drawn > (1 - LEAST_SHARE) * total:
        return
    reset, ignore = _to_reset(found, selected), _to_ignore(found, own)
    chosen = replace(selection, reset=reset, ignore=ignore)
    if any(one_line(value) != value for _, value in chosen.options):
        return  # a command with control characters cannot be copied from a terminal
    if len(reset) + len(ignore) <= MOST_PATHS and _fits(held, network, chosen):
        drawn = _values(own, [name for name in own if name.startswith(tuple(f"{path}." for path in reset))])
        yield FittingOptions(chosen, total - drawn, drawn)


def _values(tensors: Mapping[str, Tensor], names: Collection[str]) -> int:
    return sum([prod(tensors[name].shape) for name in names if tensors[name].dtype != "int64"])


def _to_reset(found: list[Mismatch], selected: Selected) -> tuple[str, ...]:
    """The modules whose tensors the file lacks or has otherwise: the largest of which it has nothing."""
    paths = dict.fromkeys(_module(each, selected.held) for each in found if each.kind != "unexpected")
    return tuple(path for path in paths if not any(path.startswith(f"{other}.") for other in paths))


def _module(wrong: Mismatch, held: Mapping[str, Held]) -> str:
    own = wrong.name.rpartition(".")[0]
    if wrong.kind != "missing":
        return own
    return next((path for path in _modules(wrong.name) if not any(name.startswith(f"{path}.") for name in held)), own)


def _to_ignore(found: list[Mismatch], own: Collection[str]) -> tuple[str, ...]:
    """The largest parts of the file of which the network has nothing."""
    taken = {path for name in own for path in _modules(name)}
    names = [each.name for each in found if each.kind == "unexpected"]
    return tuple(dict.fromkeys(next((path for path in _modules(name) if path not in taken), name) for name in names))


def _modules(name: str) -> list[str]:
    """The modules around a tensor, the largest first."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]
