"""Figures of networks described in words, for captions and for screen readers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resdsl.analysis.costs import network_costs
from resdsl.analysis.shortcuts import count_shortcuts
from resdsl.draw.errors import NotDrawn
from resdsl.draw.texts import figure_text
from resdsl.ir.network import Network
from resdsl.ir.text import input_texts

_MOST_STAGES = 12
_LONGEST = 80


def title_of(networks: Sequence[Network], what: str) -> str:
    """One line: `vgg19, plain34 and resnet34, layer by layer`."""
    return f"{_listed([short(network.name) for network in networks])}, {what}"


def description_of(networks: Sequence[Network], *notes: str) -> str:
    """The stages, blocks, shortcuts and costs of each network, followed by further sentences."""
    return " ".join([*map(_wording, networks), *notes])


def headline_of(network: Network) -> str:
    """The line below the name of a network: its depth and its costs."""
    costs = network_costs(network)
    return f"{_count(costs.depth, 'layer')}, {figure_text(costs.macs)} multiply-adds"


def _wording(network: Network) -> str:
    costs = network_costs(network)
    inputs = _listed(input_texts(network))
    cost = (
        f"{figure_text(costs.params)} parameters and {figure_text(costs.macs)} multiply-adds for an input of {inputs}"
    )
    facts = [f"{_count(costs.depth, 'layer')} with weights", *_stages(network), *_shortcuts(network), cost]
    return f"{short(network.name)}: {'; '.join(facts)}."


def refuse_several_inputs(network: Network) -> None:
    """Refuse a network that begins in several places, for a figure that has one beginning.

    Raises:
        NotDrawn: it has several inputs.
    """
    if len(network.inputs) > 1:
        raise NotDrawn(
            f"`{short(network.name)}` has several inputs, which this figure cannot show; `resdsl render --view "
            "lattice` shows all of them"
        )


def branching(name: str, why: str) -> NotDrawn:
    """The error for a network that is not a chain."""
    return NotDrawn(
        f"`{short(name)}` branches: {why}, which this figure cannot show; `resdsl render --view lattice` shows branches"
    )


def short(name: str) -> str:
    """A name shortened to fit into a sentence."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _stages(network: Network) -> Iterator[str]:
    stages = network.stages
    if not stages:
        return
    counts = [str(stage.blocks) for stage in stages]
    if len(counts) > _MOST_STAGES:
        yield f"{len(stages)} stages of {sum(stage.blocks for stage in stages)} blocks"
    else:
        yield f"{_count(len(stages), 'stage')} of {_listed(counts)} block{'' if counts == ['1'] else 's'}"


def _shortcuts(network: Network) -> Iterator[str]:
    found = count_shortcuts(network)
    if not found.total:
        yield "no shortcuts"
        return
    kinds = (
        (found.identity, "identity", "identities"),
        (found.zero_padded, "padded with zeros", "padded with zeros"),
        (found.projection, "projection", "projections"),
    )
    named = [f"{count} {one if count == 1 else many}" for count, one, many in kinds if count]
    yield f"{_count(found.total, 'shortcut')}, of them {_listed(named)}"


def _count(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
