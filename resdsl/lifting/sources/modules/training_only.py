"""What a module of PyTorch does in training only, and no layer of its text says.

An export in evaluation mode has calls of dropout, which do nothing there. Of other modules nothing is left in it; that
they act in training shows in their code, which asks for the mode.
"""

from __future__ import annotations

import dis
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import CodeType

from torch import fx, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.dropout import _DropoutNd

from resdsl.lifting.graph import TrainingOnly
from resdsl.lifting.sources.modules.fx_nodes import is_in_place, kind_of, scopes_of

_OF_CHANNELS = frozenset({"feature_dropout", "alpha_dropout", "feature_alpha_dropout"})
_MODE = "training"
_SETTING_MODES = ("train", "eval")


def only_in_training(module: nn.Module, graph: fx.Graph, *, dropout_is_lost: bool) -> tuple[TrainingOnly, ...]:
    """What acts in training only and becomes no layer.

    Args:
        module: the module.
        graph: its graph as it was exported, in evaluation mode.
        dropout_is_lost: whether plain dropout becomes no layer either.
    """
    of_dropout = _OF_CHANNELS | {"dropout"}
    calls = [node for node in graph.nodes if kind_of(node) in of_dropout]
    lost = [node for node in calls if _rate(node) and (dropout_is_lost or kind_of(node) in _OF_CHANNELS)]
    found = [
        *(_of_call(node, module) for node in lost),
        *_detached(graph),
        *_of_norms(module),
        *_of_code(module, _places_of(calls)),
    ]
    return tuple(dict.fromkeys(found))


def _places_of(calls: Sequence[fx.Node]) -> Counter[str]:
    """By the paths of modules, in how many places of its code a module calls dropout."""
    places = {((scopes_of(node) or [""])[-1], node.meta.get("stack_trace", node.name)) for node in calls}
    return Counter(path for path, _ in places)


def _rate(node: fx.Node) -> float:
    rate = node.args[1] if len(node.args) > 1 else node.kwargs.get("p", 0.5)
    return float(rate) if isinstance(rate, int | float) else 0.0


def _of_call(node: fx.Node, module: nn.Module) -> TrainingOnly:
    path = (scopes_of(node) or [""])[-1]
    part = dict(module.named_modules(remove_duplicate=False)).get(path)
    kind = type(part).__name__ if isinstance(part, _DropoutNd) else kind_of(node)
    return TrainingOnly(path, f"{kind} {_rate(node):g}")


def _detached(graph: fx.Graph) -> Iterator[TrainingOnly]:
    """The modules that stop gradients."""
    for node in graph.nodes:
        # Constants are detached in place, and have no gradients.
        if kind_of(node) == "detach" and not is_in_place(node):
            yield TrainingOnly((scopes_of(node) or [""])[-1], "detach")


def _of_norms(module: nn.Module) -> Iterator[TrainingOnly]:
    """The norms whose statistics are means over all batches, or those of before: a momentum of the text is neither."""
    for path, part in module.named_modules():
        if isinstance(part, _NormBase) and part.track_running_stats and not part.momentum:
            yield TrainingOnly(path, f"{type(part).__name__} with the momentum {part.momentum}")


def _of_code(module: nn.Module, known: Mapping[str, int]) -> Iterator[TrainingOnly]:
    """The modules whose own code sets the mode of training, or asks for it; norms and dropout are known otherwise.

    Args:
        module: the module.
        known: by the paths of modules, in how many places their code asks for it that are known.
    """
    for path, part in module.named_modules():
        if any("train" in vars(each) for each in _own_classes(type(part))):
            yield TrainingOnly(path, f"{type(part).__name__} with a method `train` of its own")
    asking = {kind: _questions_in(kind) for kind in {type(part) for part in module.modules()}}
    for path, part in module.named_modules():
        if isinstance(part, _NormBase | _DropoutNd) or asking[type(part)] <= known.get(path, 0):
            continue
        rates = [value for value in vars(part).values() if isinstance(value, float)]
        if not rates or any(rates):  # a rate of zero does nothing in training either
            rate = [f"{rates[0]:g}"] if len(rates) == 1 else []
            yield TrainingOnly(path, " ".join([type(part).__name__, *rate]))


def _questions_in(kind: type[nn.Module]) -> int:
    """In how many places the code of a module asks for the mode."""
    functions = (
        value for each in _own_classes(kind) for name, value in vars(each).items() if name not in _SETTING_MODES
    )
    codes = (code for function in functions if isinstance(code := getattr(function, "__code__", None), CodeType))
    return sum(map(_mentions_of_mode, codes))


def _own_classes(kind: type[nn.Module]) -> list[type]:
    """The classes of a module that are not those of PyTorch."""
    return [each for each in kind.__mro__ if each.__module__.partition(".")[0] != "torch" and each is not object]


def _mentions_of_mode(code: CodeType) -> int:
    inner = (each for each in code.co_consts if isinstance(each, CodeType))
    own = sum(bool(each.opname == "LOAD_ATTR" and each.argval == _MODE) for each in dis.get_instructions(code))
    return own + sum(map(_mentions_of_mode, inner))
