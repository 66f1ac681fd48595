"""What a reader of a lifted text should know: what was compared and rewritten, and what the text does not have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from resdsl.printable import counted, one_line, some

if TYPE_CHECKING:
    from resdsl.lifting.graph import TrainingOnly
    from resdsl.lifting.lift import LiftedModel


def summary(found: LiftedModel) -> str:
    """The lines that are printed behind a lift."""
    layers, lines = counted(found.layers, "layer"), counted(found.lines, "line")
    head = f"{found.lifted.network.name}: {layers} in {lines}, compiled again to the same graph"
    return "\n".join([head, *_agreement(found), *_paths(found), *_rewritten(found), *_not_in_the_text(found)])


def _agreement(found: LiftedModel) -> Iterator[str]:
    agreement = found.agreement
    if agreement.difference is not None:
        near = f"to {agreement.difference:.0e} of the largest" if agreement.difference else "exactly"
        yield f"outputs on random input agree {near}"
    elif agreement.why_not:
        yield f"outputs were not compared: {agreement.why_not}"


def _paths(found: LiftedModel) -> Iterator[str]:
    kind = found.kind
    if found.guessed:
        yield f"the paths of its modules are those of the {kind}, except for unfolded norms, whose paths are guesses"
    elif found.named and found.reshaped:
        verb = "has" if len(found.reshaped) == 1 else "have"
        yield f"the paths of its modules are those of the {kind}"
        yield f"{some(found.reshaped)} {verb} another shape in the text: --weights-out writes weights for it"
    elif found.named:
        yield f"the paths of its modules are those of the {kind}, so that weights load under their names"
    elif found.unnamed_because:
        reason = one_line(found.unnamed_because.partition("\n")[0])
        yield f"the paths of its modules are not those of the {kind}: {reason}; --weights-out writes weights for it"
    else:
        yield f"the {kind} tells no paths for some modules; --weights-out writes weights for the text"
    for name, theirs in found.lifted.graph.inputs_called.items():
        yield f"the input `{one_line(theirs)}` is called `{name}` in the text"
    for second, first in found.lifted.graph.second_names.items():
        yield f"`{one_line(second)}` is a second name of `{one_line(first)}`, and the text has the first one"


def _rewritten(found: LiftedModel) -> Iterator[str]:
    if found.lifted.flat:
        reason = one_line(found.lifted.given_up[-1].partition("\n")[0])
        yield f"the text has no blocks, since one with blocks was wrong, which is a fault of resdsl: {reason}"
    if found.norms:
        verb, layers = ("was", "layer before it") if found.norms == 1 else ("were", "layers before them")
        yield f"{counted(found.norms, 'norm')} {verb} unfolded from the {layers}"
    if found.folded:
        hint = "makes it a layer again" if found.folded == 1 else "makes them layers again"
        what = "a norm folded into it" if found.folded == 1 else "norms folded into them"
        yield f"{counted(found.folded, 'layer')} may have {what}; --norms unfold {hint}"
    if found.shared_in_part:
        yield (
            f"several layers of the {found.kind} share {some(found.shared_in_part)}, but not all tensors and settings: "
            "the text has a copy for each of them, and would train these apart"
        )


def _not_in_the_text(found: LiftedModel) -> Iterator[str]:
    graph = found.lifted.graph
    if found.unused:
        yield f"the text has no {some(found.unused)} of its state dict: --ignore them when you load its weights"
    if graph.unread:
        many = "inputs" if len(graph.unread) > 1 else "input"
        yield f"the text has no {many} {some(graph.unread)}: none of its layers reads what flows in there"
    if graph.untrained:
        yield f"the {found.kind} does not train {some(graph.untrained)}, and the text does: freeze what is to stay"
    if graph.only_in_training:
        yield f"the text does not have what acts in training only: {_only_in_training(graph.only_in_training)}"


def _only_in_training(found: Sequence[TrainingOnly]) -> str:
    first = ", ".join(one_line(f"{each.what} at `{each.path}`" if each.path else each.what) for each in found[:3])
    return f"{first} and {counted(len(found) - 3, 'other')}" if len(found) > 3 else first
